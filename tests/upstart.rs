//! The harness's Upstart does what was recorded of the real one, so that the stories around it mean
//! something.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use nix::sys::signal::Signal;
use support::{End, Hook, Host, STAYS_UP, Stanza};

const CRASHES: &str = "kill -SEGV $$";

#[test]
fn restart_of_a_job_with_a_pre_stop_runs_that_and_nothing_else() {
    let host = Host::new();
    let mut job = host.job("nginx").pre_stop(Some(Stanza::script(":"))).start();
    job.restart();
    assert_eq!(job.hooks_run(), ["pre-start", "pre-stop"]);
    assert_eq!(job.pids().len(), 1);
}

#[test]
fn restart_of_a_job_without_a_pre_stop_is_a_restart() {
    let host = Host::new();
    let mut job = host.job("nginx").pre_stop(None).start();
    job.restart();
    assert_eq!(job.hooks_run(), ["pre-start", "post-stop", "pre-start"]);
    assert_eq!(job.pids().len(), 2);
}

#[test]
fn a_pre_start_that_fails_keeps_the_job_from_starting() {
    let host = Host::new();
    for failing in [Stanza::script("exit 7"), Stanza::missing()] {
        let job = host.job("nginx").respawn().pre_start(Some(failing)).start();
        job.wait_until_down();
        assert_eq!(job.failed().as_deref(), Some("pre-start"));
        assert_eq!((job.pids().len(), job.hooks_run().pop()), (0, Some("post-stop".into())));
    }
}

#[test]
fn a_post_stop_that_fails_keeps_a_crashed_job_down() {
    let host = Host::new();
    for failing in [Stanza::script("exit 7"), Stanza::missing()] {
        let job = host.job("nginx").respawn().post_stop(Some(failing)).main(CRASHES).start();
        job.wait_until_down();
        assert_eq!(job.failed().as_deref(), Some("post-stop"));
        assert_eq!(job.pids().len(), 1);
    }
}

#[test]
fn a_main_that_cannot_be_executed_is_not_respawned() {
    let host = Host::new();
    let job = host.job("km").respawn().exec(Some(Stanza::missing())).start();
    job.wait_until_down();
    assert_eq!(job.failed().as_deref(), Some("main"));
    let line = "init: Failed to spawn km main process: unable to execute: \
                No such file or directory";
    assert!(host.read("/dev/kmsg").contains(line));
}

#[test]
fn a_normal_exit_is_no_failure() {
    let host = Host::new();
    let ends = [End::Exited(3), End::Killed(Signal::SIGTERM)];
    for main in ["exit 3", "kill -TERM $$"] {
        let job = host.job("nginx").respawn().normal_exit(&ends).main(main).start();
        job.wait_until_down();
        assert_eq!((job.failed(), job.respawns()), (None, 0), "{main}");
    }
}

#[test]
fn a_task_is_respawned_until_it_is_done() {
    let host = Host::new();
    let job = host.job("backup").task().respawn().lives(["exit 1", "exit 0"]).start();
    job.wait_until_down();
    assert_eq!((job.failed(), job.respawns(), job.pids().len()), (None, 1, 2));
}

#[test]
fn a_stop_during_pre_start_runs_no_pre_stop() {
    let host = Host::new();
    let go = host.path("/go");
    let slow = "until [ -e \"$GO\" ]; do sleep 0.01; done";
    let mut job = host
        .job("nginx")
        .env("GO", go.to_str().unwrap())
        .pre_start(Some(Stanza::script(slow)))
        .begin();
    job.request_stop();
    host.write("/go", "");
    job.wait_until_down();
    assert_eq!((job.pids().len(), job.failed()), (0, None));
    assert_eq!(job.hooks_run(), ["pre-start", "post-stop"]);
}

#[test]
fn the_environment_of_a_hook_is_the_recorded_one() {
    let host = Host::new();
    let record = |hook: Hook| {
        let file = host.path(hook.name());
        Some(Stanza::script(&format!("env | sort >'{}'", file.display())))
    };
    let mut job = host
        .job("nginx")
        .instance("eu-1")
        .env("MALLOC_ARENA_MAX", "1")
        .pre_start(record(Hook::PreStart))
        .post_stop(record(Hook::PostStop))
        .start();
    job.stop_by_event(&[("UPSTART_STOP_EVENTS", "runlevel")]);
    let names = |hook: Hook| -> Vec<String> {
        let text = host.read(hook.name());
        let name = |line: &str| line.split('=').next().unwrap_or_default().to_owned();
        text.lines().map(name).filter(|name| name != "PWD" && name != "_").collect()
    };
    let common = ["MALLOC_ARENA_MAX", "PATH", "TERM", "UPSTART_INSTANCE", "UPSTART_JOB"];
    let root = ["UPSTART_MONITOR_ROOT"];
    assert_eq!(names(Hook::PreStart), [&common[..], &root].concat());
    assert_eq!(names(Hook::PostStop), [&common[..], &root, &["UPSTART_STOP_EVENTS"]].concat());
}

#[test]
fn the_kernel_log_has_the_recorded_lines() {
    let host = Host::new();
    let job = host.job("kf").instance("a\nb").respawn().lives(["exit 9", STAYS_UP]).start();
    job.wait_until_up_after(1);
    let (log, pid) = (host.read("/dev/kmsg"), job.pids()[0]);
    let lines: Vec<_> = log.lines().map(|line| line.split_once(";").unwrap().1).collect();
    assert_eq!(
        lines,
        [
            format!("init: kf (a\\x0ab) main process ({pid}) terminated with status 9"),
            "init: kf (a\\x0ab) main process ended, respawning".to_owned(),
        ]
    );
    assert!(log.starts_with("12,"), "{log}");
}

#[test]
fn initctl_status_answers_inside_a_hook() {
    let host = Host::new();
    let ask = |hook: Hook| {
        let (initctl, answer) = (host.path("/sbin/initctl"), host.path(hook.name()));
        let line = format!("'{}' status >'{}'", initctl.display(), answer.display());
        Some(Stanza::script(&line))
    };
    let mut job = host
        .job("nginx")
        .instance("eu-1")
        .pre_stop(ask(Hook::PreStop))
        .post_stop(ask(Hook::PostStop))
        .start();
    let pid = job.pids()[0];
    job.stop();
    let answer = |hook: Hook| host.read(hook.name()).lines().next().unwrap().to_owned();
    let expected = format!("nginx (eu-1) stop/pre-stop, process {pid}");
    assert_eq!(answer(Hook::PreStop), expected);
    assert_eq!(answer(Hook::PostStop), "nginx (eu-1) stop/post-stop");
}
