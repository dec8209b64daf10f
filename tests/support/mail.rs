//! Mails as their readers see them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// `mail` with every header on one line, and words and parts decoded; fails where it is no mail.
pub fn readable(mail: &str) -> String {
    let mail = mail.replace("\r\n", "\n");
    let (head, body) = mail.split_once("\n\n").unwrap_or_else(|| panic!("no mail: {mail}"));
    let head = head.replace("\n ", " ").replace("\n\t", " ");
    let head: Vec<_> = head.lines().map(header).collect();
    let named = |name: &str| head.iter().find_map(|line| line.strip_prefix(name));
    let boundary = named("Content-Type: multipart/").and_then(|kind| kind.split('"').nth(1));
    let body = match (boundary, named("Content-Transfer-Encoding: ")) {
        (Some(boundary), _) => {
            let ended = body.trim_end().strip_suffix(&format!("--{boundary}--"));
            let body = ended.unwrap_or_else(|| panic!("not ended: {mail}"));
            let begin = format!("--{boundary}\n");
            body.split(&begin).skip(1).map(readable).collect::<Vec<_>>().join("\n----\n")
        }
        (None, Some("quoted-printable")) => quoted_printable(body),
        (None, Some("base64")) => base64(&body.replace('\n', "")),
        (None, Some("7bit") | None) => body.to_owned(),
        (None, Some(other)) => panic!("unknown encoding {other}: {mail}"),
    };
    format!("{}\n\n{body}", head.join("\n"))
}

/// A header's line with its encoded words decoded.
fn header(line: &str) -> String {
    assert!(line.contains(": "), "no header: {line}");
    // Space between encoded words is none.
    let mut parts = line.split("=?utf-8?b?");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for (number, part) in parts.enumerate() {
        let (word, rest) = part.split_once("?=").unwrap_or_else(|| panic!("not ended: {line}"));
        if number > 0 && text.ends_with(' ') {
            text.pop();
        }
        text += &base64(word);
        text += rest;
    }
    text
}

fn base64(text: &str) -> String {
    let bytes = STANDARD.decode(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    String::from_utf8(bytes).unwrap()
}

fn quoted_printable(text: &str) -> String {
    let joined = text.replace("=\n", "");
    let mut pieces = joined.split('=');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let (code, rest) = piece.split_at_checked(2).unwrap_or_else(|| panic!("{joined}"));
        bytes.push(u8::from_str_radix(code, 16).unwrap_or_else(|error| panic!("{error}: {code}")));
        bytes.extend(rest.as_bytes());
    }
    String::from_utf8(bytes).unwrap()
}
