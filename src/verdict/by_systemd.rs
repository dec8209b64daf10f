//! What follows from systemd's own word: the result of the run (systemd.exec(5), `$SERVICE_RESULT`),
//! and whether somebody had asked for a stop.

use super::case::Case;
use super::{Exit, ExitKind, Verdict, VerdictKind};
use crate::evidence::{CleanEnd, Ended, Evidence, MarkerEvidence, Process, SystemdEvidence};
use crate::systemd::{FailedCommand, UnitStatus};

/// Exit statuses of systemd's own, for a process that it could not make the main one of
/// (shared/exit-status.h).
const NOT_EXECUTED: std::ops::RangeInclusive<i32> = 200..=245;

/// A program that exits with one of them after this many microseconds does so by itself.
const EXECUTED_MICROS: u64 = 1_000_000;

/// Decides by what systemd said in the environment and when it was asked.
pub(super) fn decide(evidence: &Evidence, told: &SystemdEvidence) -> Verdict {
    let case = Case::of_supervisor(evidence, exit(told));
    if let Some(job) = told.stop_asked() {
        return asked(case, told, job);
    }
    if told.host_is_stopping() && !case.is_own_fault() {
        return case.verdict(VerdictKind::HostShutdown, "the host was going down");
    }
    let Some(result) = told.result() else {
        let reason = "systemd told no result, and is not known to have been asked for a stop";
        return unclear(case, told, reason);
    };
    match told.clean_end() {
        Some(end) => clean(case, told, end),
        None if result == "start-limit-hit" => {
            let reason = "systemd gave up: its start was requested too often (start-limit-hit)";
            case.verdict(VerdictKind::GaveUp, reason)
        }
        None => failed(case, told, result),
    }
}

/// A stop or a restart was under way: whatever main did then, somebody had asked for its end.
fn asked(case: Case<'_>, told: &SystemdEvidence, job: &str) -> Verdict {
    if told.host_is_stopping() {
        return case.verdict(VerdictKind::HostShutdown, "the host was going down");
    }
    case.verdict(VerdictKind::Stopped, format!("systemd was asked for it: a {job} was under way"))
}

/// systemd calls it a success.
fn clean(case: Case<'_>, told: &SystemdEvidence, end: CleanEnd) -> Verdict {
    let how = case.exit.words().unwrap_or_else(|| "an end in order".to_owned());
    match end {
        CleanEnd::Normal => {
            let result = told.result().unwrap_or("success");
            case.verdict(VerdictKind::Finished, format!("systemd calls it a normal end: {result}"))
        }
        CleanEnd::ToRunAlways => case.verdict(
            VerdictKind::Crashed,
            format!("it is to run always (Restart=always) and nobody asked for a stop: {how}"),
        ),
        CleanEnd::Killed => case.verdict(
            VerdictKind::Crashed,
            format!("nobody asks a service to end so: {how}; systemd calls it clean all the same"),
        ),
        CleanEnd::AskedToEnd => unclear(
            case,
            told,
            "systemd was not asked for a stop, and calls this signal a clean end: sent from \
             outside, perhaps by somebody who wanted it to stop",
        ),
    }
}

/// systemd calls it a failure, and nobody had asked for a stop.
fn failed(case: Case<'_>, told: &SystemdEvidence, result: &str) -> Verdict {
    let Ok(status) = &told.status else { return failed_unasked_perhaps(case, told, result) };
    let reason = format!("systemd calls it a failure: {result}; nobody had asked for a stop");
    match start_failure(told, status, result) {
        Some(why) => {
            let mut verdict = case.verdict(VerdictKind::StartFailed, why);
            verdict.reasons.push(reason);
            verdict
        }
        None => case.verdict(VerdictKind::Crashed, reason),
    }
}

/// Why the service never came up; `None` where it did, or main died of its own.
fn start_failure(told: &SystemdEvidence, status: &UnitStatus, result: &str) -> Option<String> {
    if let Some(command) = blamed(told) {
        let how = Ended::of_child(command.code, command.status)?.words();
        return Some(format!("{}={} failed: {how}", command.setting, command.path));
    }
    if let Some(word) = not_executed(told) {
        return Some(format!("systemd could not execute main: exit status {word}"));
    }
    match result {
        _ if status.was_active => None,
        "timeout" if status.service_type != "oneshot" => {
            Some("it was not ready in time".to_owned())
        }
        "protocol" => Some("it ended, or went on, without the word that it is ready".to_owned()),
        "resources" => Some("systemd lacked what it takes to start it: resources".to_owned()),
        _ if told.main.is_none() => Some("its main process never ran".to_owned()),
        _ => None,
    }
}

/// A failure, where systemd did not answer the question whether a stop was under way.
fn failed_unasked_perhaps(case: Case<'_>, told: &SystemdEvidence, result: &str) -> Verdict {
    let reason = format!("systemd calls it a failure: {result}");
    match case.evidence.marker {
        MarkerEvidence::Armed { .. } => {
            let reason = format!("{reason}; no pre-stop had disarmed the marker");
            case.verdict(VerdictKind::Crashed, reason)
        }
        _ if case.is_own_fault() || matches!(result, "watchdog" | "core-dump") => {
            case.verdict(VerdictKind::Crashed, format!("{reason}; no stop makes it end so"))
        }
        _ => unclear(case, told, format!("{reason}; whether a stop was under way is not known")),
    }
}

/// The command beside main that kept the service from coming up.
fn blamed(told: &SystemdEvidence) -> Option<&FailedCommand> {
    let command = told.status.as_ref().ok()?.failed_command.as_ref()?;
    (command.setting != "ExecStart" || told.main.is_none()).then_some(command)
}

/// How main ended, in systemd's words where it killed it; or the command that is to blame instead.
fn exit(told: &SystemdEvidence) -> Exit {
    if let Some(exit) = blamed(told).and_then(of_command) {
        return exit;
    }
    let of_main = told.main.as_ref().map(|ended| Exit::of(Process::Main, ended));
    match (told.result(), of_main) {
        (Some("oom-kill"), Some(exit)) => exit.known_as(ExitKind::Oom),
        (Some("watchdog"), Some(exit)) => exit.known_as(ExitKind::Watchdog),
        (Some("timeout"), Some(exit)) => exit.known_as(ExitKind::Timeout),
        (_, Some(exit)) if not_executed(told).is_some() => exit.known_as(ExitKind::NotStarted),
        (_, Some(exit)) => exit,
        (Some("oom-kill"), None) => Exit::unknown().known_as(ExitKind::Oom),
        (Some("timeout"), None) => Exit::unknown().known_as(ExitKind::Timeout),
        (_, None) => Exit::unknown(),
    }
}

/// How `command` failed.
fn of_command(command: &FailedCommand) -> Option<Exit> {
    let FailedCommand { setting, code, status, .. } = command;
    let process = match setting.as_str() {
        "ExecStart" => Process::Main,
        "ExecStartPost" => Process::PostStart,
        _ => Process::PreStart,
    };
    let exit = Exit::of(process, &Ended::of_child(*code, *status)?);
    let not_executed = *code == libc::CLD_EXITED && NOT_EXECUTED.contains(status);
    Some(if not_executed { exit.known_as(ExitKind::NotStarted) } else { exit })
}

/// The status of systemd's own that main ended with, before it could be executed.
fn not_executed(told: &SystemdEvidence) -> Option<i32> {
    let Some(Ended::Status(status)) = &told.main else { return None };
    let ran = told.status.as_ref().ok().and_then(|status| status.ran_micros);
    let at_once = ran.is_none_or(|micros| micros < EXECUTED_MICROS);
    (NOT_EXECUTED.contains(status) && at_once).then_some(*status)
}

fn unclear(case: Case<'_>, told: &SystemdEvidence, reason: impl Into<String>) -> Verdict {
    let mut verdict = case.verdict(VerdictKind::Unclear, reason);
    verdict.reasons.extend(told.status.as_ref().err().cloned());
    verdict
}
