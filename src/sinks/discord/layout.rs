//! A message as embeds, under its title as the text that notifications show. The facts stand in a
//! first embed, since Discord shows an embed's description before its fields.
//!
//! Limits are Discord's (docs.discord.com/developers/resources/message#embed-limits) and hold for
//! escaped text.

use serde_json::{Value, json};

use crate::message::{Fact, Message};
use crate::sinks::Fidelity;
use crate::sinks::markdown::MARKDOWN;
use crate::sinks::outline::titled;
use crate::sinks::text::width;

/// The longest title (2000 are allowed).
const TITLE: usize = 500;
/// The most fields of an embed.
const FIELDS: usize = 25;
/// The longest value of a field (1024 are allowed), so that the log has room.
const FIELD: usize = 200;
/// A value up to this long shares its line with others.
const INLINE: usize = 40;
/// The longest description.
const DESCRIPTION: usize = 4096;
/// All texts of all embeds.
const EMBEDS: usize = 6000;
/// The longest message without embeds.
const CONTENT: usize = 2000;

/// The message as embeds.
pub(super) fn full(message: &Message) -> Value {
    let mut left = EMBEDS;
    let mut fields = Vec::new();
    for Fact { label, value, time } in message.facts.iter().take(FIELDS) {
        let inline = width(value) <= INLINE && time.is_none();
        let mut value = (MARKDOWN.text)(value, FIELD);
        if let Some(time) = time {
            // Discord writes it by the reader's clock.
            value += &format!(" · <t:{}:F> for you", time.micros() / 1_000_000);
        }
        left = left.saturating_sub(width(label) + width(&value));
        fields.push(json!({ "name": label, "value": value, "inline": inline }));
    }
    let color = message.tone.colour();
    let details = MARKDOWN.details(message, left.min(DESCRIPTION), Fidelity::Full);
    json!({
        "content": (MARKDOWN.text)(&message.headed(), TITLE),
        "embeds": [
            { "color": color, "fields": fields },
            { "color": color, "description": details.trim_start() },
        ],
        "allowed_mentions": { "parse": [] },
    })
}

/// The message as plain text.
pub(super) fn minimal(message: &Message) -> Value {
    let text = titled(message, &MARKDOWN, ["", "\n"], CONTENT, Fidelity::Minimal);
    json!({ "content": text, "allowed_mentions": { "parse": [] } })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sinks::markdown::{is_escaped, of_others};
    use crate::sinks::{samples, testing};

    /// `text` without the times that Discord writes by the reader's clock.
    fn without_times(text: &str) -> String {
        let mut parts = text.split("<t:");
        let first = parts.next().unwrap_or_default().to_owned();
        first + &parts.map(|part| part.split_once(":F>").unwrap().1).collect::<String>()
    }

    fn length(text: &Value) -> usize {
        width(text.as_str().unwrap())
    }

    #[test]
    fn every_message_keeps_the_limits_and_uses_its_room() {
        let (mut longest, mut longest_description, mut longest_minimal) = (0, 0, 0);
        for message in testing::messages() {
            longest_minimal = longest_minimal.max(length(&minimal(&message)["content"]));
            for payload in [full(&message), minimal(&message)] {
                assert!((1..=2000).contains(&length(&payload["content"])), "{payload:#}");
                assert_eq!(payload["allowed_mentions"], json!({ "parse": [] }));
            }
            let full = full(&message);
            let fields = full["embeds"][0]["fields"].as_array().unwrap();
            assert!((1..=25).contains(&fields.len()), "{full:#}");
            for field in fields {
                assert!((1..=256).contains(&length(&field["name"])), "{field:#}");
                assert!((1..=1024).contains(&length(&field["value"])), "{field:#}");
            }
            let of_fields =
                fields.iter().map(|field| length(&field["name"]) + length(&field["value"]));
            let description = length(&full["embeds"][1]["description"]);
            assert!((1..=4096).contains(&description), "{full:#}");
            let all = of_fields.sum::<usize>() + description;
            assert!(all <= 6000, "{all}: {full:#}");
            longest = longest.max(all);
            longest_description = longest_description.max(description);
        }
        assert!(longest > 4900, "the embeds have room for more: {longest}");
        assert!(longest_description > 4000, "so has a description: {longest_description}");
        assert!(longest_minimal > 1800, "so has plain text: {longest_minimal}");
    }

    proptest! {
        #[test]
        fn what_others_wrote_is_text(planted in testing::hostile()) {
            for message in samples::hostile_messages(&planted) {
                let (full, minimal) = (full(&message), minimal(&message));
                prop_assert_eq!(&full["allowed_mentions"], &json!({ "parse": [] }));
                for text in testing::texts(&full).into_iter().chain(testing::texts(&minimal)) {
                    prop_assert!(testing::is_harmless(text), "{:?}", text);
                    prop_assert_eq!(text.matches("```").count() % 2, 0, "{}", text);
                    prop_assert!(is_escaped(&of_others(&without_times(text))), "{}", text);
                }
            }
        }
    }
}
