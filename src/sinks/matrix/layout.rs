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
    use crate::sinks::testing::{hostile, is_harmless, is_html, messages, texts};

    const TAGS: [&str; 8] = ["p", "strong", "b", "ul", "li", "pre", "code", "a"];

    #[test]
    fn every_message_keeps_the_limit_uses_its_room_and_is_well_formed() {
        // Ids, signatures and the like are added to what we send.
        const EVENT: usize = 65_536 - 4096;
        let mut longest = [0, 0];
        for message in messages() {
            let full = body(&message, Fidelity::Full);
            let html = full["formatted_body"].as_str().unwrap();
            assert!(is_html(html, &TAGS), "{html}");
            let minimal = body(&message, Fidelity::Minimal);
            assert!(minimal["format"].is_null());
            for (body, longest) in [full, minimal].iter().zip(&mut longest) {
                *longest = body.to_string().len().max(*longest);
                assert!(*longest <= EVENT, "{longest}");
            }
        }
        assert!(longest[0] > 49_000 && longest[1] > 15_000, "there is room for more: {longest:?}");
    }

    proptest! {
        #[test]
        fn what_others_wrote_is_text_and_calls_nobody(planted in hostile()) {
            for message in samples::hostile_messages(&planted) {
                for fidelity in [Fidelity::Full, Fidelity::Minimal] {
                    let body = body(&message, fidelity);
                    prop_assert_eq!(&body["m.mentions"], &json!({}));
                    for text in texts(&body) {
                        prop_assert!(!text.replace("@\u{200b}", "").contains('@'), "{}", text);
                        prop_assert!(is_harmless(text), "{:?}", text);
                    }
                    let html = body["formatted_body"].as_str().unwrap_or_default();
                    prop_assert!(is_html(html, &TAGS), "{}", html);
                }
            }
        }
    }
}
