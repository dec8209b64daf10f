//! What the tests of several sinks have in common.

use proptest::prelude::*;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde_json::Value;

use super::Outcome;
use super::http::Answer;
use super::text::in_careful_json;
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
        let text = text.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "");
        !text.contains(['&', '>'])
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
