//! A notice as JSON for programs: `docs/notice-v1.schema.json` describes it.

use std::collections::BTreeMap;

use serde_json::{Error, Value, json};

use crate::message::title;
use crate::notice::{Notice, Subject};
use crate::redaction::Redacted;
use crate::report::{CrashReport, VERSION};

/// The least that a job of a digest takes, in bytes: its ids and times alone are longer.
const JOB_LEN: usize = 100;

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
                fields.insert("kind".to_owned(), notice.subject.word().into());
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
        fields.insert("key".to_owned(), json!(notice.subject.job().map(|job| &job.key)));
        fields.insert("report".to_owned(), serde_json::to_value(report)?);
        fields.insert(notice.subject.word().to_owned(), told);
    }
    Ok(envelope)
}

/// The same as [`full`] in at most `most` bytes. For that a log loses lines at the front, and a digest
/// counts jobs that it would name; what is longer still is told without details.
///
/// # Errors
/// None that a test would not have found: what is told can be written.
pub(super) fn within(told: &Redacted, most: usize) -> Result<Value, Error> {
    let (mut notice, mut report) = (told.notice().clone(), told.report().cloned());
    keep_jobs(&mut notice, |named| named.min(most / JOB_LEN));
    let mut json = of(&notice, report.as_ref(), &title(told))?;
    while let Some(excess) = json.to_string().len().checked_sub(most).filter(|it| *it > 0) {
        if !(shorten_log(report.as_mut(), excess) || keep_jobs(&mut notice, |named| named / 2)) {
            return Ok(minimal(told));
        }
        json = of(&notice, report.as_ref(), &title(told))?;
    }
    Ok(json)
}

/// Removes the oldest lines of the log that take `excess` bytes; whether there was one.
fn shorten_log(report: Option<&mut CrashReport>, excess: usize) -> bool {
    let log = report.and_then(|report| report.log.as_mut());
    let Some(log) = log.filter(|log| !log.lines.is_empty()) else { return false };
    let mut freed = 0;
    let are_needed = log.lines.iter().take_while(|line| {
        let is_needed = freed < excess;
        freed += json!(line).to_string().len() + ",".len();
        is_needed
    });
    let count = are_needed.count();
    log.lines.drain(..count);
    log.truncated = true;
    true
}

/// Counts the last jobs that a digest names, of which it is to name so `many`, instead; whether
/// there were any.
fn keep_jobs(notice: &mut Notice, many: impl FnOnce(usize) -> usize) -> bool {
    let Subject::Digest { jobs, more_jobs, more_crashes, .. } = &mut notice.subject else {
        return false;
    };
    let named = jobs.len();
    for cut in jobs.drain(many(named).min(named)..) {
        *more_jobs = more_jobs.saturating_add(1);
        *more_crashes = more_crashes.saturating_add(cut.tally.total());
    }
    jobs.len() < named
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
    let job = notice.subject.job();
    json!({
        "version": VERSION,
        "id": notice.id,
        "kind": notice.subject.word(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sinks::samples;
    use crate::verdict::VerdictKind;

    /// What a file and an event have, in bytes.
    const MOST: usize = 65_535;

    #[test]
    fn whatever_is_told_keeps_its_room() {
        for told in samples::all_told() {
            for most in [MOST, 16_000] {
                let json = within(&told, most).unwrap();
                assert!(json.to_string().len() <= most, "{json:#}");
                for name in ["version", "id", "kind", "severity", "summary", "time", "host", "job"]
                {
                    assert!(json.get(name).is_some(), "{name}: {json:#}");
                }
            }
        }
    }

    #[test]
    fn a_log_loses_whole_lines_at_its_front_and_uses_its_room() {
        let mut report = samples::report();
        let log = report.log.as_mut().unwrap();
        log.lines = (0..5000).map(|n| format!("{n} \"🚀\"")).collect();
        let all = log.lines.clone();
        let told = samples::redacted(&Notice::of(&report), Some(&report));
        let json = within(&told, MOST).unwrap();
        let shown: Vec<String> = serde_json::from_value(json["log"]["lines"].clone()).unwrap();
        assert!(all.ends_with(&shown) && shown.len() < 5000, "{}", shown.len());
        assert!((MOST - 32..=MOST).contains(&json.to_string().len()), "{}", json.to_string().len());
        assert_eq!(json["log"]["truncated"], true);
    }

    #[test]
    fn a_long_digest_counts_what_it_cannot_name() {
        let crash = || samples::tally(&[(VerdictKind::Crashed, Some("SIGSEGV"), 3)]);
        let digest = samples::digest(vec![crash(); 999], 1, 5);
        let told = within(&samples::alone(&samples::on(digest)), MOST).unwrap();
        let named = told["digest"]["jobs"].as_array().unwrap().len() as u64;
        assert!(named > 100, "{named}");
        assert_eq!(told["digest"]["more_jobs"], 1000 - named);
        assert_eq!(told["digest"]["more_crashes"], 5 + 3 * (999 - named));
        assert!(told["summary"].as_str().unwrap().contains("1000 jobs crashed 3002 times"));
    }
}
