//! A message as attachments, which Mattermost and Rocket.Chat took over from Slack, with Markdown in
//! them. The facts stand in a first one, since a chat shows an attachment's text before its fields.

use serde_json::{Value, json};

use crate::message::{Fact, Message};
use crate::sinks::Fidelity;
use crate::sinks::markdown::{MARKDOWN, escaped_within};
use crate::sinks::outline::{Markup, titled};
use crate::sinks::text::in_go_json;

/// All attachments together, in characters of JSON as Go writes it: servers before 5.26 keep 8000
/// beside a post.
pub(in crate::sinks) const PROPS: usize = 7500;

/// The longest title, which stands there twice.
const TITLE: usize = 300;
/// The longest value of a fact.
const FIELD: usize = 160;
/// A value up to this long, in characters, shares its line with another.
const SHORT: usize = 40;
/// What a field takes besides its value: its label, and what JSON needs.
const FIELD_FRAME: usize = 60;
/// The same of all attachments.
const FRAME: usize = 200;
/// The longest message without attachments; Rocket.Chat takes 5000, Mattermost more.
const TEXT: usize = 3000;

const IN_GO: Markup = Markup {
    text: |text, most| escaped_within(text, most, in_go_json),
    measure: in_go_json,
    ..MARKDOWN
};

/// The message as attachments that together have `room` characters at most.
pub(in crate::sinks) fn full(message: &Message, room: usize) -> Value {
    let title = (IN_GO.text)(&message.headed(), TITLE);
    let mut left = room.saturating_sub(FRAME + 2 * in_go_json(&title));
    let mut fields = Vec::new();
    for Fact { label, value, .. } in &message.facts {
        let short = value.chars().count() <= SHORT;
        let value = (IN_GO.text)(value, FIELD);
        left = left.saturating_sub(FIELD_FRAME + in_go_json(&value));
        fields.push(json!({ "title": label, "value": value, "short": short }));
    }
    let color = format!("#{:06x}", message.tone.colour());
    let details = IN_GO.details(message, left, Fidelity::Full);
    json!({
        "attachments": [
            { "fallback": title, "color": color, "title": title, "fields": fields },
            { "fallback": message.command, "color": color, "text": details.trim_start() },
        ],
    })
}

/// The message as plain text.
pub(in crate::sinks) fn minimal(message: &Message) -> Value {
    json!({ "text": titled(message, &IN_GO, ["", "\n"], TEXT, Fidelity::Minimal) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sinks::markdown::{is_escaped, of_others};
    use crate::sinks::testing::go_len;
    use crate::sinks::{samples, testing};

    #[test]
    fn plain_text_keeps_the_limit_of_either_and_uses_its_room() {
        let texts = testing::messages().iter().map(|it| go_len(&minimal(it)["text"])).max();
        let longest = texts.unwrap_or_default();
        assert!((2400..=5000).contains(&longest), "{longest}");
    }

    #[test]
    fn each_tone_has_its_colour() {
        let colours = samples::notices().map(|notice| {
            full(&samples::message(&notice, 0), PROPS)["attachments"][0]["color"].to_string()
        });
        let distinct: std::collections::BTreeSet<_> = colours.iter().collect();
        assert_eq!(distinct.len(), colours.len(), "{colours:?}");
    }

    proptest! {
        #[test]
        fn what_others_wrote_is_text_and_calls_nobody(planted in testing::hostile()) {
            for message in samples::hostile_messages(&planted) {
                let (full, minimal) = (full(&message, PROPS), minimal(&message));
                for text in testing::texts(&full).into_iter().chain(testing::texts(&minimal)) {
                    // A colour is ours.
                    let is_colour = text.starts_with('#');
                    prop_assert!(is_colour || is_escaped(&of_others(text)), "{}", text);
                    prop_assert!(!text.contains("<!") && !text.contains("<@"), "{}", text);
                    prop_assert!(testing::is_harmless(text), "{:?}", text);
                    prop_assert_eq!(text.matches("```").count() % 2, 0, "{}", text);
                }
            }
        }
    }
}
