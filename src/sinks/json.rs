//! A notice as JSON for programs: `docs/notice-v1.schema.json` describes it.

use std::collections::BTreeMap;

use serde_json::{Error, Value, json};

use crate::message::title;
use crate::notice::{JobName, Notice, Subject};
use crate::redaction::Redacted;
use crate::report::{CrashReport, VERSION};

/// Everything that is told.
///
/// # Errors
/// None that a test would not have found: what is told can be written.
pub(super) fn full(told: &Redacted) -> Result<Value, Error> {
    of(told.notice(), told.report(), &title(told))
}

/// `notice`, whose title is `summary`, with the report that it names, as far as that is there.
///
/// A crash is its report as it lies in the spool, with two fields more; every other kind has an
/// envelope, with what it tells in the field that is called as the kind is.
///
/// # Errors
/// None that a test would not have found: what is told can be written.
pub(super) fn of(
    notice: &Notice,
    report: Option<&CrashReport>,
    summary: &str,
) -> Result<Value, Error> {
    let told = match (&notice.subject, report) {
        (Subject::Crash { nth, since, tally, .. }, Some(report)) => {
            let mut told = serde_json::to_value(report)?;
            if let Some(fields) = told.as_object_mut() {
                fields.insert("kind".to_owned(), kind(&notice.subject).into());
                let incident = json!({ "nth": nth, "since": since, "tally": tally });
                fields.insert("incident".to_owned(), incident);
            }
            return Ok(told);
        }
        (subject, _) => details(subject),
    };
    let mut envelope = envelope(notice, summary);
    if let Some(fields) = envelope.as_object_mut() {
        let labels = report.map(|report| &report.labels);
        fields.insert("labels".to_owned(), json!(labels.unwrap_or(&BTreeMap::new())));
        fields.insert("time_unix_us".to_owned(), notice.time.micros().into());
        fields.insert("key".to_owned(), json!(job(&notice.subject).map(|job| &job.key)));
        fields.insert("report".to_owned(), serde_json::to_value(report)?);
        fields.insert(kind(&notice.subject).to_owned(), told);
    }
    Ok(envelope)
}

/// The least that tells what happened to whom, in the places that the full form has it.
pub(super) fn minimal(told: &Redacted) -> Value {
    let subject = &told.notice().subject;
    let summary = match (subject, told.report()) {
        (Subject::Crash { .. }, Some(report)) => report.summary.clone(),
        _ => title(told),
    };
    let mut least = envelope(told.notice(), &summary);
    if let (Subject::Crash { cause, .. }, Some(fields)) = (subject, least.as_object_mut()) {
        fields.insert("verdict".to_owned(), json!({ "kind": cause.verdict }));
    }
    least
}

fn envelope(notice: &Notice, summary: &str) -> Value {
    let job = job(&notice.subject);
    json!({
        "version": VERSION,
        "id": notice.id,
        "kind": kind(&notice.subject),
        "severity": notice.severity,
        "summary": summary,
        "time": notice.time,
        "host": { "name": notice.host },
        "job": job.map(|job| json!({ "name": job.name, "instance": job.instance })),
    })
}

/// What `subject` tells beyond the envelope.
fn details(subject: &Subject) -> Value {
    match subject {
        Subject::Crash { job: _, cause, report, nth, since, tally } => json!({
            "cause": cause,
            "report": report,
            "nth": nth,
            "since": since,
            "tally": tally,
        }),
        Subject::Repeats { job: _, tally, since, until, total, began: _, latest } => json!({
            "tally": tally,
            "crashes": tally.total(),
            "since": since,
            "until": until,
            "total": total,
            "latest": latest,
        }),
        Subject::Recovered { job: _, tally, since, until, up_seconds, began: _, latest } => json!({
            "tally": tally,
            "crashes": tally.total(),
            "since": since,
            "until": until,
            "up_seconds": up_seconds,
            "latest": latest,
        }),
        Subject::Digest { since, until, jobs, more_jobs, more_crashes } => json!({
            "since": since,
            "until": until,
            "jobs": jobs,
            "more_jobs": more_jobs,
            "more_crashes": more_crashes,
        }),
        Subject::SinkFailed { sink, why, since, waiting } => json!({
            "sink": sink,
            "why": why,
            "since": since,
            "waiting": waiting,
        }),
        Subject::Test { sink, by } => json!({ "sink": sink, "by": by }),
    }
}

/// What `subject` is called.
pub(super) fn kind(subject: &Subject) -> &'static str {
    match subject {
        Subject::Crash { .. } => "crash",
        Subject::Repeats { .. } => "repeats",
        Subject::Recovered { .. } => "recovered",
        Subject::Digest { .. } => "digest",
        Subject::SinkFailed { .. } => "sink_failed",
        Subject::Test { .. } => "test",
    }
}

/// The one job that `subject` is on.
pub(super) fn job(subject: &Subject) -> Option<&JobName> {
    match subject {
        Subject::Crash { job, .. }
        | Subject::Repeats { job, .. }
        | Subject::Recovered { job, .. } => Some(job),
        Subject::Digest { .. } | Subject::SinkFailed { .. } | Subject::Test { .. } => None,
    }
}
