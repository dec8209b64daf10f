//! A message in Block Kit.
//!
//! Limits are Slack's (api.slack.com/reference/block-kit/blocks) and hold for escaped text; what
//! does not fit is cut between characters before it is escaped, a log and a list between lines.

use serde_json::{Value, json};

use crate::message::{Fact, Jobs, Message, Section};
use crate::sinks::fit::{Fitted, Ways};
use crate::sinks::mrkdwn::{self, escaped, width, within, without_fence};

/// The longest header, in characters; the only text that is not escaped.
const HEADER: usize = 150;
/// The longest text of a field (2000 are allowed), so that the log has room.
const FIELD: usize = 400;
/// The most fields of a section.
const FIELDS: usize = 10;
/// The longest text of a section.
const SECTION: usize = 3000;
/// The longest line below the message.
const CONTEXT: usize = 500;
/// The longest `text`, which notifications show.
const FALLBACK: usize = 3000;
/// Of that, what the list of a digest and the command below have where there are no blocks.
const LIST: usize = 1500;
/// Of that, the command.
const COMMAND: usize = 100;
/// All blocks together: about 13,200 are taken, which Slack does not document.
const BLOCKS: usize = 12_000;

/// The message as blocks.
pub(super) fn full(message: &Message) -> Value {
    let title = message.headed();
    let header = within(&title, HEADER, |c, title| title.push(c));
    let mut blocks = vec![json!({
        "type": "header",
        "text": { "type": "plain_text", "text": header, "emoji": false },
    })];
    for facts in message.facts.chunks(FIELDS) {
        let fields = facts.iter().map(|fact| mrkdwn(&field(fact)));
        blocks.push(json!({ "type": "section", "fields": fields.collect::<Vec<_>>() }));
    }
    let context = json!({ "type": "context", "elements": [mrkdwn(&below(message))] });
    let room = BLOCKS.saturating_sub(blocks.iter().chain([&context]).map(length).sum());
    blocks.extend(WAYS.fit(&message.sections, room).iter().map(section));
    blocks.push(context);
    json!({
        "text": escaped_within(&title, FALLBACK),
        "blocks": blocks,
        "unfurl_links": false,
        "unfurl_media": false,
    })
}

/// The message as plain text, for a webhook that does not take the blocks.
pub(super) fn minimal(message: &Message) -> Value {
    let mut text = escaped_within(&message.plain().join("\n"), FALLBACK - LIST);
    if let Some(jobs) = message.jobs() {
        text = format!("{text}\n{}", listed(jobs, LIST - COMMAND));
    }
    let text = format!("{text}\n{}", message.command);
    json!({ "text": text, "unfurl_links": false, "unfurl_media": false })
}

/// `text` escaped, with nothing in it that begins a fence; ends in `…` before it would be longer than
/// `most`.
fn escaped_within(text: &str, most: usize) -> String {
    mrkdwn::escaped_within(&without_fence(text), most)
}

/// The jobs of a digest, a line each, as many as fit into `room` characters.
fn listed(jobs: &Jobs, room: usize) -> String {
    let written = |line: &str| format!("• {}", (WAYS.code)(line));
    let lines = jobs.within(room, |line| width(&written(line)) + "\n".len());
    lines.iter().map(|line| written(line)).collect::<Vec<_>>().join("\n")
}

/// The line below: how to see the rest, and what is missing.
fn below(message: &Message) -> String {
    let parts =
        [format!("{} {}", message.names, message.short_id), format!("`{}`", message.command)];
    let parts: Vec<_> = parts.into_iter().chain(message.not_collected()).collect();
    escaped_within(&parts.join(" · "), CONTEXT)
}

const WAYS: Ways = Ways {
    text: escaped_within,
    code: |line| escaped(&without_fence(line)),
    link: |name, url| format!("<{}|{name}>", escaped(url)),
    cost: width,
    // What `length` counts besides: the names of the types.
    frame: "sectionmrkdwn*Changed* \n```\n\n```".len(),
    line: "* \n".len(),
    most: SECTION,
};

/// A fact, and a moment by the reader's own clock too.
fn field(fact: &Fact) -> String {
    let Fact { label, value, time } = fact;
    let value = escaped_within(value, FIELD);
    let Some(time) = time else { return format!("*{label}*\n{value}") };
    // Slack writes it in the reader's zone; what stands last is shown where that cannot be.
    let seconds = time.micros() / 1_000_000;
    let utc = value.split(" (").next().unwrap_or_default();
    let reader = format!("<!date^{seconds}^{{date_short_pretty}} {{time_secs}}|{utc}>");
    format!("*{label}*\n{value} · {reader} for you")
}

/// A section: code in a fence that nothing in it closes, everything else as a list.
fn section(fitted: &Fitted<'_>) -> Value {
    let Fitted { section, caption, lines } = fitted;
    let heading = format!("*{}* {caption}", section.heading());
    let lines = match section {
        Section::Log(_) | Section::Kernel(_) => format!("```\n{}\n```", lines.join("\n")),
        _ => lines.iter().map(|line| format!("• {line}")).collect::<Vec<_>>().join("\n"),
    };
    let text = format!("{}\n{lines}", heading.trim_end());
    json!({ "type": "section", "text": mrkdwn(&text) })
}

fn mrkdwn(text: &str) -> Value {
    json!({ "type": "mrkdwn", "text": text })
}

/// All text in a block.
fn length(block: &Value) -> usize {
    match block {
        Value::String(text) => width(text),
        Value::Array(values) => values.iter().map(length).sum(),
        Value::Object(values) => values.values().map(length).sum(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests;
