use super::*;
use crate::aftermath::Recovery;
use crate::report::Facts;
use crate::sinks::samples::{self, alone, gave_up, on, tally};
use crate::verdict::{Exit, ExitKind, Verdict};
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

/// From the verdict to the title, as capture and the notifier make it.
#[test]
fn every_verdict_is_told_in_words() {
    let exit = |kind, process: &str| Exit {
        kind,
        process: Some(process.to_owned()),
        status: Some(3),
        signal: Some(11),
        signal_name: Some("SIGSEGV".to_owned()),
    };
    let of_main = |kind| exit(kind, "main");
    for (verdict, exit, told) in [
        (Crashed, of_main(ExitKind::Signal), "crashed: SIGSEGV after 5 h 42 min"),
        (Crashed, of_main(ExitKind::Status), "crashed: exit status 3 after 5 h 42 min"),
        (Crashed, of_main(ExitKind::Oom), "was killed: out of memory after 5 h 42 min"),
        (Crashed, Exit::unknown(), "crashed after 5 h 42 min"),
        (
            VerdictKind::GaveUp,
            of_main(ExitKind::Signal),
            "gave up: respawning too fast, last SIGSEGV after 5 h 42 min",
        ),
        (
            StartFailed,
            exit(ExitKind::Status, "pre-start"),
            "failed to start: pre-start exit status 3",
        ),
        (StartFailed, of_main(ExitKind::NotStarted), "failed to start: main could not be executed"),
        (Unseen, Exit::unknown(), "ended unseen"),
        (Unclear, Exit::unknown(), "ended, perhaps by a crash after 5 h 42 min"),
        (
            Unclear,
            of_main(ExitKind::Status),
            "ended, perhaps by a crash: exit status 3 after 5 h 42 min",
        ),
    ] {
        let CrashReport { id, time, host, mut job, init, evidence, snapshot, aftermath, .. } =
            samples::report();
        job.name = "api".to_owned();
        if matches!(verdict, StartFailed | Unseen) {
            job.ran_seconds = None;
        }
        let verdict = Verdict { kind: verdict, exit, reasons: Vec::new() };
        let (kernel, log, incomplete) = (None, None, Vec::new());
        let facts = Facts {
            id,
            time,
            host,
            job,
            init,
            verdict,
            evidence,
            kernel,
            snapshot,
            log,
            incomplete,
        };
        let report = CrashReport { aftermath, ..CrashReport::from(facts) };
        let third = samples::nth_crash(&report, 3, 3600);
        let title = title(&samples::redacted(&third, Some(&report)));
        let expected = format!("web-1: api (eu-1) {told}, 3rd time in 1 h, back after 0.4 s");
        assert_eq!(title, expected);
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
        assert_eq!(titled(samples::repeats(tally(counts))), format!("web-1: nginx (eu-1) {told}"));
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
