//! A notice as an event: a crash as an exception, everything else as a message.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::message::{Message, Section, View, harmless, shortened};
use crate::notice::{Notice, Subject};
use crate::report::CrashReport;
use crate::sinks::{Attempt, Fidelity};
use crate::verdict::Severity;

/// The longest tag, in characters.
const TAG: usize = 200;

/// The most breadcrumbs that Sentry keeps.
const BREADCRUMBS: usize = 100;

/// What Sentry shows of `attempt`.
pub(super) fn event(attempt: &Attempt<'_>, view: &View) -> Value {
    let (notice, report) = (attempt.notice.notice(), attempt.notice.report());
    let message = Message::of(attempt.notice, attempt.now, view);
    let mut event = json!({
        "event_id": notice.id.text().replace('-', ""),
        "timestamp": notice.time,
        "platform": "other",
        "level": level(notice.severity),
        "logger": "upstart-monitor",
        "server_name": shortened(&harmless(&notice.host), TAG),
        "logentry": { "formatted": message.title },
        "fingerprint": fingerprint(notice),
        "tags": tags(notice, report),
        "sdk": { "name": "upstart-monitor", "version": env!("CARGO_PKG_VERSION") },
    });
    let Some(fields) = event.as_object_mut().filter(|_| attempt.fidelity == Fidelity::Full) else {
        return event;
    };
    if let Subject::Crash { cause, .. } = &notice.subject {
        let end = cause.exit.as_deref().unwrap_or(cause.verdict.words());
        let exception = json!({
            "type": shortened(&harmless(end), TAG),
            "value": message.title,
            "mechanism": { "type": "upstart", "handled": false },
        });
        fields.insert("exception".to_owned(), json!({ "values": [exception] }));
    }
    if let Some(log) = message.log() {
        let lines = log.lines.iter().skip(log.lines.len().saturating_sub(BREADCRUMBS));
        let crumb = |line| json!({ "timestamp": notice.time, "category": "log", "message": line });
        let crumbs: Vec<_> = lines.map(crumb).collect();
        fields.insert("breadcrumbs".to_owned(), json!({ "values": crumbs }));
    }
    fields.insert("contexts".to_owned(), contexts(report, &message));
    if let Some(jobs) = message.jobs() {
        let lines = jobs.within(8000, |line| line.len());
        fields.insert("extra".to_owned(), json!({ "jobs": lines }));
    }
    event
}

/// What Sentry calls `severity`.
fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Error => "error",
        Severity::Critical => "fatal",
    }
}

/// What makes one issue of several events: the same end of the same job, on whichever host.
fn fingerprint(notice: &Notice) -> Vec<String> {
    let mut parts = vec!["upstart-monitor".to_owned()];
    match &notice.subject {
        Subject::Crash { job, cause, .. } => {
            parts.extend([job.name.clone(), cause.verdict.word().to_owned()]);
            parts.extend(cause.exit.clone());
        }
        subject => {
            parts.push(subject.word().to_owned());
            parts.extend(subject.job().map(|job| job.name.clone()));
        }
    }
    parts.iter().map(|part| without_variables(&shortened(&harmless(part), TAG))).collect()
}

/// `text` without `{{`, which begins a variable of Sentry's. In two passes: the first one leaves
/// pairs where it passed over an odd one.
fn without_variables(text: &str) -> String {
    text.replace("{{", "{ {").replace("{{", "{ {")
}

fn tags(notice: &Notice, report: Option<&CrashReport>) -> BTreeMap<String, String> {
    let mut tags = BTreeMap::new();
    let mut tag = |key: &str, value: &str| {
        let value = shortened(&harmless(value), TAG);
        if !value.is_empty() {
            tags.insert(key.to_owned(), value);
        }
    };
    for (key, value) in report.into_iter().flat_map(|report| &report.labels) {
        let key: String = key.chars().filter(|c| is_of_key(*c)).take(32).collect();
        tag(&key, value);
    }
    tag("kind", notice.subject.word());
    if let Some(job) = notice.subject.job() {
        tag("upstart_job", &job.name);
        tag("upstart_instance", &job.instance);
    }
    if let Subject::Crash { cause, .. } = &notice.subject {
        tag("verdict", cause.verdict.word());
        tag("exit", cause.exit.as_deref().unwrap_or_default());
    }
    tags
}

/// Whether Sentry takes `c` in the key of a tag.
fn is_of_key(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_.:-".contains(c)
}

fn contexts(report: Option<&CrashReport>, message: &Message) -> Value {
    let facts = message.facts.iter().chain(&message.machine);
    let facts: BTreeMap<_, _> = facts.map(|fact| (fact.label, &fact.value)).collect();
    let mut contexts = json!({ "upstart": facts });
    if let (Some(report), Some(fields)) = (report, contexts.as_object_mut()) {
        let host = &report.host;
        let os = json!({ "name": "Linux", "kernel_version": harmless(&host.kernel) });
        fields.insert("os".to_owned(), os);
        let memory = report.snapshot.memory.as_ref();
        let device = json!({
            "name": harmless(&host.name),
            "arch": harmless(&host.arch),
            "memory_size": memory.map(|memory| memory.total_bytes),
            "free_memory": memory.map(|memory| memory.available_bytes),
        });
        fields.insert("device".to_owned(), device);
        fields.insert("report".to_owned(), details(message));
    }
    contexts
}

/// What stands under the facts.
fn details(message: &Message) -> Value {
    let of_section = |section: &Section| match section {
        Section::Kernel(lines) => Some(("kernel", json!(lines))),
        Section::Unusual(lines) => Some(("unusual", json!(lines))),
        Section::Changed(lines) => Some(("changed", json!(lines))),
        Section::Why(lines) => Some(("reasons", json!(lines))),
        Section::Links(pages) => {
            let links = pages.iter().map(|page| format!("{}: {}", page.text, page.url));
            Some(("links", links.collect()))
        }
        // The breadcrumbs, and the extra data.
        Section::Log(_) | Section::Jobs(_) => None,
    };
    let known = [("not_collected", json!(message.missing)), ("command", json!(message.command))];
    let details = message.sections.iter().filter_map(of_section).chain(known);
    details.map(|(name, value)| (name.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::redaction::Redacted;
    use crate::sinks::samples;
    use crate::sinks::testing::{hostile, texts};

    fn of(told: &Redacted, fidelity: Fidelity) -> Value {
        event(&Attempt { notice: told, fidelity, now: told.notice().time }, &samples::view(50))
    }

    #[test]
    fn every_event_keeps_the_limits() {
        for told in samples::all_told() {
            for fidelity in [Fidelity::Full, Fidelity::Minimal] {
                let event = of(&told, fidelity);
                assert!(event.to_string().len() <= 200_000, "{}", event.to_string().len());
                assert_eq!(event["event_id"].as_str().unwrap().len(), 32);
                for (key, value) in event["tags"].as_object().unwrap() {
                    assert!((1..=32).contains(&key.len()) && key.chars().all(is_of_key), "{key}");
                    assert!(value.as_str().unwrap().chars().count() <= 200, "{value}");
                }
            }
        }
    }

    #[test]
    fn of_the_longest_log_as_many_lines_are_told_as_are_kept() {
        let mut report = samples::report();
        let lines: Vec<_> = (0..1000).map(|n| format!("{n}{}", "\u{1}".repeat(400))).collect();
        report.log.as_mut().unwrap().lines = lines;
        let told = samples::redacted(&Notice::of(&report), Some(&report));
        let attempt = Attempt { notice: &told, fidelity: Fidelity::Full, now: report.time };
        let event = event(&attempt, &samples::view(1000));
        let crumbs = event["breadcrumbs"]["values"].as_array().unwrap();
        assert_eq!(crumbs.len(), 100);
        assert!(crumbs[99]["message"].as_str().unwrap().starts_with("999"));
        assert!(event.to_string().len() <= 1_000_000, "{}", event.to_string().len());
    }

    #[test]
    fn one_end_of_one_job_is_one_issue_and_nothing_else_is_part_of_it() {
        let [crash, gave_up, repeats, recovered, digest, failed, test] =
            samples::notices().map(|notice| fingerprint(&notice).join(" "));
        assert_eq!(crash, "upstart-monitor nginx crashed SIGSEGV");
        assert_eq!(gave_up, "upstart-monitor nginx gave_up SIGSEGV");
        assert_eq!(repeats, "upstart-monitor repeats nginx");
        assert_eq!(recovered, "upstart-monitor recovered nginx");
        assert_eq!([digest, failed], ["upstart-monitor digest", "upstart-monitor sink_failed"]);
        assert_eq!(test, "upstart-monitor test");
    }

    proptest! {
        #[test]
        fn nothing_that_others_wrote_acts(planted in hostile()) {
            for told in samples::hostile_told(&planted) {
                let event = of(&told, Fidelity::Full);
                for text in texts(&event) {
                    prop_assert_eq!(harmless(text), text);
                }
                let parts = event["fingerprint"].as_array().unwrap();
                prop_assert!(parts.iter().all(|part| !part.as_str().unwrap().contains("{{")));
                prop_assert!(event["tags"].as_object().unwrap().keys().all(|key| key.chars().all(is_of_key)));
            }
        }
    }
}
