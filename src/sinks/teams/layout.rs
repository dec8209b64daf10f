//! A message as an Adaptive Card of version 1.4: what Teams shows everywhere.
//!
//! All texts that others wrote are runs of rich text, in which nothing is marked up: how Markdown is escaped in the
//! other elements differs between the clients. A run has no line breaks, so a line is a block.
//!
//! Teams takes 28 KB and counts more bytes than it was sent; what does not fit is cut between
//! characters, a log and a list between lines.

use serde_json::{Value, json};

use crate::message::{Fact, Message, Page, Section, Tone};
use crate::sinks::fit::{Fitted, Ways};
use crate::sinks::markdown;
use crate::sinks::text::{cut, in_careful_json, lines_within};
use crate::time::Timestamp;

/// The whole message, in bytes of JSON.
const MESSAGE: usize = 20_000;
/// Of that, what is neither a fact nor a line.
const FRAME: usize = 1500;
/// The longest title, which stands there twice.
const TITLE: usize = 500;
/// The longest value of a fact.
const FIELD: usize = 400;
/// The longest line below.
const BELOW: usize = 400;
/// The longest message that was refused in its full form.
const TEXT: usize = 5000;
/// Of that, what the list of a digest has.
const LIST: usize = 2500;
/// What a line takes besides its text.
const LINE: usize = 160;

/// The message as a card with all that a card can have.
pub(super) fn full(message: &Message) -> Value {
    let title = text_within(&message.headed(), TITLE);
    let mut left = MESSAGE - FRAME - 2 * TITLE - BELOW;
    let mut blocks = vec![json!({
        "type": "Container",
        "style": style(message.tone),
        "bleed": true,
        "items": [rich(&[json!({
            "type": "TextRun", "text": title, "weight": "Bolder", "size": "Medium",
        })], "Default")],
    })];
    for Fact { label, value, time } in &message.facts {
        let value = text_within(value, FIELD);
        left = left.saturating_sub(LINE + LINE / 2 + in_careful_json(&value));
        blocks.push(rich(&[bold(&format!("{label}: ")), run(&value)], "None"));
        if let Some(time) = time {
            let reader = for_reader(*time);
            left = left.saturating_sub(LINE + in_careful_json(&reader.to_string()));
            blocks.push(reader);
        }
    }
    let sections = WAYS.fit(&message.sections, left);
    for section in &sections {
        blocks.extend(of_section(section));
    }
    let below = json!({ "type": "TextRun", "text": below(message), "isSubtle": true });
    blocks.push(rich(&[below], "Medium"));
    let links = sections.iter().find_map(|fitted| match fitted.section {
        Section::Links(pages) => Some(pages.iter().take(fitted.lines.len()).map(open)),
        _ => None,
    });
    posted(message, &blocks, links.into_iter().flatten().collect())
}

/// The message as a card of lines: a workflow posts nothing else.
pub(super) fn minimal(message: &Message) -> Value {
    let lines = lines_within(&message.plain(), TEXT - LIST, LINE, text_within, in_careful_json);
    let cost = |line: &str| in_careful_json(&text(line)) + LINE;
    let jobs = message.jobs().map(|jobs| jobs.within(LIST, cost)).unwrap_or_default();
    let jobs = jobs.iter().map(|line| format!("• {}", text(line)));
    let lines: Vec<_> = lines.into_iter().chain(jobs).chain([message.command.clone()]).collect();
    let blocks: Vec<_> = lines.iter().map(|line| rich(&[run(line)], "None")).collect();
    posted(message, &blocks, Vec::new())
}

/// What a webhook takes.
fn posted(message: &Message, blocks: &[Value], actions: Vec<Value>) -> Value {
    let mut card = json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": { "width": "Full" },
        "fallbackText": markdown::escaped_within(&message.headed(), TITLE, in_careful_json),
        "body": blocks,
    });
    // A card without actions has none: an empty list is a gap below it.
    if let Some(fields) = card.as_object_mut().filter(|_| !actions.is_empty()) {
        fields.insert("actions".to_owned(), actions.into());
    }
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": card,
        }],
    })
}

/// A button that leads to `page`.
fn open(page: &Page) -> Value {
    json!({ "type": "Action.OpenUrl", "title": text(&page.text), "url": page.url })
}

/// `time` by the reader's own clock: the one element that writes it so (learn.microsoft.com,
/// adaptive-cards/authoring-cards/text-features).
fn for_reader(time: Timestamp) -> Value {
    let time = humantime::format_rfc3339_seconds(time.to_system_time());
    let text = format!("{{{{DATE({time},SHORT)}}}} {{{{TIME({time})}}}} for you");
    json!({ "type": "TextBlock", "text": text, "isSubtle": true, "spacing": "None", "wrap": true })
}

/// The colour behind the title, as the theme of the reader has it.
fn style(tone: Tone) -> &'static str {
    match tone {
        Tone::Crash | Tone::GaveUp => "attention",
        Tone::Repeats | Tone::SinkFailed => "warning",
        Tone::Recovered => "good",
        Tone::Digest => "accent",
        Tone::Test => "emphasis",
    }
}

const WAYS: Ways = Ways {
    text: text_within,
    // A run without text is none.
    code: |line| text(if line.is_empty() { "\u{a0}" } else { line }),
    link: |name, url| format!("{name}{url}"),
    cost: in_careful_json,
    frame: LINE * 3 / 2,
    line: LINE,
    most: usize::MAX,
};

/// A line a block: code in a font of fixed width. Links are below the card.
fn of_section(fitted: &Fitted<'_>) -> Vec<Value> {
    let Fitted { section, caption, lines } = fitted;
    let heading = section.heading();
    let title = match caption.as_str() {
        "" => rich(&[bold(heading)], "Medium"),
        caption => rich(&[bold(&format!("{heading} ")), run(caption)], "Medium"),
    };
    let fixed = |line: &String| {
        let run = json!({
            "type": "TextRun", "text": line, "fontType": "Monospace", "size": "Small",
        });
        rich(&[run], "None")
    };
    let lines: Vec<_> = match section {
        Section::Links(_) => return Vec::new(),
        Section::Log(_) | Section::Kernel(_) => lines.iter().map(fixed).collect(),
        _ => lines.iter().map(|line| item(line)).collect(),
    };
    std::iter::once(title).chain(lines).collect()
}

/// The line below: how to see the rest, and what is missing.
fn below(message: &Message) -> String {
    let Message { names, short_id, command, .. } = message;
    let known = [format!("{names} {short_id}"), command.clone()];
    let parts: Vec<_> = known.into_iter().chain(message.not_collected()).collect();
    text_within(&parts.join(" · "), BELOW)
}

fn item(line: &str) -> Value {
    rich(&[run(&format!("• {line}"))], "None")
}

fn rich(runs: &[Value], spacing: &str) -> Value {
    json!({ "type": "RichTextBlock", "spacing": spacing, "inlines": runs })
}

fn bold(text: &str) -> Value {
    json!({ "type": "TextRun", "text": text, "weight": "Bolder" })
}

fn run(text: &str) -> Value {
    json!({ "type": "TextRun", "text": text })
}

/// `text` with U+200B in what Teams would take for a date to be written in the reader's words.
fn text_within(text: &str, most: usize) -> String {
    let write = |c: char, text: &mut String| match c {
        '{' if text.ends_with('{') => text.push_str("\u{200b}{"),
        c => text.push(c),
    };
    cut(text, most, write, in_careful_json)
}

fn text(text: &str) -> String {
    text_within(text, usize::MAX)
}

#[cfg(test)]
mod tests;
