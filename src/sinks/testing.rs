//! What the tests of several sinks have in common.

use proptest::prelude::*;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde_json::Value;

use super::http::Answer;
use super::text::in_careful_json;
use super::{Outcome, samples};
use crate::message::{Log, Message, Section, Whose, harmless};
use crate::time::Timestamp;

/// Fails unless `judge` makes of each answer, a status and a body, the outcome that begins so.
#[track_caller]
pub(super) fn outcomes(
    judge: impl Fn(&Answer, Timestamp) -> Outcome,
    expected: &[(u16, &str, &str)],
) {
    for (status, body, expected) in expected {
        let answer = Answer {
            from: "https://example.com".to_owned(),
            status: StatusCode::from_u16(*status).unwrap(),
            headers: HeaderMap::new(),
            body: (*body).to_owned(),
        };
        let outcome = format!("{:?}", judge(&answer, Timestamp::from_micros(0)));
        assert!(outcome.starts_with(expected), "{status} {body}: {outcome}");
    }
}

/// Texts as a stranger makes a service write them.
pub(super) fn hostile() -> impl Strategy<Value = String> {
    let parts = prop::sample::select(vec![
        "@everyone",
        "@room",
        "@here",
        "<!channel>",
        "<b>",
        "</pre>",
        "</code>",
        "&amp;",
        "&",
        "<a href=\"tg://user?id=1\">x</a>",
        "[x](http://evil/)",
        "```",
        "`",
        "*",
        "_",
        "\u{202e}",
        "\u{2066}",
        "\u{1b}[31m",
        "\u{1b}]8;;http://evil/\u{1b}\\",
        "\0",
        "\r\nX-Evil: 1",
        "\n",
        "\"",
        "\\",
        "🚀",
        "\u{2028}",
        "#tag",
        "%0d%0a",
        "{{x}}",
    ]);
    let parts = prop_oneof![parts.prop_map(str::to_owned), any::<char>().prop_map(String::from)];
    prop::collection::vec(parts, 1..12).prop_map(|parts| parts.concat())
}

/// The bytes of `payload` in JSON, written as carefully as any service does when it counts.
pub(super) fn careful_len(payload: &Value) -> usize {
    let with_comma = |len: usize| len + 1;
    match payload {
        Value::String(text) => in_careful_json(text) + 2,
        Value::Array(items) => 2 + items.iter().map(careful_len).map(with_comma).sum::<usize>(),
        Value::Object(fields) => {
            let field =
                |(name, value): (&String, _)| in_careful_json(name) + 3 + careful_len(value);
            2 + fields.iter().map(field).map(with_comma).sum::<usize>()
        }
        other => other.to_string().len(),
    }
}

/// Whether `text` is HTML of these tags alone, each closed in its place, and every `&` begins an
/// entity. An `a` leads to a page; no other one has attributes.
pub(super) fn is_html(text: &str, tags: &[&str]) -> bool {
    let mut open = Vec::new();
    let mut parts = text.split('<');
    let escaped = |text: &str| {
        let known = ["&amp;", "&lt;", "&gt;", "&quot;", "&#39;"];
        let rest = known.iter().fold(text.to_owned(), |text, entity| text.replace(entity, ""));
        !rest.contains(['&', '>'])
    };
    escaped(parts.next().unwrap_or_default())
        && parts.all(|part| {
            let Some((tag, text)) = part.split_once('>') else { return false };
            let fits = match tag.strip_prefix('/') {
                Some(tag) => open.pop() == Some(tag),
                None => {
                    let url = tag.strip_prefix("a href=\"http").and_then(|it| it.strip_suffix('"'));
                    let tag = if url.is_some_and(|url| !url.contains('"')) { "a" } else { tag };
                    open.push(tag);
                    tags.contains(&tag)
                }
            };
            fits && escaped(text)
        })
        && open.is_empty()
}

/// Every text in `payload`, those that name its fields apart.
pub(super) fn texts(payload: &Value) -> Vec<&str> {
    match payload {
        Value::String(text) => vec![text],
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        Value::Object(fields) => fields.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

/// Whether every line of `text` is seen as it is: nothing in it acts on a terminal or on the order
/// of what is read.
pub(super) fn is_harmless(text: &str) -> bool {
    text.split('\n').all(|line| harmless(line) == line)
}

/// `value` as long as Go writes it in JSON, in characters.
pub(super) fn go_len(value: &Value) -> usize {
    let json = value.to_string();
    json.chars().count() + 5 * json.chars().filter(|c| "<>&".contains(*c)).count()
}

/// Messages of each kind, as they mostly are and at their worst, and each that is on one job with logs
/// that fill whatever room there is: with many short lines, and with characters that grow when they
/// are escaped or counted.
pub(super) fn messages() -> Vec<Message> {
    let mostly = samples::messages(50);
    let of_one = mostly.iter().filter(|message| message.jobs().is_none());
    let filled =
        of_one.flat_map(|message| FILLERS.map(|(line, count)| filled(message, line, count)));
    filled.chain(mostly.clone()).collect()
}

/// A line of a log, and how many of them are more than any service takes.
const FILLERS: [(&str, usize); 6] = [
    ("x", 12_000),
    ("<", 9999),
    ("\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"", 999),
    ("🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀", 999),
    ("@@@@@@@@@@@@@@@@@@@@", 999),
    ("````````````````````", 999),
];

/// `message` with a log of these lines, one like the other.
pub(super) fn filled(message: &Message, line: &str, count: usize) -> Message {
    let others = message.sections.iter().filter(|it| !matches!(it, Section::Log(_)));
    let (path, lines) = ("/x".to_owned(), vec![line.to_owned(); count]);
    let log = Section::Log(Log { path, lines, whose: Whose::LastOfThisRun });
    let sections = others.cloned().chain([log]).collect();
    Message { sections, ..message.clone() }
}
