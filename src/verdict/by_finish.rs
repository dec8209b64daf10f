//! What is decided where `finish` tells how main ended (runit, s6). Whether the supervisor wants
//! the service up tells a stop from a death. Of a restart nothing is kept but when the last command
//! came, whatever it was.

use super::case::Case;
use super::{Exit, Verdict, VerdictKind};
use crate::evidence::{Ended, Evidence, Finish, MarkerEvidence, Process};

/// How long a restart takes from its command to main's end at most, in seconds: that long others
/// wait before they kill.
const RESTART_SECONDS: f64 = 90.0;

/// The same of a stop, of which it is known that it was wanted.
const STOP_SECONDS: f64 = 600.0;

/// Decides by what `finish` told.
pub(super) fn decide(evidence: &Evidence, finish: &Finish) -> Verdict {
    let case = Case::of_supervisor(evidence, exit(evidence, finish));
    let going_down = case.going_down().filter(|_| !case.is_own_fault());
    let (kind, reason) = match (going_down, &finish.wanted_up, &finish.ended) {
        (Some(why), ..) => (VerdictKind::HostShutdown, why),
        (None, Ok(false), _) if finish.once => of_an_only_run(&case, finish),
        (None, Ok(false), _) => wanted_down(&case, finish),
        (None, Ok(true), Ok(ended)) => wanted_up(&case, finish, ended),
        (None, Err(why), Ok(_)) if case.is_own_fault() => {
            (VerdictKind::Crashed, format!("it is not known whether a stop was asked for: {why}"))
        }
        (None, Err(why), _) => {
            (VerdictKind::Unclear, format!("whether a stop was asked for is not known: {why}"))
        }
        (None, Ok(true), Err(why)) => (
            VerdictKind::Unclear,
            format!("the supervisor wants it up, and how it ended is not known: {why}"),
        ),
    };
    let mut verdict = case.verdict(kind, reason);
    verdict.reasons.extend(told(finish));
    verdict
}

/// How main ended.
fn exit(evidence: &Evidence, finish: &Finish) -> Exit {
    let Ok(ended) = &finish.ended else { return Exit::unknown() };
    if is_not_executed(evidence, ended) {
        return Exit::not_started(Process::Main);
    }
    Exit::of(Process::Main, ended)
}

/// Whether `run` could not be executed: else it would have armed the marker.
fn is_not_executed(evidence: &Evidence, ended: &Ended) -> bool {
    /// What `runsv` tells of it.
    const NOT_EXECUTED: Ended = Ended::Status(111);
    *ended == NOT_EXECUTED && evidence.marker == MarkerEvidence::Absent
}

type Decision = (VerdictKind, String);

/// The supervisor wants it down, and did not when the run began.
fn wanted_down(case: &Case<'_>, finish: &Finish) -> Decision {
    match &finish.commanded {
        Ok(Some(seconds)) if *seconds > STOP_SECONDS && !is_answer(finish) => {
            let reason = format!(
                "it was not to run again (as by `sv once`), but {} after the last command no stop \
                 ends it like this",
                in_words(*seconds)
            );
            let fault = case.is_own_fault();
            (if fault { VerdictKind::Crashed } else { VerdictKind::Unclear }, reason)
        }
        Ok(None) => {
            let reason = "the supervisor wants it down without a command: it is itself to end";
            (VerdictKind::Stopped, reason.to_owned())
        }
        _ => {
            (VerdictKind::Stopped, "a stop was asked for: the supervisor wants it down".to_owned())
        }
    }
}

/// The run was to be the only one from its start, so that it is wanted down says nothing.
fn of_an_only_run(case: &Case<'_>, finish: &Finish) -> Decision {
    const ONCE: &str = "the run was to be the only one";
    let stopped = |why: &str| (VerdictKind::Stopped, format!("{ONCE}, and {why}"));
    if finish.ended == Ok(Ended::Status(0)) {
        return (VerdictKind::Finished, format!("{ONCE}, and ended with exit status 0"));
    }
    match &finish.commanded {
        Ok(Some(seconds)) if *seconds <= STOP_SECONDS => stopped("a command came before its end"),
        _ if is_answer(finish) => stopped("it ended as one that was asked to"),
        Err(why) if !case.is_own_fault() => (
            VerdictKind::Unclear,
            format!("{ONCE}, and whether a stop was asked for is not known: {why}"),
        ),
        _ => (VerdictKind::Crashed, format!("{ONCE}, and nobody asked for its end")),
    }
}

/// The supervisor starts it again: it died, or a restart was asked for.
fn wanted_up(case: &Case<'_>, finish: &Finish, ended: &Ended) -> Decision {
    let crashed = |reason: String| (VerdictKind::Crashed, reason);
    if is_not_executed(case.evidence, ended) {
        return (VerdictKind::StartFailed, "the supervisor could not execute `run`".to_owned());
    }
    if case.is_own_fault() {
        return crashed("the supervisor wants it up, and nobody makes it end so".to_owned());
    }
    match &finish.commanded {
        Ok(Some(seconds)) if *seconds <= RESTART_SECONDS => {
            let came = format!("the supervisor was given a command {} before", in_words(*seconds));
            if *ended == Ended::Status(0) || is_answer(finish) {
                (VerdictKind::Stopped, format!("a restart was asked for: {came}"))
            } else {
                let reason = format!("{came}: a restart, or a reload that failed, ends like this");
                (VerdictKind::Unclear, reason)
            }
        }
        Err(why) if *ended == Ended::Status(0) || is_answer(finish) => (
            VerdictKind::Unclear,
            format!("a restart ends like this, and whether one was asked for is not known: {why}"),
        ),
        _ => crashed("nobody asked for this end: the supervisor wants it up".to_owned()),
    }
}

/// Whether main may end like this when the supervisor is told to end it, by the signal for it or
/// by another that a person may choose; or exits as many programs do on these.
fn is_answer(finish: &Finish) -> bool {
    const ASK: [&str; 4] = ["SIGTERM", "SIGINT", "SIGQUIT", "SIGKILL"];
    /// 128 and their numbers.
    const STATUSES: [i32; 4] = [143, 130, 131, 137];
    match &finish.ended {
        Ok(Ended::Status(status)) => *status == 0 || STATUSES.contains(status),
        Ok(Ended::Signal(signal)) => signal
            .name
            .as_deref()
            .is_some_and(|name| ASK.contains(&name) || finish.down_signal.as_deref() == Some(name)),
        Err(_) => false,
    }
}

/// What the supervisor said of the process that ended.
fn told(finish: &Finish) -> Option<String> {
    Some(match finish.ended.as_ref().ok()? {
        Ended::Status(status) => format!("the supervisor: main ended with exit status {status}"),
        Ended::Signal(signal) => format!("the supervisor: main was killed by {}", signal.words()),
    })
}

/// `17 s`, to the tenth under ten.
fn in_words(seconds: f64) -> String {
    if seconds < 10.0 { format!("{seconds:.1} s") } else { format!("{seconds:.0} s") }
}
