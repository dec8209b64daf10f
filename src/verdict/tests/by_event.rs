//! What the observer makes of each row, by init's `stopping` event.

use super::*;
use crate::evidence::{KernelDeath, StoppingEvent};

const OK: StoppingEvent = StoppingEvent { failed: false, process: None, ended: None };

fn failed(process: &str, ended: Option<Ended>) -> StoppingEvent {
    StoppingEvent { failed: true, process: Some(process.to_owned()), ended }
}

/// What init says of a job whose main still lives.
fn alive(goal: Goal) -> Result<Status, String> {
    Ok(Status { goal, main_lives: true })
}

/// An end that `event` tells of, while init says `status` and has written `end`.
fn observed(event: StoppingEvent, status: Result<Status, String>, end: RunEnd) -> Evidence {
    let of_us = Err("not looked for".to_owned());
    Evidence {
        marker: MarkerEvidence::Absent,
        stopping: Some(event),
        init: status,
        pre_stop: of_us,
        ..said(end)
    }
}

/// Expects `kind`, told as `words`, whether or not the job has a marker.
#[track_caller]
fn decides(evidence: &Evidence, kind: VerdictKind, words: &str) {
    for marker in [MarkerEvidence::Absent, MarkerEvidence::Armed { started: STARTED }] {
        let verdict = judge(&Evidence { marker, ..evidence.clone() });
        assert_eq!(verdict.kind, kind, "{verdict:?}");
        assert_eq!(in_words(Supervisor::Upstart, kind, &verdict.exit), words, "{verdict:?}");
        assert!(!verdict.reasons.is_empty());
    }
}

#[test]
fn row_01_stop_and_row_04_restart_find_main_alive() {
    for goal in [Goal::Stop, Goal::Start] {
        decides(&observed(OK, alive(goal), RunEnd::default()), Stopped, "was stopped");
    }
}

#[test]
fn rows_08_and_10_a_death_with_respawn() {
    for (end, words) in [
        (killed("SEGV"), "crashed: SIGSEGV"),
        (killed("TERM"), "crashed: SIGTERM"),
        (exited(3), "crashed: exit status 3"),
        (RunEnd::default(), "crashed: exit status 0"),
    ] {
        decides(&observed(OK, dead(Goal::Start), respawned(end)), Crashed, words);
    }
}

#[test]
fn rows_09_12_and_15_a_death_without_respawn() {
    for (ended, words) in [
        (signal("TERM"), "crashed: SIGTERM"),
        (signal("SEGV"), "crashed: SIGSEGV"),
        (signal("40"), "crashed: signal 40"),
        (Ended::Status(143), "crashed: exit status 143"),
        (Ended::Status(1), "crashed: exit status 1"),
    ] {
        let event = failed("main", Some(ended.clone()));
        for written in [main_ended(ended), RunEnd::default()] {
            decides(&observed(event.clone(), dead(Goal::Stop), written), Crashed, words);
        }
    }
}

#[test]
fn rows_11_13_14_and_29_a_normal_end_and_a_stop_before_main_ran() {
    for end in [RunEnd::default(), killed("TERM")] {
        let verdict = judge(&observed(OK, dead(Goal::Stop), end));
        assert_eq!(verdict.kind, Finished);
    }
}

#[test]
fn row_17_pre_start_fails() {
    let event = failed("pre-start", Some(Ended::Status(7)));
    let words = "failed to start: pre-start exit status 7";
    decides(&observed(event, dead(Goal::Stop), RunEnd::default()), StartFailed, words);
}

#[test]
fn row_19_main_cannot_be_executed() {
    let event = failed("main", None);
    let words = "failed to start: main could not be executed";
    decides(&observed(event, dead(Goal::Stop), RunEnd::default()), StartFailed, words);
}

#[test]
fn row_33_respawn_limit() {
    let event = failed("respawn", None);
    for (end, words) in [
        (gave_up(exited(3)), "gave up: respawning too fast, last exit status 3"),
        (RunEnd::default(), "gave up: respawning too fast"),
    ] {
        decides(&observed(event.clone(), dead(Goal::Stop), end), GaveUp, words);
    }
}

#[test]
fn row_50_shutdown_of_a_job_without_stop_on() {
    let term = failed("main", Some(signal("TERM")));
    let ends = [
        observed(term, dead(Goal::Stop), killed("TERM")),
        observed(OK, dead(Goal::Start), respawned(killed("TERM"))),
        observed(failed("respawn", None), dead(Goal::Stop), gave_up(killed("TERM"))),
    ];
    for evidence in ends {
        let evidence = Evidence { runlevel: Ok('6'), ..evidence };
        assert_eq!(judge(&evidence).kind, HostShutdown, "{evidence:?}");
    }
    let fault = observed(failed("main", Some(signal("SEGV"))), dead(Goal::Stop), killed("SEGV"));
    assert_eq!(judge(&Evidence { runlevel: Ok('6'), ..fault }).kind, Crashed);
}

#[test]
fn row_51_a_restart_of_a_job_without_main_is_no_crash() {
    let evidence = observed(OK, dead(Goal::Start), RunEnd::default());
    assert_eq!(judge(&evidence).kind, Stopped);
    for deaf in [
        Evidence { kernel_log: Err("it is for root alone".to_owned()), ..evidence.clone() },
        Evidence { failures_logged: Ok(false), ..evidence.clone() },
    ] {
        let verdict = judge(&deaf);
        assert_eq!(verdict.kind, Crashed, "the event alone says so of every job with a main");
        assert!(verdict.reasons.join("; ").contains("how it ended is not known"));
    }
}

#[test]
fn out_of_memory_is_told_as_such() {
    let mut evidence = observed(OK, dead(Goal::Start), respawned(killed("KILL")));
    if let Ok(log) = &mut evidence.kernel_log {
        log.death = Some(KernelDeath { out_of_memory: true, same_pid: true });
    }
    decides(&evidence, Crashed, "was killed: out of memory");
}

#[test]
fn where_init_does_not_answer_its_log_decides_or_nothing() {
    let mute = || Err("init: it does not answer".to_owned());
    assert_eq!(judge(&observed(OK, mute(), RunEnd::default())).kind, Stopped);
    let mut crash = observed(OK, mute(), respawned(exited(1)));
    assert_eq!(judge(&crash).kind, Crashed, "since the run began");
    if let Ok(log) = &mut crash.kernel_log {
        log.end.certainty = Certainty::Unbounded;
    }
    let verdict = judge(&crash);
    assert_eq!(verdict.kind, Unclear, "that may be an earlier run's");
    assert!(verdict.reasons[0].contains("it does not answer"));
    let event = failed("main", Some(Ended::Status(1)));
    assert_eq!(judge(&observed(event, mute(), RunEnd::default())).kind, Crashed);
}

#[test]
fn a_failure_of_what_we_do_not_know_is_unclear() {
    let verdict = judge(&observed(failed("new", None), dead(Goal::Stop), RunEnd::default()));
    assert_eq!(verdict.kind, Unclear);
}
