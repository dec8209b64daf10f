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
    use crate::sinks::{chat, samples, testing};

    /// The length of `value` as Go writes it.
    fn in_go(value: &Value) -> usize {
        let json = value.to_string();
        json.chars().count() + 5 * json.chars().filter(|c| "<>&".contains(*c)).count()
    }

    #[test]
    fn every_message_keeps_the_limits() {
        for message in chat::messages() {
            for room in [PROPS, 5000] {
                let attachments = in_go(&full(&message, room)["attachments"]);
                assert!(attachments <= room, "{:?}: {attachments} of {room}", message.tone);
            }
            let text = in_go(&minimal(&message)["text"]);
            assert!((1..=3002).contains(&text), "{:?}: {text}", message.tone);
        }
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
            let message = samples::hostile_message(&planted);
            let (full, minimal) = (full(&message, PROPS), minimal(&message));
            let [facts, details] = [&full["attachments"][0], &full["attachments"][1]];
            let values = facts["fields"].as_array().unwrap().iter().map(|field| &field["value"]);
            let texts = [&facts["title"], &facts["fallback"], &details["text"], &minimal["text"]];
            for text in values.chain(texts).map(|text| text.as_str().unwrap()) {
                prop_assert!(is_escaped(&of_others(text)), "{}", text);
                prop_assert!(!text.contains("<!") && !text.contains("<@"), "{}", text);
            }
        }
    }
}
