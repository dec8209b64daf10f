//! What a post-stop that finds its marker armed makes of each row, where init's goal is known and
//! where it is not.

use super::*;
use crate::evidence::{KernelDeath, Process};

/// Init's goal, where that is known.
fn asked(goal: Option<Goal>) -> Result<Status, String> {
    goal.map_or_else(not_asked, dead)
}

/// Expects `kind`, told as `words`, of `evidence`, be init's goal known to be `goal` or not.
#[track_caller]
fn decides(evidence: &Evidence, goal: Goal, kind: VerdictKind, words: &str) {
    for goal in [Some(goal), None] {
        let verdict = judge(&Evidence { init: asked(goal), ..evidence.clone() });
        assert_eq!(verdict.kind, kind, "goal {goal:?}: {verdict:?}");
        assert_eq!(
            in_words(Supervisor::Upstart, kind, &verdict.exit),
            words,
            "goal {goal:?}: {verdict:?}"
        );
    }
}

/// Expects that `evidence` does not decide, with init's goal or without it, and that the verdict
/// says what is missing.
#[track_caller]
fn does_not_decide(evidence: &Evidence, goals: &[Option<Goal>], missing: &str) {
    for goal in goals {
        let verdict = judge(&Evidence { init: asked(*goal), ..evidence.clone() });
        assert_eq!(verdict.kind, Unclear, "goal {goal:?}: {verdict:?}");
        let reasons = verdict.reasons.join("; ");
        assert!(reasons.contains(missing), "{reasons}");
        assert_eq!(reasons.contains("goal is not known"), goal.is_none(), "{reasons}");
    }
}

const STOP: [Option<Goal>; 2] = [Some(Goal::Stop), None];

#[test]
fn row_01_stop_and_row_34_stop_by_event_find_no_marker() {
    let verdict = judge(&Evidence { marker: MarkerEvidence::Absent, ..silent() });
    assert_eq!(verdict.kind, Stopped);
}

#[test]
fn row_07_reload_without_a_handler() {
    decides(&said(killed("HUP")), Goal::Stop, Crashed, "crashed: SIGHUP");
    decides(&said(respawned(killed("HUP"))), Goal::Start, Crashed, "crashed: SIGHUP");
}

#[test]
fn row_08_killed_with_respawn() {
    for name in ["KILL", "SEGV", "TERM"] {
        let words = format!("crashed: SIG{name}");
        decides(&said(respawned(killed(name))), Goal::Start, Crashed, &words);
    }
}

#[test]
fn row_08_killed_with_respawn_and_a_stop_right_after() {
    decides(&said(respawned(killed("SEGV"))), Goal::Stop, Crashed, "crashed: SIGSEGV");
}

#[test]
fn row_09_killed_without_respawn() {
    for name in ["KILL", "SEGV", "ABRT"] {
        let words = format!("crashed: SIG{name}");
        decides(&said(killed(name)), Goal::Stop, Crashed, &words);
    }
    decides(&said(killed("40")), Goal::Stop, Crashed, "crashed: signal 40");
}

#[test]
fn row_09_sigterm_without_respawn_looks_like_rows_13_and_30() {
    does_not_decide(&said(killed("TERM")), &STOP, "`stopping` event would tell");
    does_not_decide(&said(exited(143)), &STOP, "`stopping` event would tell");
}

#[test]
fn row_10_exit_0_with_respawn() {
    let evidence = said(respawned(RunEnd::default()));
    decides(&evidence, Goal::Start, Crashed, "crashed: exit status 0");
}

#[test]
fn row_11_exit_0_without_respawn() {
    decides(&silent(), Goal::Stop, Finished, "finished");
}

#[test]
fn row_12_exit_3() {
    decides(&said(respawned(exited(3))), Goal::Start, Crashed, "crashed: exit status 3");
    decides(&said(exited(3)), Goal::Stop, Crashed, "crashed: exit status 3");
}

#[test]
fn row_13_normal_exit() {
    decides(&silent(), Goal::Stop, Finished, "finished");
    // Upstart's line on a signal is the same where `normal exit` names it.
    does_not_decide(&said(killed("TERM")), &STOP, "normal exit TERM");
}

#[test]
fn row_14_task_finishing() {
    decides(&silent(), Goal::Stop, Finished, "finished");
}

#[test]
fn row_15_task_failing() {
    decides(&said(exited(1)), Goal::Stop, Crashed, "crashed: exit status 1");
}

#[test]
fn row_16_task_that_fails_and_then_finishes() {
    decides(&said(respawned(exited(1))), Goal::Start, Crashed, "crashed: exit status 1");
    // The first run's lines, perhaps too old for the second.
    let mut second = at_a_time(respawned(exited(1)), Certainty::Close);
    second.init = dead(Goal::Stop);
    assert_eq!(judge(&second).kind, Finished);
    does_not_decide(&second, &[None], "may be on the run before");
}

/// A run of which init said `end`, at a time that leaves a doubt.
fn at_a_time(end: RunEnd, certainty: Certainty) -> Evidence {
    let mut evidence = said(end);
    if let Ok(log) = &mut evidence.kernel_log {
        log.end.certainty = certainty;
    }
    evidence
}

#[test]
fn a_short_run_on_a_machine_whose_clocks_differ_is_decided_by_the_goal() {
    let of =
        |end, goal| judge(&Evidence { init: dead(goal), ..at_a_time(end, Certainty::Close) }).kind;
    assert_eq!(of(respawned(exited(1)), Goal::Start), Crashed);
    assert_eq!(of(exited(1), Goal::Stop), Crashed);
    let gave_up = gave_up(exited(1));
    assert_eq!(judge(&at_a_time(gave_up.clone(), Certainty::Close)).kind, GaveUp);
    assert_eq!(of(gave_up.clone(), Goal::Stop), GaveUp);
    assert_eq!(of(gave_up, Goal::Start), Unclear, "started again since");
}

#[test]
fn a_kernel_log_without_times_decides_little() {
    let evidence = at_a_time(exited(1), Certainty::Unstamped);
    does_not_decide(&evidence, &STOP, "their times do not tell");
    let evidence = at_a_time(respawned(exited(1)), Certainty::Unstamped);
    assert_eq!(judge(&Evidence { init: dead(Goal::Start), ..evidence }).kind, Crashed);
}

#[test]
fn row_17_pre_start_fails() {
    let end = RunEnd { pre_start: Some(Ended::Status(7)), ..RunEnd::default() };
    let words = "failed to start: pre-start exit status 7";
    decides(&said(end), Goal::Stop, StartFailed, words);
}

#[test]
fn a_security_profile_that_cannot_be_loaded() {
    let end = RunEnd { security: Some(Ended::Status(1)), ..RunEnd::default() };
    let words = "failed to start: security exit status 1";
    decides(&said(end), Goal::Stop, StartFailed, words);
}

#[test]
fn row_19_main_cannot_be_executed() {
    let why = "unable to execute: No such file or directory".to_owned();
    let end = RunEnd { not_executed: Some((Process::Main, why.clone())), ..RunEnd::default() };
    let words = "failed to start: main could not be executed";
    decides(&said(end.clone()), Goal::Stop, StartFailed, words);
    assert!(judge(&said(end)).reasons[0].contains(&why));
}

#[test]
fn row_22_pre_stop_missing() {
    let mut evidence = said(RunEnd { pre_stop_failed: true, ..killed("TERM") });
    does_not_decide(&evidence, &[None], "somebody asked for a stop");
    evidence.init = dead(Goal::Stop);
    assert_eq!(judge(&evidence).kind, Stopped);
}

#[test]
fn row_29_stop_during_pre_start() {
    decides(&silent(), Goal::Stop, Finished, "finished");
    let by_event = Evidence { stop_events: events("net-down", None), ..silent() };
    decides(&by_event, Goal::Stop, Stopped, "was stopped");
}

#[test]
fn row_30_stop_during_post_start() {
    does_not_decide(&said(killed("TERM")), &STOP, "a stop asked for during the start");
    decides(&silent(), Goal::Stop, Finished, "finished");
    let by_event = Evidence { stop_events: events("net-down", None), ..said(killed("TERM")) };
    decides(&by_event, Goal::Stop, Stopped, "was stopped: SIGTERM");
}

#[test]
fn row_31_stop_while_starting_is_blocked_and_row_51_stop_of_a_state() {
    decides(&silent(), Goal::Stop, Finished, "finished");
}

#[test]
fn row_32_crash_during_post_start() {
    decides(&said(respawned(killed("SEGV"))), Goal::Start, Crashed, "crashed: SIGSEGV");
}

#[test]
fn row_33_respawn_limit() {
    let end = gave_up(exited(3));
    let words = "gave up: respawning too fast, last exit status 3";
    decides(&said(end), Goal::Stop, GaveUp, words);
    let end = gave_up(RunEnd::default());
    let words = "gave up: respawning too fast, last exit status 0";
    decides(&said(end.clone()), Goal::Stop, GaveUp, words);
    assert_eq!(judge(&said(end)).kind.severity(), Severity::Critical);
}

#[test]
fn row_36_daemon_that_fails_before_it_forks() {
    decides(&said(exited(1)), Goal::Stop, Crashed, "crashed: exit status 1");
}

#[test]
fn row_49_runlevel_event() {
    for end in [RunEnd::default(), killed("TERM")] {
        let stop_events = events("runlevel", Some('0'));
        let kind = judge(&Evidence { stop_events, ..said(end) }).kind;
        assert_eq!(kind, HostShutdown);
    }
}

#[test]
fn row_50_shutdown_of_a_job_without_stop_on() {
    for runlevel in ['0', '6'] {
        let ends = [
            (killed("TERM"), Goal::Stop),
            (killed("KILL"), Goal::Stop),
            (respawned(killed("TERM")), Goal::Start),
            (respawned(RunEnd::default()), Goal::Start),
            (RunEnd::default(), Goal::Stop),
        ];
        for (end, goal) in ends {
            for goal in [Some(goal), None] {
                let evidence =
                    Evidence { runlevel: Ok(runlevel), init: asked(goal), ..said(end.clone()) };
                assert_eq!(judge(&evidence).kind, HostShutdown, "{evidence:?}");
            }
        }
        let fault = Evidence { runlevel: Ok(runlevel), ..said(killed("SEGV")) };
        assert_eq!(judge(&fault).kind, Crashed, "no shutdown sends that");
    }
}

#[test]
fn out_of_memory_is_told_as_such() {
    let mut evidence = said(respawned(killed("KILL")));
    for (same_pid, words) in [(true, "out of memory"), (false, "out of memory (by the time")] {
        if let Ok(log) = &mut evidence.kernel_log {
            log.death = Some(KernelDeath { out_of_memory: true, same_pid });
        }
        decides(&evidence, Goal::Start, Crashed, "was killed: out of memory");
        assert!(judge(&evidence).reasons.join("; ").contains(words));
    }
    evidence.runlevel = Ok('0');
    assert_eq!(judge(&evidence).kind, Crashed, "a shutdown takes no memory");
}

#[test]
fn silence_proves_nothing_where_the_log_has_gaps() {
    let mut gaps = silent();
    if let Ok(log) = &mut gaps.kernel_log {
        log.complete = Err("the kernel log does not reach back to the start of this run".into());
    }
    does_not_decide(&gaps, &STOP, "does not reach back");
    let deaf = Evidence { kernel_log: Err("it is for root alone".to_owned()), ..silent() };
    does_not_decide(&deaf, &STOP, "for root alone");
    for evidence in [gaps, deaf] {
        let evidence = Evidence { init: dead(Goal::Start), ..evidence };
        let verdict = judge(&evidence);
        assert_eq!((verdict.kind, verdict.exit), (Crashed, Exit::unknown()));
        assert!(verdict.reasons.join("; ").contains("how it ended is not known"));
    }
}

#[test]
fn silence_of_init_on_a_job_that_shall_run_is_suspicious() {
    does_not_decide(&silent(), &[Some(Goal::Start)], "a restart during the start");
}

#[test]
fn silence_proves_nothing_where_init_hides_failures() {
    let hidden = Evidence { failures_logged: Ok(false), ..silent() };
    does_not_decide(&hidden, &STOP, "initctl log-priority");
    let respawned = Evidence { init: dead(Goal::Start), ..hidden };
    assert_eq!(judge(&respawned).kind, Crashed);
    let not_asked = Evidence { failures_logged: Err("init: no".to_owned()), ..silent() };
    assert_eq!(judge(&not_asked).kind, Finished, "hardly anybody changes that");
}

/// The job has a pre-start and a post-stop of ours, and no pre-stop.
fn without_pre_stop(evidence: Evidence) -> Evidence {
    Evidence { pre_stop: Ok(false), ..evidence }
}

#[test]
fn without_pre_stop_a_stop_and_a_crash_look_alike() {
    for end in [killed("TERM"), exited(1), killed("KILL")] {
        does_not_decide(&without_pre_stop(said(end)), &STOP, "no pre-stop of ours");
    }
    decides(&without_pre_stop(silent()), Goal::Stop, Finished, "finished");
}

#[test]
fn without_pre_stop_what_no_stop_does_is_a_crash() {
    for (end, goal, kind, words) in [
        (killed("SEGV"), Goal::Stop, Crashed, "crashed: SIGSEGV"),
        (respawned(exited(1)), Goal::Start, Crashed, "crashed: exit status 1"),
        (respawned(killed("TERM")), Goal::Start, Crashed, "crashed: SIGTERM"),
        (
            gave_up(exited(1)),
            Goal::Stop,
            GaveUp,
            "gave up: respawning too fast, last exit status 1",
        ),
    ] {
        decides(&without_pre_stop(said(end)), goal, kind, words);
    }
}

#[test]
fn row_04_restart_without_pre_stop() {
    for end in [killed("TERM"), exited(1), RunEnd::default()] {
        let evidence = Evidence { init: dead(Goal::Start), ..without_pre_stop(said(end)) };
        assert_eq!(judge(&evidence).kind, Stopped, "{evidence:?}");
    }
    let deaf = Evidence { kernel_log: Err("no".to_owned()), ..without_pre_stop(silent()) };
    let deaf = Evidence { init: dead(Goal::Start), ..deaf };
    assert_eq!(judge(&deaf).kind, Unclear, "a restart, or a crash with `respawn`");
}
