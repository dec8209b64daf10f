//! An event as the Events API v2 takes it (developer.pagerduty.com, "Send an Alert Event").
//!
//! Everything is plain text there, and shown as such; limits hold for characters, and for the whole
//! event in bytes.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::message::{Fact, Message, Section, harmless, shortened};
use crate::notice::{Notice, Subject};
use crate::redaction::Redacted;
use crate::sinks::Fidelity;
use crate::sinks::fit::{Fitted, Ways};
use crate::sinks::text::cut;
use crate::verdict::Severity;

/// The longest `summary`, in characters; the names are held to it, too.
const SUMMARY: usize = 1024;
/// The longest `dedup_key`, in characters.
const DEDUP_KEY: usize = 255;
/// The longest text of a detail, in characters.
const DETAIL: usize = 2000;
/// The most bytes of JSON for all sections; an event may have 512 KB.
const SECTIONS: usize = 128 * 1024;

/// What one event is made of.
pub(super) struct Event<'a> {
    pub(super) told: &'a Redacted,
    pub(super) message: &'a Message,
    pub(super) severity: Severity,
    pub(super) group: Option<&'a str>,
}

impl Event<'_> {
    /// The event, without the routing key.
    pub(super) fn json(&self, fidelity: Fidelity) -> Value {
        let Notice { time, host, subject, .. } = self.told.notice();
        let dedup_key = dedup_key(host, subject);
        if matches!(subject, Subject::Recovered { .. }) {
            return self.resolve();
        }
        let mut payload = json!({
            "summary": shortened(&self.message.title, SUMMARY),
            "source": shortened(&harmless(host), SUMMARY),
            "severity": self.severity.word(),
            "timestamp": time,
            "class": self.message.tone.word(),
        });
        let mut event = json!({ "event_action": "trigger", "dedup_key": dedup_key });
        let component = subject.job().map(|job| shortened(&harmless(&job.title()), SUMMARY));
        if let Some(fields) = payload.as_object_mut() {
            fields.extend(component.map(|job| ("component".to_owned(), job.into())));
            fields.extend(self.group.map(|group| ("group".to_owned(), group.into())));
            if fidelity == Fidelity::Full {
                fields.insert("custom_details".to_owned(), self.details());
            }
        }
        if let Some(fields) = event.as_object_mut() {
            fields.insert("payload".to_owned(), payload);
            if fidelity == Fidelity::Full {
                fields.insert("client".to_owned(), "upstart-monitor".into());
                fields.insert("links".to_owned(), self.links());
            }
        }
        event
    }

    /// The event that closes the alert, without the routing key.
    pub(super) fn resolve(&self) -> Value {
        let Notice { host, subject, .. } = self.told.notice();
        json!({ "event_action": "resolve", "dedup_key": dedup_key(host, subject) })
    }

    fn details(&self) -> Value {
        let Message { facts, machine, sections, missing, names, short_id, command, .. } =
            self.message;
        let mut details = Map::new();
        let mut add = |label: &str, value: Value| {
            details.insert(label.to_owned(), value);
        };
        for Fact { label, value, .. } in facts.iter().chain(machine) {
            add(label, shortened(value, DETAIL).into());
        }
        for Fitted { section, caption, lines } in WAYS.fit(sections, SECTIONS) {
            match section {
                Section::Jobs(_) => add("List", json!(lines)),
                Section::Log(_) => {
                    add("Log of", caption.into());
                    add("Log", json!(lines));
                }
                // The event has a place for these.
                Section::Links(_) => {}
                _ => add(section.heading(), lines.join("\n").into()),
            }
        }
        if !missing.is_empty() {
            add("Not collected", shortened(&missing.join("; "), DETAIL).into());
        }
        add("Id", format!("{names} {short_id}").into());
        add("More", command.as_str().into());
        Value::Object(details)
    }

    /// The pages that belong to the report.
    fn links(&self) -> Value {
        let pages = self.message.pages().iter();
        pages.map(|page| json!({ "href": page.url, "text": page.text })).collect()
    }
}

const WAYS: Ways = Ways {
    text: |text, most| cut(text, most, |c, text| text.push(c), in_json),
    code: str::to_owned,
    link: |name, url| format!("{name}{url}"),
    cost: in_json,
    frame: 50,
    line: "\"\",".len(),
    most: usize::MAX,
};

/// What `text` takes in JSON, without the quotation marks.
fn in_json(text: &str) -> usize {
    Value::from(text).to_string().len() - "\"\"".len()
}

/// The name of the alert that `subject`, told by `host`, opens, adds to or resolves: one a job. No
/// job has an empty name, so the others are no job's.
fn dedup_key(host: &str, subject: &Subject) -> String {
    let key = match subject {
        Subject::Crash { job, .. }
        | Subject::Repeats { job, .. }
        | Subject::Recovered { job, .. } => job.key.clone(),
        Subject::Digest { .. } => format!("{host}//digest"),
        Subject::SinkFailed { sink, .. } => format!("{host}//sink/{sink}"),
        Subject::Test { sink, .. } => format!("{host}//test/{sink}"),
    };
    let shown = harmless(&key);
    if shown == key && key.chars().count() <= DEDUP_KEY {
        return key;
    }
    // The beginning is for people, the digest tells apart what looks alike.
    let digest: String = Sha256::digest(&key).iter().map(|byte| format!("{byte:02x}")).collect();
    shortened(&shown, DEDUP_KEY - digest.len()) + &digest
}

#[cfg(test)]
mod tests;
