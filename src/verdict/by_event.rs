//! What the observer decides: init's `stopping` event tells of each failure, and whether main still
//! lives tells a stop from a death (init/job.c, job_process_terminated).

use super::case::{Case, exit_of};
use super::{Exit, Verdict, VerdictKind};
use crate::evidence::{Certainty, Evidence, Goal, Process, RESPAWN, RunEnd, Status, StoppingEvent};

/// Decides by the event, and by what init said when it was asked.
pub(super) fn decide(evidence: &Evidence, event: &StoppingEvent) -> Verdict {
    let log = evidence.kernel_log.as_ref().ok();
    let end = log.map(|log| &log.end).filter(|end| !end.is_silent());
    let case = Case::new(evidence, end, exit(event, end));
    if let Ok(status) = &evidence.init
        && event.is_orderly(&evidence.init)
    {
        return orderly(case, *status);
    }
    if let Some(going_down) = case.going_down()
        && !case.is_own_fault()
    {
        return case.verdict(VerdictKind::HostShutdown, going_down);
    }
    if event.failed { failed(case, event) } else { unannounced(case) }
}

/// Somebody asked for it, or init calls it a normal end.
fn orderly(case: Case<'_>, status: Status) -> Verdict {
    let (kind, reason) = match (status.main_lives, status.goal) {
        (true, Goal::Start) => (VerdictKind::Stopped, "a restart was asked for: main still lived"),
        (true, _) => (VerdictKind::Stopped, "a stop was asked for: main still lived"),
        (false, _) => (
            VerdictKind::Finished,
            "init's `stopping` event tells of no failure: exit status 0, a normal exit, or a stop \
             before main ran",
        ),
    };
    case.verdict(kind, reason)
}

/// `RESULT=failed`.
fn failed(case: Case<'_>, event: &StoppingEvent) -> Verdict {
    let why = case.end.and_then(|end| end.not_executed.as_ref()).map(|(_, why)| why.clone());
    let how = match (&event.ended, why) {
        (Some(_), _) => case.exit.words().unwrap_or_else(|| "a failure".to_owned()),
        (None, Some(why)) => why,
        (None, None) => "it could not be executed".to_owned(),
    };
    let (kind, reason) = match (event.process.as_deref(), &event.ended) {
        (Some(RESPAWN), _) => (VerdictKind::GaveUp, "init gave up: respawning too fast".to_owned()),
        (Some("main"), Some(_)) => {
            (VerdictKind::Crashed, format!("init's `stopping` event tells of a failure: {how}"))
        }
        (Some("main"), None) => {
            (VerdictKind::StartFailed, format!("init could not start main: {how}"))
        }
        (Some(process @ ("pre-start" | "security")), _) => {
            (VerdictKind::StartFailed, format!("main never ran: {process} failed: {how}"))
        }
        (process, _) => {
            let process = process.unwrap_or("a process that it does not name");
            let reason = format!("init's `stopping` event tells of a failure of {process}");
            (VerdictKind::Unclear, reason)
        }
    };
    case.verdict(kind, reason)
}

/// `RESULT=ok`, and either main died and init wants it to run again, or init did not answer.
fn unannounced(case: Case<'_>) -> Verdict {
    let log = &case.evidence.kernel_log;
    match (&case.evidence.init, case.end, log) {
        (Ok(_), Some(_), _) => {
            case.verdict(VerdictKind::Crashed, "init calls it a failure and respawns the job")
        }
        (Err(_), Some(end), _) if end.certainty == Certainty::Sure => {
            case.verdict(VerdictKind::Crashed, "init calls it a failure and respawns the job")
        }
        (Ok(_), None, Ok(log)) if log.complete.is_ok() && case.evidence.failures_logged == Ok(true) => {
            case.verdict(
                VerdictKind::Stopped,
                "init wants it to run again and told of no failure, and it tells of each: a restart",
            )
        }
        (Ok(_), None, log) => {
            let why = match log {
                Err(why) => format!("the kernel log is not available: {why}"),
                Ok(_) => "init did not write how".to_owned(),
            };
            let reason = "main is dead, and init wants it to run again";
            let mut verdict = case.verdict(VerdictKind::Crashed, reason);
            verdict.reasons.push(format!("how it ended is not known: {why}"));
            verdict
        }
        (Err(why), None, Ok(log)) if log.complete.is_ok() => {
            let reason = format!("init did not write that it respawns the job ({why})");
            case.verdict(VerdictKind::Stopped, reason)
        }
        (Err(why), ..) => {
            let reason = format!("a stop, or a crash after which init respawns the job: {why}");
            case.verdict(VerdictKind::Unclear, reason)
        }
    }
}

/// How the process ended, as the event says, or as init wrote.
fn exit(event: &StoppingEvent, end: Option<&RunEnd>) -> Exit {
    let process = event.process.as_deref().and_then(Process::from_name);
    match (process.filter(|_| event.failed), &event.ended) {
        (Some(process), Some(ended)) => Exit::of(process, ended),
        (Some(process), None) => Exit::not_started(process),
        (None, _) => end.map_or_else(Exit::unknown, exit_of),
    }
}
