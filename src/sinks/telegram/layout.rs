//! A message in Telegram's HTML.
//!
//! Telegram makes links of names behind an `@` and calls who has them; what others wrote stands in
//! code, where it does not, or with U+200B behind the `@`.

use serde_json::{Value, json};

use crate::message::Message;
use crate::sinks::Fidelity;
use crate::sinks::outline::{Markup, PLAIN, html, html_link, titled, uncalled, uncalled_html};
use crate::sinks::text::{cut, width};

/// The longest text, in UTF-16 units. Telegram counts what is left without markup.
const TEXT: usize = 4096;

const HTML: Markup = Markup {
    text: |text, most| cut(text, most, uncalled_html, width),
    literal: |line| cut(line, usize::MAX, html, width),
    link: html_link,
    measure: width,
    heading: ["\n<b>", "</b>", "\n"],
    fact: ["<b>", ":</b> ", "\n"],
    log: ["<pre>", "</pre>\n"],
    code: ["<code>", "</code>"],
    ..PLAIN
};

const TEXT_ONLY: Markup = Markup {
    text: |text, most| cut(text, most, uncalled, width),
    literal: |line| cut(line, usize::MAX, uncalled, width),
    measure: width,
    ..PLAIN
};

/// What is posted, without where it goes.
pub(super) fn body(message: &Message, fidelity: Fidelity) -> Value {
    let (markup, title) = match fidelity {
        Fidelity::Full => (HTML, ["<b>", "</b>\n"]),
        Fidelity::Minimal => (TEXT_ONLY, ["", "\n"]),
    };
    let text = titled(message, &markup, title, TEXT, fidelity);
    let mut body = json!({ "text": text, "link_preview_options": { "is_disabled": true } });
    if let (Fidelity::Full, Some(fields)) = (fidelity, body.as_object_mut()) {
        fields.insert("parse_mode".to_owned(), "HTML".into());
    }
    body
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sinks::samples;
    use crate::sinks::testing::{hostile, is_harmless, is_html, messages};

    fn text(message: &Message, fidelity: Fidelity) -> String {
        body(message, fidelity)["text"].as_str().unwrap().to_owned()
    }

    #[test]
    fn every_message_keeps_the_limit_uses_its_room_and_is_well_formed() {
        let mut longest = [0, 0];
        for message in messages() {
            let full = text(&message, Fidelity::Full);
            assert!(width(&full) <= 4096 && is_html(&full, &["b", "pre", "code", "a"]), "{full}");
            let minimal = text(&message, Fidelity::Minimal);
            assert!(width(&minimal) <= 4096, "{minimal}");
            assert!(minimal.starts_with(&format!("[{}] ", message.tone.word())));
            longest = [longest[0].max(width(&full)), longest[1].max(width(&minimal))];
        }
        assert!(longest[0] > 3900 && longest[1] > 3900, "there is room for more: {longest:?}");
    }

    proptest! {
        #[test]
        fn what_others_wrote_is_text_and_calls_nobody(planted in hostile()) {
            for message in samples::hostile_messages(&planted) {
                let full = text(&message, Fidelity::Full);
                prop_assert!(is_html(&full, &["b", "pre", "code", "a"]), "{}", full);
                let outside = |part: &str| part.rsplit("</pre>").next().unwrap().to_owned();
                let outside: String = full.split("<pre>").map(outside).collect();
                let minimal = text(&message, Fidelity::Minimal);
                prop_assert!(is_harmless(&full) && is_harmless(&minimal), "{:?}", full);
                for shown in [&outside, &minimal] {
                    prop_assert!(!shown.replace("@\u{200b}", "").contains('@'), "{}", shown);
                }
            }
        }
    }
}
