//! A message as a card.
//!
//! The text of a card is HTML of a few tags, that of its head is plain, and that of a message without
//! a card is a Markdown that knows no escapes. A message has 32,000 bytes at most
//! (developers.google.com/workspace/chat/api/reference/rest/v1/spaces.messages/create); what does not
//! fit is cut between characters before it is escaped, a log and a list between lines.

use serde_json::{Value, json};

use crate::message::{Fact, Message, Page, Section};
use crate::sinks::fit::{Fitted, Ways};
use crate::sinks::mrkdwn::{escaped, without_fence};
use crate::sinks::outline::html;
use crate::sinks::text::{cut, in_careful_json, lines_within};

/// The whole message, in bytes of JSON.
const MESSAGE: usize = 30_000;
/// Of that, what is neither a fact nor a line of a list or log.
const FRAME: usize = 1500;
/// The longest title, which stands there twice.
const TITLE: usize = 600;
/// The longest value of a fact.
const FIELD: usize = 600;
/// What a fact takes besides its value.
const FIELD_FRAME: usize = 100;
/// The longest line below.
const BELOW: usize = 600;
/// The longest message without a card.
const TEXT: usize = 8000;
/// Of that, what the list of a digest has.
const LIST: usize = 4000;
/// What a line takes besides its text.
const NEWLINE: usize = "• \\n".len() + 10;
/// What a section takes besides its lines, and a link besides its text and its URL.
const SECTION: usize = 120;

/// The message as a card.
pub(super) fn full(message: &Message) -> Value {
    let title = plain_within(&message.headed(), TITLE);
    let mut left = MESSAGE - FRAME - 2 * TITLE - BELOW;
    let mut facts = Vec::new();
    for Fact { label, value, .. } in &message.facts {
        let value = html_within(value, FIELD);
        left = left.saturating_sub(FIELD_FRAME + in_careful_json(&value));
        let fact = json!({ "topLabel": label, "text": value, "wrapText": true });
        facts.push(json!({ "decoratedText": fact }));
    }
    let mut sections = vec![json!({ "widgets": facts })];
    sections.extend(WAYS.fit(&message.sections, left).iter().map(section));
    sections.push(json!({ "widgets": [paragraph(&below(message))] }));
    let card = json!({ "header": { "title": title }, "sections": sections });
    json!({
        "fallbackText": title,
        "cardsV2": [{ "cardId": message.short_id, "card": card }],
    })
}

/// The message as plain text: in a fence, where nothing is marked up.
pub(super) fn minimal(message: &Message) -> Value {
    let lines = lines_within(&message.plain(), TEXT - LIST, NEWLINE, plain_within, in_careful_json);
    let of_jobs = |line: &str| in_careful_json(&plain(line)) + NEWLINE;
    let jobs = message.jobs().map(|jobs| jobs.within(LIST, of_jobs)).unwrap_or_default();
    let jobs = jobs.iter().map(|line| format!("• {}", plain(line)));
    let lines: Vec<_> = lines.into_iter().chain(jobs).chain([message.command.clone()]).collect();
    let lines: Vec<_> = lines.iter().map(|line| without_fence(line)).collect();
    json!({ "text": format!("```\n{}\n```", lines.join("\n")) })
}

const WAYS: Ways = Ways {
    text: html_within,
    code: escaped,
    link: |name, url| format!("{name}{url}{}", " ".repeat(SECTION)),
    cost: in_careful_json,
    frame: SECTION,
    line: NEWLINE,
    most: usize::MAX,
};

/// A section of the card. Lines of a log stand as they are, all others in a list, and links are
/// buttons.
fn section(fitted: &Fitted<'_>) -> Value {
    let Fitted { section, caption, lines } = fitted;
    let header = format!("{} {caption}", section.heading());
    let widget = match section {
        Section::Links(pages) => {
            let buttons: Vec<_> = pages.iter().take(lines.len()).map(button).collect();
            json!({ "buttonList": { "buttons": buttons } })
        }
        Section::Log(_) | Section::Kernel(_) => paragraph(&lines.join("\n")),
        _ => paragraph(&listed(lines)),
    };
    json!({ "header": header.trim_end(), "widgets": [widget] })
}

/// A button that leads to `page`; its text is plain.
fn button(page: &Page) -> Value {
    json!({ "text": page.text, "onClick": { "openLink": { "url": page.url } } })
}

/// The line below: how to see the rest, and what is missing.
fn below(message: &Message) -> String {
    let Message { names, short_id, command, .. } = message;
    let known = [format!("{names} {short_id}"), command.clone()];
    let parts: Vec<_> = known.into_iter().chain(message.not_collected()).collect();
    html_within(&parts.join(" · "), BELOW)
}

fn paragraph(text: &str) -> Value {
    json!({ "textParagraph": { "text": text } })
}

fn listed(lines: &[String]) -> String {
    lines.iter().map(|line| format!("• {line}")).collect::<Vec<_>>().join("\n")
}

/// `text` as HTML.
fn html_within(text: &str, most: usize) -> String {
    cut(text, most, html, in_careful_json)
}

/// `text` where no escapes are known: U+200B parts what would begin a mention, a link or an entity.
fn plain_within(text: &str, most: usize) -> String {
    let write = |c: char, text: &mut String| match c {
        '<' | '&' => text.extend([c, '\u{200b}']),
        c => text.push(c),
    };
    cut(text, most, write, in_careful_json)
}

fn plain(text: &str) -> String {
    plain_within(text, usize::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sinks::samples;
    use crate::sinks::testing::{careful_len, hostile, is_harmless, is_html, messages, texts};

    /// Every text of a card that is HTML.
    fn html_texts(payload: &Value) -> Vec<&str> {
        let sections = payload["cardsV2"][0]["card"]["sections"].as_array().unwrap();
        let texts = sections.iter().flat_map(|section| {
            let widgets = section["widgets"].as_array().unwrap().iter();
            let texts = widgets.flat_map(|widget| {
                [&widget["decoratedText"]["text"], &widget["textParagraph"]["text"]]
            });
            texts.chain([&section["header"]]).collect::<Vec<_>>()
        });
        texts.filter_map(Value::as_str).collect()
    }

    #[test]
    fn every_message_keeps_the_limit_and_uses_its_room() {
        let mut longest = [0, 0];
        for message in messages() {
            for (payload, longest) in [full(&message), minimal(&message)].iter().zip(&mut longest) {
                let bytes = careful_len(payload);
                assert!((1..=32_000).contains(&bytes), "{:?}: {bytes}", message.tone);
                *longest = bytes.max(*longest);
            }
            let full = full(&message);
            assert!(html_texts(&full).iter().all(|text| !text.is_empty()), "{full:#}");
        }
        assert!(longest[0] > 27_000 && longest[1] > 3900, "there is room for more: {longest:?}");
    }

    #[test]
    fn the_worst_report_leaves_room_for_its_log() {
        let [crash, ..] = samples::worst_notices();
        let told = samples::redacted(&crash, Some(&samples::worst()));
        let full = full(&Message::of(&told, crash.time, &samples::view(50)));
        let log =
            html_texts(&full).into_iter().find(|text| text.starts_with("&amp;&lt;&gt;`")).unwrap();
        assert!(log.len() > 4000, "{}", log.len());
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

    proptest! {
        #[test]
        fn what_others_wrote_is_text_and_calls_nobody(planted in hostile()) {
            for message in samples::hostile_messages(&planted) {
                let full = full(&message);
                for text in html_texts(&full) {
                    prop_assert!(is_html(text, &[]), "{}", text);
                }
                let header = &full["cardsV2"][0]["card"]["header"]["title"];
                prop_assert_eq!(&full["fallbackText"], header);
                let minimal = minimal(&message);
                for text in [header, &minimal["text"]].map(|text| text.as_str().unwrap()) {
                    let parted = text.replace("<\u{200b}", "").replace("&\u{200b}", "");
                    prop_assert!(!parted.contains(['<', '&']), "{}", text);
                }
                for text in texts(&full).into_iter().chain(texts(&minimal)) {
                    prop_assert!(is_harmless(text), "{:?}", text);
                }
                let text = minimal["text"].as_str().unwrap();
                prop_assert_eq!(text.matches("```").count(), 2);
            }
        }
    }
}
