//! Where a value ends that begins behind its name. Each looks at every byte once.

use std::ops::Range;

use super::mark;

/// A value without its quotes.
pub(super) struct Value {
    pub(super) range: Range<usize>,
    pub(super) is_quoted: bool,
}

/// Ways of proving who one is whose proof is more than one word (RFC 7616, OAuth 1.0, AWS).
const WORDY: &[&str] = &["digest", "oauth", "hawk", "aws4-hmac-sha256", "signature", "hmac", "mac"];

/// A value in quotes, or up to a space or what else ends it; what is `encoded` stands in an URL.
/// `None` where there is none, and for an object, in which the names are.
pub(super) fn word(text: &str, at: usize, encoded: bool) -> Option<Value> {
    if let Some(quoted) = quoted(text, at) {
        return Some(quoted);
    }
    let rest = text.get(at..)?;
    if let Some(list) = rest.strip_prefix('[')
        && list.trim_start().starts_with(['"', '\'', '\\'])
    {
        return Some(plain(at..at + rest.find([']', '\n']).unwrap_or(rest.len())));
    }
    if rest.starts_with('{') {
        return None;
    }
    let end = at + unquoted(rest, Ends { at_spaces: true, encoded });
    (end > at).then(|| plain(at..end))
}

/// The same behind the name of a scheme, where there is one: `Bearer …`, `Digest …`.
pub(super) fn after_scheme(text: &str, at: usize, encoded: bool) -> Option<Value> {
    let Value { range, is_quoted } = word(text, at, encoded)?;
    let rest = text.get(range.start..)?;
    let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(rest.len());
    let scheme = rest.get(..length)?.to_ascii_lowercase();
    let spaces = rest.get(length..)?.bytes().take_while(|byte| *byte == b' ').count();
    let start = range.start + length + spaces;
    let known = ["basic", "bearer", "token", "negotiate", "ntlm", "apikey", "sharedkey"];
    let is_wordy = WORDY.contains(&scheme.as_str());
    if spaces == 0 || !is_wordy && !known.contains(&scheme.as_str()) {
        return Some(Value { range, is_quoted });
    }
    if is_quoted {
        return (start < range.end).then_some(Value { range: start..range.end, is_quoted });
    }
    if is_wordy {
        // Quotes stand in it.
        let end = text.get(start..)?.find('\n').map_or(text.len(), |length| start + length);
        return (start < end).then(|| plain(start..end));
    }
    word(text, start, encoded)
}

/// Everything up to the end of the line, or of the quotes that all of it stands in.
pub(super) fn rest_of_line(text: &str, at: usize) -> Option<Value> {
    if let Some(quoted) = quoted(text, at) {
        return Some(quoted);
    }
    let end = at + unquoted(text.get(at..)?, Ends { at_spaces: false, encoded: false });
    (end > at).then(|| plain(at..end))
}

fn plain(range: Range<usize>) -> Value {
    Value { range, is_quoted: false }
}

/// A value in quotes: plain ones, escaped ones of JSON in JSON, `%22` of an URL. Where they are not
/// closed the text was cut off, and all the rest is the value.
fn quoted(text: &str, at: usize) -> Option<Value> {
    let rest = text.get(at..)?;
    let prefix = usize::from(rest.starts_with(['b', 'u', 'r', 'f', '$', '@']));
    let opening =
        rest.get(prefix..).filter(|rest| is_opening(rest)).or((prefix > 0).then_some(rest))?;
    let start = text.len() - opening.len();
    if let Some(code) = opening.get(..3).filter(|code| ["%22", "%27"].contains(code)) {
        let body = opening.get(3..)?;
        let end = body.find(code).unwrap_or(body.len());
        let end = body.find([' ', '\n', '\t']).map_or(end, |space| end.min(space));
        return (end > 0).then(|| Value { range: start + 3..start + 3 + end, is_quoted: true });
    }
    let escapes = opening.bytes().take_while(|byte| *byte == b'\\').count();
    let quote = *opening.as_bytes().get(escapes).filter(|byte| is_quote(**byte))?;
    let from = start + escapes + 1;
    let mut backslashes = 0_usize;
    let mut end = text.len();
    for (place, byte) in (from..).zip(text.get(from..)?.bytes()) {
        let closes =
            if escapes == 0 { backslashes.is_multiple_of(2) } else { backslashes <= escapes };
        if byte == b'\n' || byte == quote && closes {
            end = if byte == b'\n' { place } else { place - backslashes.min(escapes) };
            break;
        }
        backslashes = if byte == b'\\' { backslashes + 1 } else { 0 };
    }
    (end > from).then_some(Value { range: from..end, is_quoted: true })
}

fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`')
}

fn is_opening(rest: &str) -> bool {
    let unescaped = rest.trim_start_matches('\\');
    unescaped.bytes().next().is_some_and(is_quote)
        || rest.starts_with("%22")
        || rest.starts_with("%27")
}

/// What ends a value that stands in no quotes.
#[derive(Clone, Copy)]
struct Ends {
    at_spaces: bool,
    encoded: bool,
}

/// The length of the value that `rest` begins with. Marks count as one character.
fn unquoted(rest: &str, ends: Ends) -> usize {
    let mut at = 0;
    while let Some(tail) = rest.get(at..) {
        let Some(c) = tail.chars().next() else { break };
        if let Some(mark) = mark::length_at(tail) {
            at += mark;
            continue;
        }
        let after = tail.get(c.len_utf8()..).unwrap_or_default();
        let over = match c {
            '\n' => true,
            c if c.is_whitespace() => ends.at_spaces,
            '"' | '\'' | '`' => is_end(after),
            '\\' => {
                matches!(after.bytes().next(), Some(b'"' | b'\''))
                    && is_end(after.get(1..).unwrap_or_default())
            }
            ',' | ';' | '&' | '|' if ends.at_spaces => is_end(after) || begins_pair(after),
            ')' | ']' | '}' | '>' if ends.at_spaces => is_end(after),
            '<' => after.starts_with('/'),
            '%' => ends.encoded && (after.starts_with("26") || after.starts_with("22")),
            _ => false,
        };
        if over {
            break;
        }
        at += c.len_utf8();
    }
    at
}

/// Whether nothing that belongs to a value begins `rest`.
fn is_end(rest: &str) -> bool {
    rest.chars().next().is_none_or(|c| c.is_whitespace() || ",;)]}>\"'`&|\\:".contains(c))
}

/// Whether `rest` begins with the next name and its separator.
fn begins_pair(rest: &str) -> bool {
    let near = rest.as_bytes().get(..rest.len().min(64)).unwrap_or_default();
    let mut bytes = near.iter().skip_while(|byte| matches!(byte, b' ' | b'"' | b'\'' | b'\\'));
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    if !bytes.next().is_some_and(u8::is_ascii_alphabetic) {
        return false;
    }
    bytes
        .find(|byte| !is_name(byte))
        .is_some_and(|byte| matches!(byte, b'=' | b':' | b'"' | b'\'' | b'\\'))
}
