//! What an alert tells beside its labels.

use serde_json::{Map, Value};

use super::labels::{OURS, is_name};
use crate::message::{Fact, Message, Section, harmless, last_within, shortened};
use crate::redaction::Redacted;

/// The name of the page that a job's alert leads to, as people call it in alerting rules.
const RUNBOOK: &str = "runbook_url";

/// The longest text of an annotation, in characters; Alertmanager has no limit of its own, what it
/// tells has.
const ANNOTATION: usize = 10_000;

/// What calls people in chats.
pub(super) const CALLS: [&str; 7] = ["<!", "<@", "<#", "@everyone", "@here", "@channel", "@all"];

/// Only the summary.
pub(super) fn least(summary: &str) -> Map<String, Value> {
    Map::from_iter([("summary".to_owned(), quiet(summary).into())])
}

/// Everything, the labels of the job and its runbook included.
pub(super) fn full(told: &Redacted, message: &Message) -> Map<String, Value> {
    let Message { title, facts, machine, sections, missing, names, short_id, command, .. } =
        message;
    let mut annotations = Map::new();
    let mut add = |name: &str, text: &str| {
        let text = shortened(&quiet(text), ANNOTATION);
        if !text.is_empty() {
            annotations.insert(name.to_owned(), text.into());
        }
    };
    if let Some(report) = told.report() {
        let is_told = |name: &str| !is_name(name) || OURS.contains(&name);
        let labels = report.labels.iter().filter(|(name, _)| !is_told(name));
        labels.for_each(|(name, value)| add(name, &harmless(value)));
    }
    let facts = facts.iter().chain(machine);
    let facts = facts.map(|Fact { label, value, .. }| format!("{label}: {value}"));
    add("description", &facts.collect::<Vec<_>>().join("\n"));
    let of = |line: &str| quiet(line).chars().count() + 1;
    for section in sections {
        match section {
            Section::Jobs(jobs) => add("jobs", &jobs.within(ANNOTATION, of).join("\n")),
            Section::Kernel(lines) => add("kernel", &lines.join("\n")),
            Section::Log(log) => {
                let lines = last_within(&log.lines, ANNOTATION, of);
                add("log", &lines.join("\n"));
                add("log_path", &log.path);
                add("log_note", log.note(lines.len()).unwrap_or_default());
            }
            Section::Unusual(lines) => add("unusual", &lines.join("\n")),
            Section::Changed(lines) => add("changed", &lines.join("\n")),
            Section::Why(lines) => add("reasons", &lines.join("\n")),
            Section::Links(pages) => pages.iter().take(1).for_each(|page| add(RUNBOOK, &page.url)),
        }
    }
    add("not_collected", &missing.join("; "));
    add(&format!("{names}_id"), short_id);
    add("command", command);
    // Last, so that no label of the job stands in its place.
    add("summary", title);
    annotations
}

/// `text` with nothing in it that calls people or a channel: Alertmanager's own templates hand
/// annotations to chats as they are.
fn quiet(text: &str) -> String {
    let calls = |rest: &str| CALLS.iter().any(|call| rest.starts_with(call));
    let mut quiet = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        quiet.push(c);
        if text.get(at..).is_some_and(calls) {
            quiet.push('\u{200b}');
        }
    }
    quiet
}
