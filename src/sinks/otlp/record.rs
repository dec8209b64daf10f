//! A notice as a log record. Attributes are named by the semantic conventions
//! (opentelemetry.io/docs/specs/semconv), and what these do not know by `upstart.`.

use serde_json::{Value, json};

use crate::message::{Message, Section, View, harmless, shortened};
use crate::notice::{Notice, Subject};
use crate::report::CrashReport;
use crate::sinks::{Attempt, Fidelity};
use crate::verdict::Severity;

/// The longest value, in characters.
const VALUE: usize = 1000;

/// The longest list of jobs, in bytes.
const JOBS: usize = 16_000;

/// What is posted: one record.
pub(super) fn request(attempt: &Attempt<'_>, view: &View) -> Value {
    let (notice, report) = (attempt.notice.notice(), attempt.notice.report());
    let message = Message::of(attempt.notice, attempt.now, view);
    let (number, word) = severity(notice.severity);
    let nanoseconds = notice.time.micros().saturating_mul(1000).to_string();
    let mut attributes = Attributes::default();
    of_notice(&mut attributes, notice);
    if attempt.fidelity == Fidelity::Full {
        of_report(&mut attributes, report);
        of_message(&mut attributes, &message);
    }
    let record = json!({
        "timeUnixNano": nanoseconds,
        "observedTimeUnixNano": nanoseconds,
        "severityNumber": number,
        "severityText": word,
        "eventName": format!("upstart.job.{}", notice.subject.word()),
        "body": { "stringValue": message.title },
        "attributes": attributes.0,
    });
    let scope = json!({ "name": "upstart-monitor", "version": env!("CARGO_PKG_VERSION") });
    json!({ "resourceLogs": [{
        "resource": { "attributes": of_resource(notice, report).0 },
        "scopeLogs": [{ "scope": scope, "logRecords": [record] }],
    }] })
}

/// OTLP's number and word for `severity`.
fn severity(severity: Severity) -> (u8, &'static str) {
    match severity {
        Severity::Info => (9, "INFO"),
        Severity::Warning => (13, "WARN"),
        Severity::Error => (17, "ERROR"),
        Severity::Critical => (21, "FATAL"),
    }
}

/// Names and values as OTLP writes them.
#[derive(Default)]
struct Attributes(Vec<Value>);

impl Attributes {
    fn add(&mut self, name: &str, value: Value) {
        self.0.push(json!({ "key": name, "value": value }));
    }

    /// A text that others may have written; an empty one is left out.
    fn text(&mut self, name: &str, text: &str) {
        let text = shortened(&harmless(text), VALUE);
        if !text.is_empty() {
            self.add(name, json!({ "stringValue": text }));
        }
    }

    /// A whole number, at most the largest that OTLP has.
    fn number(&mut self, name: &str, number: impl TryInto<i64>) {
        let number = number.try_into().unwrap_or(i64::MAX);
        self.add(name, json!({ "intValue": number.to_string() }));
    }

    /// Texts that were made harmless before.
    fn texts(&mut self, name: &str, texts: &[String]) {
        let value = |text: &String| json!({ "stringValue": shortened(text, VALUE) });
        let values: Vec<_> = texts.iter().map(value).collect();
        self.add(name, json!({ "arrayValue": { "values": values } }));
    }
}

/// The service that the record is on, and its host.
fn of_resource(notice: &Notice, report: Option<&CrashReport>) -> Attributes {
    let mut resource = Attributes::default();
    match notice.subject.job() {
        Some(job) => {
            resource.text("service.name", &job.name);
            resource.text("service.instance.id", &job.instance);
        }
        None => resource.text("service.name", "upstart-monitor"),
    }
    resource.text("host.name", &notice.host);
    resource.text("os.type", "linux");
    if let Some(report) = report {
        let arch = match report.host.arch.as_str() {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            "i386" | "i486" | "i586" | "i686" => "x86",
            other => other,
        };
        resource.text("host.arch", arch);
    }
    resource
}

fn of_notice(attributes: &mut Attributes, notice: &Notice) {
    attributes.text("log.record.uid", &notice.id.text());
    if let Some(job) = notice.subject.job() {
        attributes.text("upstart.job", &job.name);
        attributes.text("upstart.instance", &job.instance);
    }
    match &notice.subject {
        Subject::Crash { cause, nth, .. } => {
            attributes.text("upstart.verdict", cause.verdict.word());
            attributes.text("upstart.exit", cause.exit.as_deref().unwrap_or_default());
            attributes.number("upstart.nth", *nth);
        }
        Subject::Repeats { tally, .. } | Subject::Recovered { tally, .. } => {
            attributes.number("upstart.crashes", tally.total());
        }
        Subject::Digest { jobs, more_jobs, .. } => {
            attributes.number("upstart.jobs", more_jobs.saturating_add(jobs.len() as u64));
        }
        Subject::SinkFailed { sink, .. } | Subject::Test { sink, .. } => {
            attributes.text("upstart.sink", sink);
        }
    }
}

fn of_report(attributes: &mut Attributes, report: Option<&CrashReport>) {
    let Some(report) = report else { return };
    attributes.text("upstart.report", &report.id.text());
    if let Some(status) = report.exit.status {
        attributes.number("process.exit.code", status);
    }
    if let Some(load) = &report.snapshot.load {
        attributes.add("system.load.1m", json!({ "doubleValue": load.one }));
    }
    if let Some(memory) = &report.snapshot.memory {
        attributes.number("system.memory.available", memory.available_bytes);
    }
    for (label, value) in &report.labels {
        attributes.text(&format!("upstart.label.{}", harmless(label)), value);
    }
}

fn of_message(attributes: &mut Attributes, message: &Message) {
    for section in &message.sections {
        match section {
            Section::Jobs(jobs) => {
                attributes.texts("upstart.told_jobs", &jobs.within(JOBS, str::len));
            }
            Section::Kernel(lines) => attributes.texts("upstart.kernel", lines),
            Section::Log(log) => {
                attributes.text("log.file.path", &log.path);
                attributes.texts("upstart.log", &log.lines);
            }
            Section::Unusual(lines) => attributes.texts("upstart.unusual", lines),
            Section::Changed(lines) => attributes.texts("upstart.changed", lines),
            Section::Why(lines) => attributes.texts("upstart.reasons", lines),
            Section::Links(pages) => {
                let urls: Vec<_> = pages.iter().map(|page| page.url.clone()).collect();
                attributes.texts("upstart.links", &urls);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::redaction::Redacted;
    use crate::sinks::samples;
    use crate::sinks::testing::hostile;

    fn of(told: &Redacted, fidelity: Fidelity) -> Value {
        request(&Attempt { notice: told, fidelity, now: told.notice().time }, &samples::view(50))
    }

    /// Fails unless `value` is one of the forms that OTLP's JSON has for a value.
    fn check_value(value: &Value) {
        let fields = value.as_object().unwrap();
        let (form, value) = fields.iter().next().unwrap();
        let fits = match form.as_str() {
            "stringValue" => value
                .as_str()
                .is_some_and(|text| harmless(text) == text && text.chars().count() <= 1000),
            "intValue" => value.as_str().is_some_and(|text| text.parse::<i64>().is_ok()),
            "doubleValue" => value.is_f64(),
            "arrayValue" => {
                value["values"].as_array().unwrap().iter().for_each(check_value);
                true
            }
            _ => false,
        };
        assert!(fits && fields.len() == 1, "{form}: {value}");
    }

    fn check(request: &Value) {
        let logs = &request["resourceLogs"][0];
        let record = &logs["scopeLogs"][0]["logRecords"][0];
        check_value(&record["body"]);
        for attributes in [&logs["resource"]["attributes"], &record["attributes"]] {
            let attributes = attributes.as_array().unwrap();
            let names = attributes.iter().map(|one| one["key"].as_str().unwrap());
            let mut names: Vec<_> = names.collect();
            assert!(names.iter().all(|name| harmless(name) == *name), "{names:?}");
            attributes.iter().for_each(|one| check_value(&one["value"]));
            names.sort();
            names.dedup();
            assert_eq!(names.len(), attributes.len(), "each name once: {attributes:?}");
        }
    }

    #[test]
    fn every_record_is_well_formed_and_bounded() {
        for told in samples::all_told() {
            for fidelity in [Fidelity::Full, Fidelity::Minimal] {
                let request = of(&told, fidelity);
                check(&request);
                assert!(request.to_string().len() <= 256 * 1024, "{}", request.to_string().len());
            }
        }
    }

    proptest! {
        #[test]
        fn nothing_that_others_wrote_acts(planted in hostile()) {
            for told in samples::hostile_told(&planted) {
                check(&of(&told, Fidelity::Full));
            }
        }
    }
}
