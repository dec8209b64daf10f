//! A message as ntfy publishes it.
//!
//! A message of more than 4,096 bytes becomes a file, and a body of more than 8,192 is refused;
//! escapes count in the body, so both limits are kept as if they counted in either.

use serde_json::{Value, json};

use crate::message::Message;
use crate::sinks::Fidelity;
use crate::sinks::outline::{Markup, PLAIN, headed, json_len, outline};
use crate::sinks::text::cut;
use crate::verdict::Severity;

/// The longest message, in bytes of JSON.
const TEXT: usize = 4096;

/// The longest title, likewise.
const TITLE: usize = 500;

const TEXT_ONLY: Markup = Markup {
    text: |text, most| cut(text, most, |c, text| text.push(c), json_len),
    measure: json_len,
    ..PLAIN
};

/// What is posted, without where it goes and how loud it is.
pub(super) fn body(message: &Message, fidelity: Fidelity) -> Value {
    json!({
        "title": (TEXT_ONLY.text)(&headed(message, fidelity), TITLE),
        "message": outline(message, &TEXT_ONLY, TEXT, fidelity),
    })
}

/// The page that a tap opens: the first.
pub(super) fn click(message: &Message) -> Option<&str> {
    message.pages().first().map(|page| page.url.as_str())
}

/// ntfy's number for `severity`: from a line in the list to a phone that rings on.
pub(super) fn priority(severity: Severity) -> u8 {
    match severity {
        Severity::Info => 2,
        Severity::Warning => 3,
        Severity::Error => 4,
        Severity::Critical => 5,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::message::harmless;
    use crate::notice::Notice;
    use crate::sinks::samples;
    use crate::sinks::testing::{hostile, is_harmless, messages, texts};

    #[test]
    fn every_message_keeps_the_limits_and_uses_its_room() {
        let mut longest = [0, 0];
        for message in messages() {
            for (fidelity, longest) in
                [Fidelity::Full, Fidelity::Minimal].into_iter().zip(&mut longest)
            {
                let body = body(&message, fidelity);
                let bytes = body["message"].as_str().unwrap().len();
                assert!(bytes <= 4096, "{body:#}");
                *longest = bytes.max(*longest);
                // A topic, a number and a link come to it.
                assert!(body.to_string().len() <= 8192 - 700, "{}", body.to_string().len());
            }
        }
        assert!(longest[0] > 4000 && longest[1] > 3500, "there is room for more: {longest:?}");
    }

    #[test]
    fn a_tap_opens_a_page_and_nothing_else() {
        let link = |href: &str| {
            let mut report = samples::report();
            href.clone_into(&mut report.links[0].href);
            let told = samples::redacted(&Notice::of(&report), Some(&report));
            click(&Message::of(&told, report.time, &samples::view(0))).map(str::to_owned)
        };
        let page = "https://wiki.example.com/?a=1";
        assert_eq!(link(page), Some(page.to_owned()));
        assert_eq!(link("javascript:alert(1)"), None);
    }

    proptest! {
        #[test]
        fn what_others_wrote_is_text(planted in hostile()) {
            for message in samples::hostile_messages(&planted) {
                for fidelity in [Fidelity::Full, Fidelity::Minimal] {
                    let body = body(&message, fidelity);
                    prop_assert!(texts(&body).into_iter().all(is_harmless), "{:?}", body);
                    let line = format!("\n{}\nend\n", harmless(&planted));
                    let has_log = fidelity == Fidelity::Full && message.log().is_some();
                    let text = body["message"].as_str().unwrap();
                    prop_assert_eq!(text.contains(&line), has_log, "{}", text);
                }
            }
        }
    }
}
