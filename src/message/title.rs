//! The first line: where, who, what happened.

use std::time::Duration;

use super::tally::{Ends, of_causes};
use super::text::{harmless, shortened};
use super::words::{clock, counted, ordinal, span};
use super::{HOST_CHARS, JOB_CHARS, aftermath};
use crate::aftermath::RecoveryKind;
use crate::notice::{Cause, JobName, JobTally, Notice, Subject, Tally};
use crate::redaction::Redacted;
use crate::report::CrashReport;
use crate::time::Timestamp;
use crate::verdict::VerdictKind;

/// The longest title, in characters.
pub(super) const TITLE_CHARS: usize = 500;

/// The longest word of a service's on why it takes nothing, in characters.
const WHY_CHARS: usize = 150;

/// What `told` tells, in one line. The same at every try.
pub(super) fn title(told: &Redacted) -> String {
    let Notice { id: _, time, severity: _, host, subject } = told.notice();
    let host = shortened(&harmless(host), HOST_CHARS);
    let what = match subject {
        Subject::Crash { job, cause, report: _, nth, since, tally: _ } => {
            let nth = nth_time(*nth, *time, *since);
            return shortened(&crash(told.report(), &host, job, cause, &nth), TITLE_CHARS);
        }
        Subject::Repeats { job, tally, since, until, total: _, began: _, latest: _ } => {
            format!("{} {}", shown_job(job), repeats(tally, *since, *until))
        }
        Subject::Recovered { job, tally, since: _, until: _, up_seconds, began: _, latest: _ } => {
            let up = span(Duration::from_secs(*up_seconds));
            format!("{} is stable: up for {up} after {}", shown_job(job), all_of(tally))
        }
        Subject::Digest { since, until, jobs, more_jobs, more_crashes } => {
            let (jobs, crashes) = totals(jobs, *more_jobs, *more_crashes);
            let ends = ends_of(subject);
            let how_often = match crashes {
                1 => "once".to_owned(),
                _ => format!("{crashes} times in {}", span(until.since(*since))),
            };
            format!("{} {}", counted(jobs, "job", "jobs"), ends.verb(&how_often))
        }
        Subject::SinkFailed { sink, why, since: _, waiting } => {
            let why = shortened(&harmless(why), WHY_CHARS);
            let wait = match waiting {
                0 => String::new(),
                1 => "; 1 message waits".to_owned(),
                waiting => format!("; {waiting} messages wait"),
            };
            format!("upstart-monitor cannot deliver to {}: {why}{wait}", harmless(sink))
        }
        Subject::Test { sink, by: _ } => {
            format!("TEST: upstart-monitor can reach {}; nothing has crashed", harmless(sink))
        }
    };
    shortened(&format!("{host}: {what}"), TITLE_CHARS)
}

/// `nginx (eu-1)`, not too long for a title.
pub(super) fn shown_job(job: &JobName) -> String {
    shortened(&harmless(&job.title()), JOB_CHARS)
}

/// What all ends that `subject` counts have in common.
pub(super) fn ends_of(subject: &Subject) -> Ends {
    match subject {
        Subject::Crash { tally, .. }
        | Subject::Repeats { tally, .. }
        | Subject::Recovered { tally, .. } => Ends::of([tally]),
        Subject::Digest { jobs, .. } => Ends::of(jobs.iter().map(|job| &job.tally)),
        Subject::SinkFailed { .. } | Subject::Test { .. } => Ends::Mixed,
    }
}

/// How many jobs crashed, and how often: those that are named and those that are not.
pub(super) fn totals(jobs: &[JobTally], more_jobs: u64, more_crashes: u64) -> (u64, u64) {
    let crashes = jobs.iter().map(|job| job.tally.total());
    (more_jobs.saturating_add(jobs.len() as u64), crashes.fold(more_crashes, u64::saturating_add))
}

/// `web-1: nginx crashed: SIGSEGV after 5 h 42 min, 3rd time in 1 h, back after 0.4 s`.
fn crash(
    report: Option<&CrashReport>,
    host: &str,
    job: &JobName,
    cause: &Cause,
    nth: &str,
) -> String {
    let summary = match report {
        Some(report) => harmless(&report.summary),
        None => format!("{host}: {} {}", shown_job(job), in_words(job, cause)),
    };
    let recovery = report.and_then(aftermath::recovery);
    let became = match recovery.map(|recovery| recovery.kind) {
        None | Some(RecoveryKind::StayedDown) if cause.verdict == VerdictKind::GaveUp => {
            ", stays down".to_owned()
        }
        _ => recovery
            .map_or_else(String::new, |it| format!(", {}", aftermath::recovery_in_words(it))),
    };
    format!("{summary}{nth}{became}")
}

/// `, 3rd time in 1 h`; empty for the first time.
fn nth_time(nth: u64, time: Timestamp, since: Timestamp) -> String {
    match nth {
        0 | 1 => String::new(),
        nth => format!(", {} time in {}", ordinal(nth), span(time.since(since))),
    }
}

/// What happened, as far as it is known without the report.
pub(super) fn in_words(job: &JobName, cause: &Cause) -> String {
    let words = cause.verdict.words_of(job.supervisor);
    match cause.exit.as_deref().map(harmless) {
        Some(exit) if cause.verdict == VerdictKind::GaveUp => format!("{words}, last {exit}"),
        Some(exit) => format!("{words}: {exit}"),
        None => words.to_owned(),
    }
}

/// `crashed 14 more times in 3 min (13 × exit status 1, 1 × SIGSEGV), last at 03:45:10 UTC`.
fn repeats(tally: &Tally, since: Timestamp, until: Timestamp) -> String {
    let (ends, at) = (Ends::of([tally]), clock(until, since));
    let (how_often, last) = match tally.total() {
        1 => ("once more".to_owned(), "at"),
        total => (format!("{total} more times in {}", span(until.since(since))), "last at"),
    };
    format!("{}{}, {last} {at}", ends.verb(&how_often), of_causes(tally, ends))
}

/// `14 crashes (13 × exit status 1, 1 × SIGSEGV)`.
pub(super) fn all_of(tally: &Tally) -> String {
    let ends = Ends::of([tally]);
    format!("{}{}", ends.counted(tally.total()), of_causes(tally, ends))
}

/// A job of several, since `since`: `nginx (eu-1) crashed 4 times: SIGSEGV, last at 03:45:10 UTC`.
pub(super) fn of_many(job: &JobTally, since: Timestamp) -> String {
    let JobTally { job, tally, until, latest: _ } = job;
    let (ends, at) = (Ends::of([tally]), clock(*until, since));
    let (how_often, last) = match tally.total() {
        1 => (String::new(), "at"),
        total => (format!("{total} times"), "last at"),
    };
    let what = ends.verb(&how_often);
    format!("{} {what}{}, {last} {at}", shown_job(job), of_causes(tally, ends))
}

#[cfg(test)]
mod tests;
