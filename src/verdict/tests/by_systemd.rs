//! What systemd's word amounts to, life by life. The words and stamps of each were recorded of a
//! real systemd.

use super::super::{ExitKind, VerdictKind, judge};
use super::silent;
use crate::evidence::{
    Ended, Evidence, KernelDeath, KernelLines, KernelLog, MarkerEvidence, RunEnd, Signal, Source,
    SystemdEvidence,
};
use crate::systemd::{FailedCommand, RunningJob, UnitStatus};
use crate::time::Timestamp;
use VerdictKind::{Crashed, Finished, GaveUp, HostShutdown, StartFailed, Stopped, Unclear};

/// A simple service that was up, ended by itself, and that nobody had asked anything of.
fn up() -> UnitStatus {
    UnitStatus {
        version: "252".to_owned(),
        system_state: "running".to_owned(),
        service_type: "simple".to_owned(),
        active_state: "deactivating".to_owned(),
        sub_state: "stop-post".to_owned(),
        restart: "on-failure".to_owned(),
        was_active: true,
        ended_by_itself: Some(true),
        last_main_pid: Some(53),
        ran_micros: Some(5_000_000),
        ..UnitStatus::default()
    }
}

/// One whose unit began to end before main did.
fn ended() -> UnitStatus {
    UnitStatus { ended_by_itself: Some(false), ..up() }
}

/// One that never was up.
fn starting() -> UnitStatus {
    UnitStatus { was_active: false, ended_by_itself: None, ..with_job(up(), "start", true) }
}

fn with_job(status: UnitStatus, kind: &str, is_running: bool) -> UnitStatus {
    UnitStatus { job: Some(RunningJob { kind: kind.to_owned(), is_running }), ..status }
}

fn going_down(status: UnitStatus) -> UnitStatus {
    UnitStatus { system_state: "stopping".to_owned(), ..status }
}

fn restart(word: &str, status: UnitStatus) -> UnitStatus {
    UnitStatus { restart: word.to_owned(), ..status }
}

fn of_type(word: &str, status: UnitStatus) -> UnitStatus {
    UnitStatus { service_type: word.to_owned(), ..status }
}

fn failing(setting: &str, status: i32, unit: UnitStatus) -> UnitStatus {
    let command = FailedCommand {
        setting: setting.to_owned(),
        path: "/bin/check".to_owned(),
        code: libc::CLD_EXITED,
        status,
    };
    UnitStatus { failed_command: Some(command), ..unit }
}

fn told(result: &str, main: &str, status: Result<UnitStatus, String>) -> Evidence {
    let main = match main.split_once(' ') {
        Some(("exited", status)) => Some(Ended::Status(status.parse().unwrap())),
        Some((_, signal)) => Some(Ended::Signal(Signal::from_word(signal))),
        None => None,
    };
    let told = SystemdEvidence {
        unit: "web.service".to_owned(),
        invocation: None,
        result: Some(result.to_owned()).filter(|result| !result.is_empty()),
        main,
        dumped_core: false,
        status,
    };
    let why = Err("not looked at".to_owned());
    let marker = MarkerEvidence::Absent;
    Evidence { systemd: Some(told), marker, kernel_log: why, ..silent() }
}

#[track_caller]
fn is(evidence: &Evidence, kind: VerdictKind, exit: ExitKind, row: &str) {
    let verdict = judge(evidence);
    assert_eq!((verdict.kind, verdict.exit.kind), (kind, exit), "{row}: {verdict:?}");
    assert!(!verdict.reasons.is_empty(), "{row}");
}

#[test]
fn every_life_has_its_verdict() {
    use ExitKind::{NotStarted, Oom, Signal, Status, Timeout, Unknown, Watchdog};
    for (result, main, status, kind, exit) in [
        // Died unasked.
        ("signal", "killed SEGV", up(), Crashed, Signal),
        ("core-dump", "dumped ABRT", up(), Crashed, Signal),
        ("exit-code", "exited 3", up(), Crashed, Status),
        ("signal", "killed KILL", restart("no", up()), Crashed, Signal),
        ("oom-kill", "killed KILL", up(), Crashed, Oom),
        ("oom-kill", "", up(), Crashed, Oom),
        ("watchdog", "killed ABRT", ended(), Crashed, Watchdog),
        ("timeout", "killed TERM", ended(), Crashed, Timeout),
        ("exit-code", "exited 3", of_type("oneshot", starting()), Crashed, Status),
        ("timeout", "killed TERM", of_type("oneshot", starting()), Crashed, Timeout),
        ("exit-code", "exited 3", of_type("notify", starting()), Crashed, Status),
        // Its own word for 203, long after it was executed.
        ("exit-code", "exited 203", up(), Crashed, Status),
        // Clean, but unasked.
        ("success", "exited 0", restart("always", up()), Crashed, Status),
        ("success", "killed TERM", restart("always", up()), Crashed, Signal),
        ("success", "killed HUP", up(), Crashed, Signal),
        ("success", "killed HUP", with_job(up(), "reload", true), Crashed, Signal),
        ("success", "killed TERM", up(), Unclear, Signal),
        // Clean.
        ("success", "exited 0", up(), Finished, Status),
        ("success", "exited 0", restart("no", up()), Finished, Status),
        ("success", "exited 0", of_type("oneshot", starting()), Finished, Status),
        ("success", "", of_type("dbus", up()), Finished, Unknown),
        ("exec-condition", "", starting(), Finished, Unknown),
        // Asked for, whatever main did then.
        ("success", "killed TERM", with_job(ended(), "stop", true), Stopped, Signal),
        (
            "success",
            "exited 0",
            with_job(restart("always", ended()), "stop", true),
            Stopped,
            Status,
        ),
        ("success", "killed TERM", with_job(ended(), "restart", true), Stopped, Signal),
        ("success", "killed TERM", with_job(ended(), "try-restart", true), Stopped, Signal),
        ("signal", "killed SEGV", with_job(ended(), "stop", true), Stopped, Signal),
        ("exit-code", "exited 1", with_job(ended(), "stop", true), Stopped, Status),
        ("timeout", "killed KILL", with_job(ended(), "stop", true), Stopped, Timeout),
        ("signal", "", with_job(starting(), "stop", true), Stopped, Unknown),
        // Asked for when it was over.
        ("signal", "killed SEGV", with_job(up(), "stop", true), Crashed, Signal),
        ("exit-code", "exited 3", with_job(up(), "restart", true), Crashed, Status),
        ("signal", "killed SEGV", with_job(up(), "stop", false), Crashed, Signal),
        // The host goes down.
        (
            "success",
            "killed TERM",
            going_down(with_job(ended(), "stop", true)),
            HostShutdown,
            Signal,
        ),
        (
            "signal",
            "killed SEGV",
            going_down(with_job(ended(), "stop", true)),
            HostShutdown,
            Signal,
        ),
        ("signal", "killed SEGV", going_down(with_job(up(), "stop", false)), Crashed, Signal),
        ("exit-code", "exited 1", going_down(with_job(up(), "stop", false)), HostShutdown, Status),
        // Never came up.
        ("exit-code", "", failing("ExecStartPre", 4, starting()), StartFailed, Status),
        (
            "exit-code",
            "",
            failing("ExecStart", 5, of_type("forking", starting())),
            StartFailed,
            Status,
        ),
        ("exit-code", "killed TERM", failing("ExecStartPost", 1, starting()), StartFailed, Status),
        ("exit-code", "", failing("ExecStartPre", 203, starting()), StartFailed, NotStarted),
        ("timeout", "killed TERM", of_type("notify", starting()), StartFailed, Timeout),
        ("timeout", "", of_type("forking", starting()), StartFailed, Timeout),
        ("protocol", "exited 0", of_type("notify", starting()), StartFailed, Status),
        ("resources", "", starting(), StartFailed, Unknown),
        ("start-limit-hit", "", starting(), GaveUp, Unknown),
    ] {
        let row = format!("{result} {main} {status:?}");
        is(&told(result, main, Ok(status)), kind, exit, &row);
    }
}

#[test]
fn a_status_of_systemds_own_means_that_main_could_not_be_executed() {
    for (status, micros, kind, exit) in [
        (203, 900, StartFailed, ExitKind::NotStarted),
        (217, 900, StartFailed, ExitKind::NotStarted),
        (203, 2_000_000, Crashed, ExitKind::Status),
        (199, 900, Crashed, ExitKind::Status),
        (255, 900, Crashed, ExitKind::Status),
    ] {
        let unit = UnitStatus { ran_micros: Some(micros), ..up() };
        is(&told("exit-code", &format!("exited {status}"), Ok(unit)), kind, exit, "status");
    }
}

#[test]
fn a_session_on_a_terminal_that_ends_is_no_crash() {
    let getty = UnitStatus { on_terminal: true, ..restart("always", up()) };
    is(&told("success", "exited 0", Ok(getty.clone())), Finished, ExitKind::Status, "logout");
    is(&told("signal", "killed SEGV", Ok(getty)), Crashed, ExitKind::Signal, "crash");
}

#[test]
fn an_old_systemd_is_asked_for_what_its_environment_lacks() {
    let asked = |result: &str| UnitStatus { result: result.to_owned(), ..up() };
    is(&told("", "killed SEGV", Ok(asked("signal"))), Crashed, ExitKind::Signal, "signal");
    is(&told("", "exited 0", Ok(asked("success"))), Finished, ExitKind::Status, "success");
}

#[test]
fn where_systemd_does_not_answer_the_marker_and_the_end_itself_decide() {
    let armed = MarkerEvidence::Armed { started: Timestamp::from_micros(1) };
    for (result, main, marker, kind) in [
        ("signal", "killed SEGV", MarkerEvidence::Absent, Crashed),
        ("core-dump", "dumped QUIT", MarkerEvidence::Absent, Crashed),
        ("watchdog", "killed KILL", MarkerEvidence::Absent, Crashed),
        ("exit-code", "exited 3", armed, Crashed),
        ("exit-code", "exited 3", MarkerEvidence::Absent, Unclear),
        ("timeout", "killed KILL", MarkerEvidence::Absent, Unclear),
        ("success", "exited 0", armed, Finished),
        ("", "", armed, Unclear),
    ] {
        let silent = told(result, main, Err("systemd: it does not answer".to_owned()));
        let verdict = judge(&Evidence { marker, ..silent });
        assert_eq!(verdict.kind, kind, "{result} {main} {marker:?}: {verdict:?}");
    }
}

#[test]
fn the_kernels_word_on_memory_is_believed_where_systemd_has_none() {
    let death = KernelDeath { out_of_memory: true, same_pid: true };
    let log = KernelLog {
        source: Source::KernelLog,
        end: RunEnd::default(),
        death: Some(death),
        complete: Ok(()),
        lines: KernelLines::default(),
        recent: None,
    };
    let evidence = Evidence { kernel_log: Ok(log), ..told("signal", "killed KILL", Ok(up())) };
    is(&evidence, Crashed, ExitKind::Oom, "out of memory");
    let verdict = judge(&evidence);
    assert!(verdict.reasons.iter().any(|it| it.contains("out of memory")), "{verdict:?}");
}
