use super::*;
use crate::evidence::kernel_log::record::INIT;
use std::borrow::Cow;

const NOW: (i64, i64) = (100_000_000, 100_000_000);

/// What is found in `log`, whose lines are `SECONDS TEXT`, by a run of `job` that lasted
/// `lasted` seconds up to second 100.
fn found(job: &str, log: &[(f64, &'static str)], lasted: f64) -> (Found, Vec<Record<'static>>) {
    let records: Vec<_> = log.iter().map(|(at, text)| record(*at, (*text).into())).collect();
    let newest = records.iter().filter_map(|record| record.micros).max();
    let began = Began::new(NOW, newest, (lasted * 1e6) as i64);
    (find(&records, job.as_bytes(), began), records)
}

fn record(at: f64, text: Cow<'static, str>) -> Record<'static> {
    let is_inits = text.as_bytes().starts_with(INIT);
    Record {
        speaker: if is_inits { Speaker::Init } else { Speaker::Kernel },
        micros: Some((at * 1e6) as i64),
        line: text.into_owned().into_bytes().into(),
        from: if is_inits { INIT.len() } else { 0 },
    }
}

fn signal(name: &str) -> Option<Ended> {
    Some(Ended::Signal(super::super::Signal::from_word(name)))
}

#[test]
fn the_last_end_on_this_very_job_counts() {
    let (found, _) = found(
        "nginx",
        &[
            (10.0, "init: nginx main process (1) killed by BUS signal"),
            (99.90, "init: nginx main process (2) terminated with status 3"),
            (99.91, "init: nginx main process ended, respawning"),
            (99.98, "init: nginx (a) main process (7) killed by ABRT signal"),
            (99.981, "init: nginx2 main process (8) killed by ABRT signal"),
            (99.99, "init: nginx main process (3) killed by SEGV signal"),
            (99.991, "init: nginx main process ended, respawning"),
        ],
        0.05,
    );
    assert_eq!(found.end.main, signal("SEGV"));
    assert_eq!((found.end.next, found.end.certainty), (Some(Next::Respawns), Certainty::Sure));
    assert_eq!(found.lines, [5, 6]);
}

#[test]
fn what_was_said_before_the_run_began_does_not_count() {
    let log = [(50.0, "init: nginx main process (1) killed by SEGV signal")];
    assert!(found("nginx", &log, 30.0).0.end.is_silent());
    assert!(!found("nginx", &log, 60.0).0.end.is_silent());
    let (found, _) = found("nginx", &log, 49.5);
    assert_eq!(found.end.certainty, Certainty::Close, "the clocks may differ that much");
    assert!(!found.end.is_silent());
}

#[test]
fn exit_0_of_a_respawn_job_leaves_one_line() {
    let log = [
        (99.1, "init: a main process (1) killed by SEGV signal"),
        (99.2, "init: a main process ended, respawning"),
        (99.9, "init: a main process ended, respawning"),
    ];
    let (found, _) = found("a", &log, 2.0);
    assert_eq!((found.end.main, found.end.next), (None, Some(Next::Respawns)));
}

#[test]
fn what_failed_before_main_is_kept_apart() {
    let status = |status| Some(Ended::Status(status));
    let log = [
        (98.0, "init: a main process (1) killed by SEGV signal"),
        (99.1, "init: a security process (2) terminated with status 1"),
    ];
    let end = found("a", &log, 10.0).0.end;
    assert_eq!((end.security, end.pre_start, end.main), (status(1), None, None));
    let log = [(99.1, "init: a pre-start process (2) terminated with status 7")];
    let end = found("a", &log, 10.0).0.end;
    assert_eq!((end.security, end.pre_start), (None, status(7)));
    let why = "unable to execute: Permission denied";
    let log =
        [(99.1, "init: Failed to spawn a security process: unable to execute: Permission denied")];
    let end = found("a", &log, 10.0).0.end;
    assert_eq!(end.not_executed, Some((Process::Security, why.to_owned())));
}

#[test]
fn exit_0_after_a_run_that_was_stopped_is_not_told_by_the_stops_signal() {
    let log = [
        (90.0, "init: a main process (1) killed by TERM signal"),
        (99.9, "init: a main process ended, respawning"),
    ];
    let (found, _) = found("a", &log, 50.0);
    assert_eq!((found.end.main, found.end.next), (None, Some(Next::Respawns)));
    assert_eq!(found.lines, [1]);
}

#[test]
fn a_failed_post_start_does_not_hide_the_end() {
    let log = [
        (99.1, "init: a main process (1) killed by SEGV signal"),
        (99.2, "init: a post-start process (2) terminated with status 1"),
    ];
    assert_eq!(found("a", &log, 2.0).0.end.main, signal("SEGV"));
}

#[test]
fn a_failed_post_stop_ended_an_earlier_run() {
    let log = [
        (99.1, "init: a main process (1) killed by SEGV signal"),
        (99.2, "init: a post-stop process (2) terminated with status 1"),
    ];
    assert!(found("a", &log, 2.0).0.end.is_silent());
}

#[test]
fn the_kernels_line_is_found_by_pid_or_in_a_container_by_time() {
    let log = |oom: f64, pid: u32, signal: &str| {
        let kernel = format!("Killed process {pid} (java) total-vm:8kB, anon-rss:4kB");
        let init = format!("init: a main process (53) killed by {signal} signal");
        let records = [record(oom, kernel.into()), record(99.9, init.into())];
        let began = Began::new(NOW, None, 50_000_000);
        let mut found = find(&records, b"a", began);
        let mut death = |pids_match| found.kernel_death(&records, began, pids_match);
        (death(true), death(false))
    };
    let by = |same_pid| Some(KernelDeath { out_of_memory: true, same_pid });
    assert_eq!(log(99.5, 53, "KILL"), (by(true), by(true)));
    assert_eq!(log(99.5, 6143, "KILL"), (None, by(false)));
    assert_eq!(log(60.0, 6143, "KILL"), (None, None), "too long before");
    assert_eq!(log(99.5, 53, "SEGV"), (None, None), "that is no kill");
}

#[test]
fn the_kernels_line_on_an_earlier_run_is_not_taken_for_this_ones() {
    let log = [
        (99.1, "a[7001]: segfault at 0 ip 0 sp 0 error 6"),
        (99.2, "init: a main process (1) killed by SEGV signal"),
        (99.3, "init: a main process ended, respawning"),
        (99.4, "init: a main process (2) killed by SEGV signal"),
    ];
    let (mut found, records) = found("a", &log, 0.05);
    let death = found.kernel_death(&records, Began::new(NOW, None, 50_000), false);
    assert_eq!((death, found.lines), (None, vec![3]));
}
