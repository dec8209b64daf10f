use proptest::prelude::*;

use super::*;
use crate::message::harmless;
use crate::sinks::testing::careful_len;
use crate::sinks::{samples, testing};

/// What each element may have besides its type, by Microsoft's schema of version 1.4.
const ELEMENTS: &[(&str, &[&str])] = &[
    ("message", &["attachments"]),
    ("AdaptiveCard", &["$schema", "version", "fallbackText", "body", "msteams", "actions"]),
    ("Action.OpenUrl", &["title", "url"]),
    ("TextBlock", &["text", "isSubtle", "spacing", "wrap"]),
    ("Container", &["style", "bleed", "items"]),
    ("RichTextBlock", &["spacing", "inlines"]),
    ("TextRun", &["text", "weight", "size", "fontType", "isSubtle"]),
];

/// Every element of a message.
fn elements(value: &Value) -> Vec<&Value> {
    let inner: Vec<_> = match value {
        Value::Array(values) => values.iter().flat_map(elements).collect(),
        Value::Object(fields) => fields.values().flat_map(elements).collect(),
        _ => Vec::new(),
    };
    let own = value.get("type").is_some().then_some(value);
    own.into_iter().chain(inner).collect()
}

#[test]
fn every_message_keeps_the_limits_and_uses_its_room() {
    let mut longest = [0, 0];
    for message in testing::messages() {
        for (payload, longest) in [full(&message), minimal(&message)].iter().zip(&mut longest) {
            let bytes = careful_len(payload);
            assert!((1..=28_672).contains(&bytes), "{:?}: {bytes}", message.tone);
            *longest = bytes.max(*longest);
        }
    }
    assert!(longest[0] > 16_000 && longest[1] > 3500, "there is room for more: {longest:?}");
}

#[test]
fn a_card_has_nothing_that_its_version_does_not_know() {
    for message in testing::messages() {
        for payload in [full(&message), minimal(&message)] {
            for element in elements(&payload) {
                let (_, known) =
                    ELEMENTS.iter().find(|(name, _)| element["type"] == *name).unwrap();
                let keys = element.as_object().unwrap().keys().filter(|key| *key != "type");
                let unknown: Vec<_> = keys.filter(|key| !known.contains(&&***key)).collect();
                assert!(unknown.is_empty(), "{unknown:?} in {element:#}");
            }
        }
    }
}

#[test]
fn the_worst_report_leaves_room_for_its_log() {
    let [crash, ..] = samples::worst_notices();
    let told = samples::redacted(&crash, Some(&samples::worst()));
    let full = full(&Message::of(&told, crash.time, &samples::view(50)));
    let lines = elements(&full).into_iter().filter(|it| it["fontType"] == "Monospace").count();
    assert!(lines > 2, "{lines}");
}

#[test]
fn a_digest_counts_every_crash() {
    let [.., digest, _, _] = samples::worst_notices();
    let message = samples::message(&digest, 0);
    for text in [full(&message).to_string(), minimal(&message).to_string()] {
        let named = text.matches("• ").count() as u64 - 1;
        let rest = format!("• {}", samples::rest_of_digest(named));
        assert!(text.contains(&rest) && named > 0, "{named}: {text}");
    }
}

/// Fails unless all in `payload` that others wrote is text of one line.
fn check(payload: &Value) {
    for element in elements(payload) {
        let text = element["text"].as_str().unwrap_or_default();
        if element["type"] == "TextBlock" {
            let time = text.strip_prefix("{{DATE(").and_then(|text| text.split_once(",SHORT)}}"));
            let (time, rest) = time.unwrap();
            assert_eq!(rest, format!(" {{{{TIME({time})}}}} for you"));
            assert!(time.bytes().all(|byte| b"0123456789-:TZ".contains(&byte)), "{time}");
            continue;
        }
        assert_eq!(element.get("text").is_some(), element["type"] == "TextRun");
        assert!(element.get("text").is_none() || !text.is_empty());
        for text in [text, element["title"].as_str().unwrap_or_default()] {
            assert!(!text.contains("{{") && harmless(text) == text, "{text:?}");
        }
    }
    let fallback = payload["attachments"][0]["content"]["fallbackText"].as_str().unwrap();
    assert!(markdown::is_escaped(fallback) && harmless(fallback) == fallback, "{fallback:?}");
}

proptest! {
    #[test]
    fn what_others_wrote_is_in_runs_of_one_line(planted in testing::hostile()) {
        for message in samples::hostile_messages(&planted) {
            for payload in [full(&message), minimal(&message)] {
                check(&payload);
            }
        }
    }
}
