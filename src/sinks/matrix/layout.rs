//! A message as an event `m.room.message`: plain text, and the same in the HTML that clients show.

use serde_json::{Value, json};

use crate::message::Message;
use crate::sinks::Fidelity;
use crate::sinks::outline::{Markup, PLAIN, html_link, json_len, titled, uncalled, uncalled_html};
use crate::sinks::text::cut;

/// The longest text, in bytes of JSON. An event has 65,536 at most, with what servers add to it.
const TEXT: usize = 20_000;

/// The longest HTML, likewise.
const FORMATTED: usize = 30_000;

const TEXT_ONLY: Markup = Markup {
    text: |text, most| cut(text, most, uncalled, json_len),
    literal: |line| cut(line, usize::MAX, uncalled, json_len),
    measure: json_len,
    ..PLAIN
};

const HTML: Markup = Markup {
    text: |text, most| cut(text, most, uncalled_html, json_len),
    literal: |line| cut(line, usize::MAX, uncalled_html, json_len),
    link: html_link,
    measure: json_len,
    heading: ["<p><b>", "</b>", "</p>"],
    facts: ["<ul>", "</ul>"],
    fact: ["<li><b>", ":</b> ", "</li>"],
    list: ["<ul>", "</ul>"],
    item: ["<li>", "</li>"],
    log: ["<pre><code>", "</code></pre>"],
    code: ["<code>", "</code>"],
    below: ["<p>", "</p>"],
};

/// What is put into the room. Servers and clients that do not know `m.mentions` look for `@room`
/// in the text, so nothing stands there behind an `@` but U+200B.
pub(super) fn body(message: &Message, fidelity: Fidelity) -> Value {
    let text = |markup, title, room| titled(message, markup, title, room, fidelity);
    let plain = text(&TEXT_ONLY, ["", "\n"], TEXT);
    match fidelity {
        Fidelity::Full => json!({
            "msgtype": "m.text",
            "body": plain,
            "format": "org.matrix.custom.html",
            "formatted_body": text(&HTML, ["<p><strong>", "</strong></p>"], FORMATTED),
            "m.mentions": {},
        }),
        Fidelity::Minimal => json!({ "msgtype": "m.text", "body": plain, "m.mentions": {} }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sinks::samples;
    use crate::sinks::testing::{hostile, is_html};

    const TAGS: [&str; 8] = ["p", "strong", "b", "ul", "li", "pre", "code", "a"];

    #[test]
    fn every_message_keeps_the_limit_and_is_well_formed() {
        for message in samples::messages(50) {
            let full = body(&message, Fidelity::Full);
            let html = full["formatted_body"].as_str().unwrap();
            assert!(is_html(html, &TAGS), "{html}");
            assert!(full.to_string().len() <= 52_000, "{}", full.to_string().len());
            let minimal = body(&message, Fidelity::Minimal);
            assert!(minimal.to_string().len() <= 21_000 && minimal["format"].is_null());
        }
    }

    proptest! {
        #[test]
        fn what_others_wrote_is_text_and_calls_nobody(planted in hostile()) {
            let message = samples::hostile_message(&planted);
            for fidelity in [Fidelity::Full, Fidelity::Minimal] {
                let body = body(&message, fidelity);
                prop_assert_eq!(&body["m.mentions"], &json!({}));
                for text in [&body["body"], &body["formatted_body"]].iter().filter_map(|v| v.as_str()) {
                    prop_assert!(!text.replace("@\u{200b}", "").contains('@'), "{}", text);
                }
                let html = body["formatted_body"].as_str().unwrap_or_default();
                prop_assert!(is_html(html, &TAGS), "{}", html);
            }
        }
    }
}
