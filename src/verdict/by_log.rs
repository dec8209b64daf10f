//! What post-stop decides where it finds the marker armed: by what init wrote to its log.

use super::case::{Case, exit_of};
use super::{Exit, Verdict, VerdictKind};
use crate::evidence::{Certainty, Ended, Evidence, Goal, Next, RunEnd};

/// Decides by init's lines on this run; a silence of init's says something, too.
pub(super) fn decide(evidence: &Evidence) -> Verdict {
    let goal = evidence.goal();
    let log = evidence.kernel_log.as_ref().ok();
    let said = log.map(|log| &log.end).filter(|end| !end.is_silent());
    let end = said.filter(|end| !is_of_an_earlier_run(end, goal));
    let case = Case::new(evidence, end, end.map_or_else(Exit::unknown, exit_of));
    match end {
        Some(end) => by_what_init_said(case, end, goal),
        None => by_silence(case, goal),
    }
}

/// Init spoke of the end.
fn by_what_init_said(case: Case<'_>, end: &RunEnd, goal: Option<Goal>) -> Verdict {
    if let Some(going_down) = case.going_down()
        && !case.is_own_fault()
    {
        return case.verdict(VerdictKind::HostShutdown, going_down);
    }
    if !is_of_this_run(end, goal) {
        let reason = "what init said last may be on the run before: their times do not tell";
        return unclear(case, reason);
    }
    if end.next == Some(Next::GivesUp) {
        return case.verdict(VerdictKind::GaveUp, "init gave up: respawning too fast");
    }
    if let Some((process, why)) = &end.not_executed {
        let reason = format!("init could not start {}: {why}", process.name());
        return case.verdict(VerdictKind::StartFailed, reason);
    }
    if end.security.is_some() {
        let reason = "main never ran: its security profile could not be loaded";
        return case.verdict(VerdictKind::StartFailed, reason);
    }
    if end.pre_start.is_some() {
        return case.verdict(VerdictKind::StartFailed, "main never ran: pre-start failed");
    }
    if end.next == Some(Next::Respawns) {
        let reason = "init calls it a failure and respawns the job";
        return case.verdict(VerdictKind::Crashed, reason);
    }
    if let Some(event) = stopped_by_event(&case) {
        return case.verdict(VerdictKind::Stopped, event);
    }
    if end.pre_stop_failed {
        let reason = "pre-stop was tried and failed: somebody asked for a stop";
        return match goal {
            Some(Goal::Stop) => case.verdict(VerdictKind::Stopped, reason),
            _ => unclear(case, reason),
        };
    }
    if case.evidence.pre_stop == Ok(false) {
        return without_pre_stop(case, goal);
    }
    if end.main.as_ref().is_some_and(is_answer_to_term) {
        return unclear(
            case,
            "a stop asked for during the start, a `normal exit TERM` and a kill from outside \
             all look like this; init's `stopping` event would tell them apart",
        );
    }
    case.verdict(VerdictKind::Crashed, "nobody asked for this end")
}

/// Main has ended, init does not respawn the job, and no pre-stop would have told of a stop.
fn without_pre_stop(case: Case<'_>, goal: Option<Goal>) -> Verdict {
    if goal == Some(Goal::Start) {
        let reason = "init wants it to run again, and does not call it a failure: a restart";
        return case.verdict(VerdictKind::Stopped, reason);
    }
    if case.is_own_fault() {
        return case.verdict(VerdictKind::Crashed, "nobody who asks for a stop makes it end so");
    }
    unclear(
        case,
        "the job has no pre-stop of ours, so that a stop and a crash look alike; a pre-stop or \
         init's `stopping` event would tell them apart",
    )
}

/// Init said nothing, or cannot be heard.
fn by_silence(case: Case<'_>, goal: Option<Goal>) -> Verdict {
    if let Some(going_down) = case.going_down() {
        return case.verdict(VerdictKind::HostShutdown, going_down);
    }
    if let Some(event) = stopped_by_event(&case) {
        return case.verdict(VerdictKind::Stopped, event);
    }
    match (goal, deaf(case.evidence)) {
        (Some(Goal::Start), None) if case.evidence.pre_stop == Ok(false) => {
            let reason = "init wants it to run again, and told of no failure: a restart";
            case.verdict(VerdictKind::Stopped, reason)
        }
        (Some(Goal::Start), Some(why)) if case.evidence.pre_stop != Ok(false) => {
            let reason = "nobody asked for a stop and init wants it to run again";
            let mut verdict = case.verdict(VerdictKind::Crashed, reason);
            verdict.reasons.push(format!("how it ended is not known: {why}"));
            verdict
        }
        (_, Some(why)) => unclear(case, why),
        (Some(Goal::Start), None) => unclear(
            case,
            "init wants it to run again but told of no failure: a restart during the start",
        ),
        (_, None) => case.verdict(
            VerdictKind::Finished,
            "init told of no failure, and it tells of each: exit status 0, a normal exit, or a \
             stop during the start",
        ),
    }
}

/// Why it means nothing that init was not heard; `None` where it means something.
fn deaf(evidence: &Evidence) -> Option<String> {
    match (&evidence.kernel_log, &evidence.failures_logged) {
        (Err(why), _) => Some(format!("the kernel log is not available: {why}")),
        (Ok(log), failures_logged) => match (&log.complete, failures_logged) {
            (Err(why), _) => Some(why.clone()),
            (Ok(()), Ok(false)) => {
                Some("init's log priority hides failures: `initctl log-priority`".to_owned())
            }
            // It is a rare thing to change, and only root can be told.
            (Ok(()), Ok(true) | Err(_)) => None,
        },
    }
}

fn stopped_by_event(case: &Case<'_>) -> Option<String> {
    let events = case.evidence.stop_events.as_ref()?;
    Some(format!("an event asked for the stop: {}", events.names))
}

fn unclear(case: Case<'_>, reason: impl Into<String>) -> Verdict {
    let init = &case.evidence.init;
    let missing = init.as_ref().err().map(|why| format!("init's goal is not known: {why}"));
    let mut verdict = case.verdict(VerdictKind::Unclear, reason);
    verdict.reasons.extend(missing);
    verdict
}

/// Whether `end`, which may be too old for this run, contradicts what init wants now: after
/// `respawning` that is a start, after giving up a stop.
fn is_of_an_earlier_run(end: &RunEnd, goal: Option<Goal>) -> bool {
    let contradicts = matches!(
        (end.next, goal),
        (Some(Next::Respawns), Some(Goal::Stop)) | (Some(Next::GivesUp), Some(Goal::Start))
    );
    contradicts && end.certainty != Certainty::Sure
}

/// Whether `end` is of this run. Where the times leave a doubt, a goal that fits decides, and so
/// does giving up, after which nothing but a person starts the job: else it would have had to fail,
/// to be started again, and to end in order, all in one second.
fn is_of_this_run(end: &RunEnd, goal: Option<Goal>) -> bool {
    match end.certainty {
        Certainty::Sure => true,
        Certainty::Close | Certainty::Unbounded => {
            goal.is_some() || end.next == Some(Next::GivesUp)
        }
        Certainty::Unstamped => (end.next, goal) == (Some(Next::Respawns), Some(Goal::Start)),
    }
}

/// Whether a process that was asked to end may end like this.
fn is_answer_to_term(ended: &Ended) -> bool {
    /// What shells and many programs exit with on SIGTERM: 128 + 15.
    const TERMINATED: i32 = 143;
    match ended {
        Ended::Status(status) => *status == TERMINATED,
        Ended::Signal(signal) => signal.name.as_deref() == Some("SIGTERM"),
    }
}
