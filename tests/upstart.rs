//! The harness's Upstart does what was recorded of the real one, so that the stories around it mean
//! something.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use support::{
    End, Hook, Host, Job, JobBuilder, Layout, LogPriority, STAYS_UP, Stanza, wait_until,
};

const CRASHES: &str = "kill -SEGV $$";

/// Waits for the file `go`.
const WAITS: &str = r#"until [ -e "$UPSTART_MONITOR_ROOT/go" ]; do sleep 0.01; done"#;

/// A main process that asks for the file `go` before it ends.
const SLOW_TO_END: &str = r#"
trap 'until [ -e "$UPSTART_MONITOR_ROOT/go" ]; do sleep 0.01; done; exit 0' TERM
echo up
while :; do sleep 0.01; done
"#;

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
    let mut job = host.job("nginx").pre_start(Some(Stanza::script(WAITS))).begin();
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
fn the_log_priority_hides_and_shows() {
    for (priority, seen) in [
        (LogPriority::Error, [false, false]),
        (LogPriority::Message, [true, false]),
        (LogPriority::Info, [true, true]),
    ] {
        let host = Host::laid_out(Layout::Bare);
        host.set_log_priority(priority);
        for (name, main) in [("fails", "exit 3"), ("ends", "exit 0")] {
            host.job(name).main(main).start().wait_until_down();
        }
        let log = host.read("/dev/kmsg");
        let lines = ["terminated with status 3", "exited normally"];
        assert_eq!(lines.map(|line| log.contains(line)), seen, "{priority}: {log}");
    }
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

#[test]
fn what_is_asked_for_already_is_refused() {
    let host = Host::laid_out(Layout::Bare);
    let mut job = host.job("nginx").start();
    job.start();
    job.stop();
    job.request_restart();
    job.request_stop();
    assert_eq!((job.is_down(), job.pids().len()), (true, 1));
}

#[test]
fn a_stop_while_starting_is_blocked_runs_post_stop_only() {
    let host = Host::new();
    let mut job = host.job("nginx").on_starting(WAITS).begin();
    job.request_stop();
    host.write("/go", "");
    job.wait_until_down();
    assert_eq!((job.hooks_run(), job.pids().len()), (names(&["starting", "post-stop"]), 0));
}

#[test]
fn a_start_while_it_is_going_down_brings_it_up_again() {
    for state in ["killed", "post-stop"] {
        let host = Host::laid_out(Layout::Bare);
        let job = match state {
            "killed" => host.job("nginx").main(SLOW_TO_END),
            _ => host.job("nginx").main("echo up; exec sleep 3600").own_post_stop(WAITS),
        };
        let mut job = job.start();
        job.wait_for_log("up");
        job.request_stop();
        job.wait_until_in(state);
        job.request_start();
        host.write("/go", "");
        wait_until("a second main process", || job.pids().len() == 2);
        assert_eq!((job.respawns(), job.failures()), (0, 0), "{state}");
    }
}

/// A job that is asked for a stop or a restart, and whose main dies while pre-stop runs.
fn dies_in_pre_stop(host: &Host, job: JobBuilder, ask: fn(&mut Job)) -> Job {
    let mut job = job.pre_stop(Some(Stanza::script(WAITS))).start();
    ask(&mut job);
    job.wait_until_in("pre-stop");
    kill(Pid::from_raw(job.pids()[0]), Signal::SIGSEGV).unwrap();
    job.wait_for_deaths(1);
    host.write("/go", "");
    job
}

#[test]
fn a_death_in_the_pre_stop_of_a_stop_is_no_failure() {
    let host = Host::laid_out(Layout::Bare);
    let job = dies_in_pre_stop(&host, host.job("nginx").respawn(), Job::request_stop);
    job.wait_until_down();
    assert_eq!((job.failed(), job.failures(), job.respawns()), (None, 0, 0));
}

#[test]
fn a_death_in_the_pre_stop_of_a_restart_is_a_failure() {
    let host = Host::laid_out(Layout::Bare);
    let job = dies_in_pre_stop(&host, host.job("nginx"), Job::request_restart);
    job.wait_until_down();
    assert_eq!((job.failed(), job.failures()), (Some("main".to_owned()), 1));

    let host = Host::laid_out(Layout::Bare);
    let job = dies_in_pre_stop(&host, host.job("nginx").respawn(), Job::request_restart);
    job.wait_until_up_after(1);
    assert_eq!((job.failed(), job.failures(), job.pids().len()), (None, 1, 2));
}

#[test]
fn a_death_while_post_start_runs_is_dealt_with_after_it() {
    let host = Host::laid_out(Layout::Bare);
    let waits = Some(Stanza::script(WAITS));
    let job = host.job("nginx").respawn().lives([CRASHES, STAYS_UP]).post_start(waits).start();
    job.wait_for_deaths(1);
    assert_eq!(job.hooks_run(), ["post-start"]);
    host.write("/go", "");
    job.wait_until_up_after(1);
    assert_eq!((job.pids().len(), job.failures()), (2, 1));
}

#[test]
fn one_that_does_not_end_is_killed() {
    let host = Host::laid_out(Layout::Bare);
    let stubborn = "trap '' TERM; echo up; while :; do sleep 0.01; done";
    let timeout = std::time::Duration::from_millis(50);
    let mut job = host.job("nginx").main(stubborn).kill_timeout(timeout).start();
    job.wait_for_log("up");
    job.stop();
    assert!(host.read("/dev/kmsg").contains("killed by KILL signal"));
    assert_eq!(job.failed(), None);
}

#[test]
fn a_service_that_is_to_stop_itself_is_up_when_it_has() {
    let host = Host::laid_out(Layout::Bare);
    let post_start = Some(Stanza::script(":"));
    let main = "kill -STOP $$; exec sleep 3600";
    let job = host.job("nginx").expect_stop().main(main).post_start(post_start.clone()).start();
    job.wait_until_in("running");
    assert_eq!(job.hooks_run(), ["post-start"]);

    let early = host.job("early").expect_stop().main("exit 1").post_start(post_start).start();
    early.wait_until_down();
    assert_eq!((early.failed().as_deref(), early.hooks_run().len()), (Some("main"), 0));
}

#[test]
fn the_respawns_of_a_stopped_job_are_forgotten() {
    let host = Host::laid_out(Layout::Bare);
    let mut job = host.job("nginx").respawn().respawn_limit(1, 600).start();
    job.kill(Signal::SIGKILL);
    job.stop();
    job.start();
    job.kill(Signal::SIGKILL);
    assert_eq!((job.is_down(), job.respawns()), (false, 2));
}

#[test]
fn a_job_has_its_configuration_file() {
    let host = Host::new();
    let _job = host
        .job("sub/bar")
        .instance("eu-1")
        .env("REGION", "eu-1")
        .respawn()
        .normal_exit(&[End::Exited(3), End::Killed(Signal::SIGTERM)])
        .own_pre_start("sleep 0")
        .pre_stop(None)
        .start();
    assert_eq!(
        host.read("/etc/init/sub/bar.conf"),
        "instance $REGION\n\
         env REGION=\"eu-1\"\n\
         respawn\n\
         respawn limit 10 5\n\
         kill timeout 5\n\
         normal exit 3\n\
         normal exit TERM\n\
         pre-start script\n\
         '/opt/upstart-monitor/bin/pre-start'\n\
         sleep 0\n\
         end script\n\
         post-stop exec /opt/upstart-monitor/bin/post-stop\n\
         script\n\
         echo serving; exec sleep 3600\n\
         end script\n"
    );
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}
