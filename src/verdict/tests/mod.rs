//! The tables: what post-stop and the observer make of each row of the recorded behaviour. Told
//! in `docs/verdicts.md`.

mod by_event;
mod by_finish;
mod by_log;
mod by_systemd;

use super::*;
use crate::evidence::{
    Certainty, Ended, Evidence, Goal, KernelLines, KernelLog, MarkerEvidence, Next, RunEnd, Signal,
    Source, Status, StopEvents,
};
use crate::time::Timestamp;
use VerdictKind::{Crashed, Finished, GaveUp, HostShutdown, StartFailed, Stopped, Unclear, Unseen};

const STARTED: Timestamp = Timestamp::from_micros(1_795_232_537_123_456);

/// A run of which init wrote `end`.
fn said(end: RunEnd) -> Evidence {
    Evidence {
        marker: MarkerEvidence::Armed { started: STARTED },
        stopping: None,
        systemd: None,
        finish: None,
        init: not_asked(),
        kernel_log: Ok(KernelLog {
            source: Source::KernelLog,
            end: RunEnd { certainty: Certainty::Sure, ..end },
            death: None,
            complete: Ok(()),
            lines: KernelLines::default(),
            recent: None,
        }),
        failures_logged: Ok(true),
        stop_events: None,
        runlevel: Ok('2'),
        pre_stop: Ok(true),
    }
}

/// What init says that wants `goal` of a job whose main is dead.
fn dead(goal: Goal) -> Result<Status, String> {
    Ok(Status { goal, main_lives: false })
}

/// What init says to somebody whom it does not talk to.
fn not_asked() -> Result<Status, String> {
    Err("init: it talks to root only".to_owned())
}

/// A run of which init wrote nothing.
fn silent() -> Evidence {
    said(RunEnd::default())
}

fn main_ended(ended: Ended) -> RunEnd {
    RunEnd { main: Some(ended), ..RunEnd::default() }
}

fn signal(name: &str) -> Ended {
    Ended::Signal(Signal::from_word(name))
}

fn killed(name: &str) -> RunEnd {
    main_ended(signal(name))
}

fn exited(status: i32) -> RunEnd {
    main_ended(Ended::Status(status))
}

fn respawned(end: RunEnd) -> RunEnd {
    RunEnd { next: Some(Next::Respawns), ..end }
}

fn gave_up(end: RunEnd) -> RunEnd {
    RunEnd { next: Some(Next::GivesUp), ..end }
}

fn events(names: &str, runlevel: Option<char>) -> Option<StopEvents> {
    Some(StopEvents { names: names.to_owned(), runlevel })
}

#[test]
fn without_an_armed_marker_the_marker_alone_decides() {
    let started = STARTED;
    for (marker, kind) in [
        (MarkerEvidence::Absent, Stopped),
        (MarkerEvidence::Orphaned { started }, Unseen),
        (MarkerEvidence::OfAnotherBoot { started }, Unseen),
        (MarkerEvidence::Foreign, Unclear),
    ] {
        let verdict = judge(&Evidence::of_marker_alone(marker));
        assert_eq!(verdict.kind, kind, "{marker:?}");
        assert!(!verdict.reasons.is_empty(), "{marker:?} must say why");
    }
}

#[test]
fn what_was_asked_for_is_not_reported() {
    for (kind, reported) in [
        (Crashed, true),
        (StartFailed, true),
        (GaveUp, true),
        (Unseen, true),
        (Unclear, true),
        (Stopped, false),
        (Finished, false),
        (HostShutdown, false),
    ] {
        assert_eq!(kind.is_reported(), reported, "{kind:?}");
    }
}
