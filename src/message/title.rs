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
        None => format!("{host}: {} {}", shown_job(job), in_words(cause)),
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
pub(super) fn in_words(cause: &Cause) -> String {
    let words = cause.verdict.words();
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
mod tests {
    use super::*;
    use crate::aftermath::Recovery;
    use crate::sinks::samples::{self, alone, gave_up, on, tally};
    use VerdictKind::{Crashed, StartFailed, Unclear, Unseen};

    /// The title of a notice with this subject.
    fn titled(subject: Subject) -> String {
        title(&alone(&on(subject)))
    }

    #[test]
    fn a_crash_says_which_one_it_is() {
        for (nth, told) in [
            (1, "crashed: SIGSEGV after 5 h 42 min, back after 0.4 s"),
            (2, "crashed: SIGSEGV after 5 h 42 min, 2nd time in 1 h, back after 0.4 s"),
            (3, "crashed: SIGSEGV after 5 h 42 min, 3rd time in 1 h, back after 0.4 s"),
        ] {
            let report = samples::report();
            let crash = samples::nth_crash(&report, nth, 3600);
            let told_of = samples::redacted(&crash, Some(&report));
            assert_eq!(title(&told_of), format!("web-1: nginx (eu-1) {told}"));
            let dropped = title(&alone(&crash));
            assert!(dropped.starts_with("web-1: nginx (eu-1) crashed: SIGSEGV"), "{dropped}");
            assert_eq!(dropped.contains("time in 1 h"), nth > 1, "{dropped}");
        }
    }

    #[test]
    fn a_job_that_gave_up_stays_down_unless_it_is_back() {
        for (recovery, became) in [
            (None, ", stays down"),
            (Some(RecoveryKind::StayedDown), ", stays down"),
            (Some(RecoveryKind::Respawned), ", back after 0.4 s"),
            (Some(RecoveryKind::CrashedAgain), ", crashed again after 0.4 s"),
        ] {
            let mut report = gave_up();
            report.aftermath.as_mut().unwrap().recovery =
                recovery.map(|kind| Recovery { kind, after_seconds: 0.4, known_by: String::new() });
            let told = title(&samples::redacted(&Notice::of(&report), Some(&report)));
            assert_eq!(told, format!("{}{became}", report.summary));
        }
        let dropped = title(&alone(&Notice::of(&gave_up())));
        let expected = "web-1: nginx (eu-1) gave up: respawning too fast, last SIGSEGV, stays down";
        assert_eq!(dropped, expected);
    }

    #[test]
    fn repeats_are_counted_by_cause() {
        for (counts, told) in [
            (
                &[(Crashed, Some("exit status 1"), 13), (Crashed, Some("SIGSEGV"), 1)][..],
                "crashed 14 more times in 3 min (13 × exit status 1, 1 × SIGSEGV), \
                 last at 03:45:10 UTC",
            ),
            (
                &[(Crashed, Some("SIGSEGV"), 14)],
                "crashed 14 more times in 3 min: SIGSEGV, last at 03:45:10 UTC",
            ),
            (&[(Crashed, Some("SIGSEGV"), 1)], "crashed once more: SIGSEGV, at 03:45:10 UTC"),
            (&[(Crashed, None, 1)], "crashed once more, at 03:45:10 UTC"),
            (
                &[(StartFailed, Some("pre-start exit status 1"), 2)],
                "failed to start 2 more times in 3 min: pre-start exit status 1, \
                 last at 03:45:10 UTC",
            ),
            (&[(Unseen, None, 2)], "ended unseen 2 more times in 3 min, last at 03:45:10 UTC"),
            (
                &[(Unclear, Some("exit status 143"), 2)],
                "ended 2 more times in 3 min, perhaps by a crash: exit status 143, \
                 last at 03:45:10 UTC",
            ),
            (
                &[(Unclear, Some("exit status 143"), 1)],
                "ended once more, perhaps by a crash: exit status 143, at 03:45:10 UTC",
            ),
        ] {
            assert_eq!(
                titled(samples::repeats(tally(counts))),
                format!("web-1: nginx (eu-1) {told}")
            );
        }
    }

    #[test]
    fn the_all_clear_says_what_it_is_after() {
        for (counts, told) in [
            (
                &[(Crashed, Some("exit status 1"), 13), (Crashed, Some("SIGSEGV"), 1)][..],
                "14 crashes (13 × exit status 1, 1 × SIGSEGV)",
            ),
            (&[(Crashed, Some("SIGSEGV"), 1)], "1 crash: SIGSEGV"),
            (&[(Unseen, None, 1)], "1 unseen end"),
            (&[(Unclear, None, 2)], "2 ends, perhaps crashes"),
        ] {
            let told = format!("web-1: nginx (eu-1) is stable: up for 5 min after {told}");
            assert_eq!(titled(samples::recovered(tally(counts))), told);
        }
    }

    #[test]
    fn a_digest_counts_jobs_and_crashes() {
        let crashes = |count| tally(&[(Crashed, Some("SIGSEGV"), count)]);
        let unseen = tally(&[(Unseen, None, 1)]);
        for (tallies, more_jobs, more_crashes, told) in [
            (vec![crashes(2), crashes(10)], 35, 400, "37 jobs crashed 412 times in 2 min"),
            (vec![crashes(2)], 0, 0, "1 job crashed 2 times in 2 min"),
            (vec![crashes(1)], 0, 0, "1 job crashed once"),
            (vec![crashes(1), unseen], 0, 0, "2 jobs ended 2 times in 2 min"),
        ] {
            let told_of = titled(samples::digest(tallies, more_jobs, more_crashes));
            assert_eq!(told_of, format!("web-1: {told}"));
        }
    }

    #[test]
    fn a_sink_that_fails_is_named_with_what_it_said() {
        for (waiting, wait) in [(0, ""), (1, "; 1 message waits"), (12, "; 12 messages wait")] {
            let told = titled(samples::sink_failed("404 no_service", waiting));
            let expected = "web-1: upstart-monitor cannot deliver to slack.ops: 404 no_service";
            assert_eq!(told, format!("{expected}{wait}"));
        }
        let told = titled(samples::sink_failed(&"no ".repeat(9999), 12));
        assert!(told.ends_with("…; 12 messages wait"), "{told}");
    }

    #[test]
    fn a_title_is_one_line_and_its_counts_stand_whatever_the_names() {
        for notice in samples::worst_notices() {
            let title = title(&alone(&notice));
            assert!(title.chars().count() <= TITLE_CHARS, "{title}");
            assert!(!title.chars().any(char::is_control), "{title:?}");
        }
        let many: Vec<_> = (0..99).map(|n| format!("{n} {}", "&".repeat(500))).collect();
        let counts: Vec<_> = many.iter().map(|exit| (Crashed, Some(exit.as_str()), 1)).collect();
        let told = titled(samples::repeats(tally(&counts)));
        assert!(told.ends_with("and 94 of other kinds), last at 03:45:10 UTC"), "{told}");
    }
}
