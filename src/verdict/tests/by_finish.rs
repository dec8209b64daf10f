//! What is made of each end that `finish` of runit or s6 tells of.

use super::*;
use crate::evidence::{Finish, KernelDeath};
use crate::supervisor::Supervisor;

/// What the supervisor knows of a run that nobody has touched: how it ended, in words.
fn unasked(ended: &str) -> Finish {
    Finish {
        directory: "/etc/sv/web".to_owned(),
        ended: Ok(match ended.parse() {
            Ok(status) => Ended::Status(status),
            Err(_) => signal(ended),
        }),
        wanted_up: Ok(true),
        once: false,
        commanded: Ok(None),
        down_signal: None,
    }
}

/// The same, a command having come so many seconds before.
fn commanded(ended: &str, seconds: f64) -> Finish {
    Finish { commanded: Ok(Some(seconds)), ..unasked(ended) }
}

/// The same where the time of the last command is not kept.
fn on_an_overlay(ended: &str) -> Finish {
    Finish { commanded: Err("supervise/control: an overlay".to_owned()), ..unasked(ended) }
}

/// The same, and it is not to run again.
fn down(finish: Finish) -> Finish {
    Finish { wanted_up: Ok(false), ..finish }
}

/// The same, which was so from its start.
fn once(finish: Finish) -> Finish {
    Finish { once: true, ..down(finish) }
}

fn told(finish: Finish) -> Evidence {
    Evidence { finish: Some(finish), ..silent() }
}

#[track_caller]
fn decides(evidence: &Evidence, kind: VerdictKind, words: &str) {
    let verdict = judge(evidence);
    assert_eq!(verdict.kind, kind, "{:?} {verdict:?}", evidence.finish);
    if kind.is_reported() {
        assert_eq!(in_words(Supervisor::S6, kind, &verdict.exit), words, "{verdict:?}");
    }
    assert!(!verdict.reasons.is_empty());
}

#[test]
fn an_end_that_nobody_asked_for_is_a_crash() {
    for (ended, words) in [
        ("SEGV", "crashed: SIGSEGV"),
        ("TERM", "crashed: SIGTERM"),
        ("KILL", "crashed: SIGKILL"),
        ("3", "crashed: exit status 3"),
        ("0", "crashed: exit status 0"),
        ("143", "crashed: exit status 143"),
    ] {
        decides(&told(unasked(ended)), Crashed, words);
        decides(&told(commanded(ended, 91.0)), Crashed, words);
    }
}

#[test]
fn a_stop_is_silent_whatever_main_does_then() {
    for ended in ["TERM", "KILL", "0", "3", "SEGV"] {
        decides(&told(down(commanded(ended, 599.0))), Stopped, "");
        decides(&told(down(on_an_overlay(ended))), Stopped, "");
        // The supervisor was ended itself, by a signal.
        decides(&told(down(unasked(ended))), Stopped, "");
    }
}

#[test]
fn a_run_that_was_made_the_last_one_long_ago() {
    for (ended, kind, words) in [
        ("TERM", Stopped, ""),
        ("0", Stopped, ""),
        ("SEGV", Crashed, "crashed: SIGSEGV"),
        ("3", Unclear, "ended, perhaps by a crash: exit status 3"),
    ] {
        decides(&told(down(commanded(ended, 601.0))), kind, words);
    }
}

#[test]
fn a_run_that_was_to_be_the_only_one() {
    for (finish, kind, words) in [
        (unasked("0"), Finished, ""),
        (on_an_overlay("0"), Finished, ""),
        (unasked("3"), Crashed, "crashed: exit status 3"),
        (unasked("SEGV"), Crashed, "crashed: SIGSEGV"),
        (unasked("TERM"), Stopped, ""),
        (commanded("3", 5.0), Stopped, ""),
        (commanded("3", 601.0), Crashed, "crashed: exit status 3"),
        (on_an_overlay("SEGV"), Crashed, "crashed: SIGSEGV"),
        (on_an_overlay("3"), Unclear, "ended, perhaps by a crash: exit status 3"),
    ] {
        decides(&told(once(finish)), kind, words);
    }
}

#[test]
fn a_command_just_before_explains_what_a_restart_does() {
    for (ended, kind, words) in [
        ("TERM", Stopped, ""),
        ("KILL", Stopped, ""),
        ("0", Stopped, ""),
        ("143", Stopped, ""),
        ("3", Unclear, "ended, perhaps by a crash: exit status 3"),
        ("HUP", Unclear, "ended, perhaps by a crash: SIGHUP"),
        ("SEGV", Crashed, "crashed: SIGSEGV"),
        ("ABRT", Crashed, "crashed: SIGABRT"),
    ] {
        decides(&told(commanded(ended, 0.02)), kind, words);
    }
    let down_signal = Some("SIGHUP".to_owned());
    decides(&told(Finish { down_signal, ..commanded("HUP", 0.02) }), Stopped, "");
}

#[test]
fn where_no_command_leaves_a_trace_only_a_restart_is_doubtful() {
    for (ended, kind, words) in [
        ("TERM", Unclear, "ended, perhaps by a crash: SIGTERM"),
        ("0", Unclear, "ended, perhaps by a crash: exit status 0"),
        ("3", Crashed, "crashed: exit status 3"),
        ("SEGV", Crashed, "crashed: SIGSEGV"),
    ] {
        decides(&told(on_an_overlay(ended)), kind, words);
    }
}

#[test]
fn what_is_not_known_leaves_it_open_but_for_a_fault() {
    let why = || "supervise/status: gone".to_owned();
    let status = |ended| Finish { wanted_up: Err(why()), ..unasked(ended) };
    decides(&told(status("SEGV")), Crashed, "crashed: SIGSEGV");
    decides(&told(status("3")), Unclear, "ended, perhaps by a crash: exit status 3");
    let no_arguments = Finish { ended: Err(why()), ..unasked("0") };
    decides(&told(no_arguments.clone()), Unclear, "ended, perhaps by a crash");
    decides(&told(down(no_arguments)), Stopped, "");
}

#[test]
fn a_run_that_could_not_be_executed_left_no_marker() {
    let absent = Evidence { marker: MarkerEvidence::Absent, ..told(unasked("111")) };
    let words = "failed to start: main could not be executed";
    decides(&absent, StartFailed, words);
    decides(&told(unasked("111")), Crashed, "crashed: exit status 111");
}

#[test]
fn the_kernels_word_goes_into_the_verdict() {
    let mut evidence = told(commanded("KILL", 0.02));
    let log = evidence.kernel_log.as_mut().unwrap();
    log.death = Some(KernelDeath { out_of_memory: true, same_pid: true });
    decides(&evidence, Crashed, "was killed: out of memory");
    evidence.finish = Some(down(commanded("KILL", 0.02)));
    decides(&evidence, Stopped, "");
}

#[test]
fn the_hosts_own_end_is_silent_but_for_a_fault() {
    let at_shutdown = |ended| Evidence { runlevel: Ok('6'), ..told(unasked(ended)) };
    decides(&at_shutdown("TERM"), HostShutdown, "");
    decides(&at_shutdown("SEGV"), Crashed, "crashed: SIGSEGV");
}
