//! The `stopping` event of the harness's Upstart is the recorded one, and so is how a job waits
//! for those who run on it.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use nix::sys::signal::Signal;
use support::{End, Host, JobBuilder, Layout, STAYS_UP, Stanza, wait_until};

/// Writes down the event's variables, and what init says of the job.
const WRITES_DOWN: &str = r#"
cd "$UPSTART_MONITOR_ROOT"
event=$(env | grep -E '^(RESULT|PROCESS|EXIT_)' | sort | tr '\n' ' ')
status=$(UPSTART_JOB="$JOB" UPSTART_INSTANCE="$INSTANCE" sbin/initctl status | head -n 1)
echo "$event$status" | sed 's/ [0-9]*$//' >>seen
"#;

/// Waits for the file `go`.
const WAITS: &str = r#"until [ -e "$UPSTART_MONITOR_ROOT/go" ]; do sleep 0.01; done"#;

/// What is seen of the ends of a job that `play` leads through its life.
#[track_caller]
fn sees(play: impl FnOnce(&Host, JobBuilder), expected: &[&str]) {
    let host = Host::observed_by(WRITES_DOWN);
    play(&host, host.job("nginx"));
    assert_eq!(host.read("/seen").lines().collect::<Vec<_>>(), expected);
}

#[test]
fn of_a_stop_and_a_restart_main_is_alive() {
    sees(|_, job| job.start().stop(), &["RESULT=ok nginx stop/stopping, process"]);
    sees(
        |_, job| {
            let mut job = job.start();
            job.restart();
            assert_eq!((job.pids().len(), job.respawns()), (2, 0));
        },
        &["RESULT=ok nginx start/stopping, process"],
    );
}

#[test]
fn of_a_crash_that_is_respawned_nothing_is_said() {
    sees(|_, job| job.respawn().start().kill(Signal::SIGKILL), &["RESULT=ok nginx start/stopping"]);
}

#[test]
fn of_a_failure_the_process_and_its_end_are_named() {
    let cases = [
        ("kill -SEGV $$", "EXIT_SIGNAL=SEGV PROCESS=main RESULT=failed nginx stop/stopping"),
        ("exit 3", "EXIT_STATUS=3 PROCESS=main RESULT=failed nginx stop/stopping"),
        ("exit 0", "RESULT=ok nginx stop/stopping"),
        ("exit 9", "RESULT=ok nginx stop/stopping"),
    ];
    for (main, seen) in cases {
        let normal = [End::Exited(9)];
        let play = |_: &Host, job: JobBuilder| {
            job.normal_exit(&normal).main(main).start().wait_until_down()
        };
        sees(play, &[seen]);
    }
}

#[test]
fn of_giving_up_no_process_is_named() {
    let play = |_: &Host, job: JobBuilder| {
        job.respawn().respawn_limit(1, 600).main("exit 3").start().wait_until_down()
    };
    let seen =
        ["RESULT=ok nginx start/stopping", "PROCESS=respawn RESULT=failed nginx stop/stopping"];
    sees(play, &seen);
}

#[test]
fn of_a_job_that_does_not_start_there_is_no_main() {
    let fails = |pre_start: Stanza, seen: &str| {
        sees(|_, job| job.pre_start(Some(pre_start)).start().wait_until_down(), &[seen]);
    };
    let seen = "EXIT_STATUS=7 PROCESS=pre-start RESULT=failed nginx stop/stopping";
    fails(Stanza::script("exit 7"), seen);
    fails(Stanza::missing(), "PROCESS=pre-start RESULT=failed nginx stop/stopping");
    sees(
        |_, job| job.exec(Some(Stanza::missing())).start().wait_until_down(),
        &["PROCESS=main RESULT=failed nginx stop/stopping"],
    );
}

#[test]
fn of_a_stop_during_the_start_main_is_there_or_not() {
    let stopped_in = |host: &Host, job: JobBuilder, state: &str| {
        let mut job = job.begin();
        job.wait_until_in(state);
        job.request_stop();
        host.write("/go", "");
        job.wait_until_down();
        assert_eq!((job.failed(), job.hooks_run().contains(&"pre-stop".into())), (None, false));
    };
    sees(
        |host, job| stopped_in(host, job.own_pre_start(WAITS), "pre-start"),
        &["RESULT=ok nginx stop/stopping"],
    );
    let waits = Some(Stanza::script(WAITS));
    sees(
        |host, job| stopped_in(host, job.post_start(waits), "post-start"),
        &["RESULT=ok nginx stop/stopping, process"],
    );
    sees(
        |host, job| stopped_in(host, job.on_starting(WAITS), "starting"),
        &["RESULT=ok nginx stop/stopping"],
    );
}

#[test]
fn the_observer_has_the_environment_of_its_own_job() {
    let host = Host::observed_by("env | sort >\"$UPSTART_MONITOR_ROOT/seen\"");
    let job = host.job("sub/bar").instance("a b").env("LD_PRELOAD", "/no/such/library");
    job.main("exit 3").start().wait_until_down();
    let root = host.path("").to_string_lossy().into_owned();
    let expected = [
        "EXIT_STATUS=3",
        "INSTANCE=a b",
        "JOB=sub/bar",
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/bin:/usr/sbin:/sbin:/bin",
        "PROCESS=main",
        "PWD=/",
        "RESULT=failed",
        "TERM=linux",
        "UPSTART_EVENTS=stopping",
        "UPSTART_INSTANCE=sub/bar/a b",
        "UPSTART_JOB=upstart-monitor",
        &format!("UPSTART_MONITOR_ROOT={}", root.trim_end_matches('/')),
    ];
    let seen = host.read("/seen");
    let seen: Vec<_> = seen.lines().filter(|line| !line.starts_with("_=")).collect();
    assert_eq!(seen, expected);
}

#[test]
fn a_job_waits_for_its_observer() {
    let host = Host::observed_by(WAITS);
    let mut job = host.job("nginx").post_stop(Some(Stanza::script(":"))).start();
    job.request_stop();
    job.wait_until_in("stopping");
    assert_eq!((job.hooks_run(), job.is_down()), (vec!["stopping".to_owned()], false));
    host.write("/go", "");
    job.wait_until_down();
    assert_eq!(job.hooks_run(), ["stopping", "post-stop"]);
}

#[test]
fn main_that_dies_while_its_observer_runs_has_not_failed() {
    let host = Host::observed_by(WAITS);
    let mut job = host.job("nginx").respawn().start();
    job.request_stop();
    job.wait_until_in("stopping");
    let pid = nix::unistd::Pid::from_raw(job.pids()[0]);
    nix::sys::signal::kill(pid, Signal::SIGSEGV).unwrap();
    job.wait_for_deaths(1);
    host.write("/go", "");
    job.wait_until_down();
    assert_eq!((job.failed(), job.respawns(), job.failures()), (None, 0, 0));
}

#[test]
fn a_start_while_the_observer_runs_restarts() {
    let host = Host::observed_by(WAITS);
    let mut job = host.job("nginx").start();
    job.request_stop();
    job.wait_until_in("stopping");
    job.request_start();
    host.write("/go", "");
    wait_until("a second main process", || job.pids().len() == 2);
    job.wait_until_in("running");
}

#[test]
fn an_observer_that_fails_changes_nothing() {
    let failing = Host::observed_by("exit 7");
    let missing = Host::laid_out(Layout::Observer);
    let _ = std::fs::remove_file(missing.program("stopping"));
    for host in [failing, missing] {
        let job = host.job("nginx").respawn().lives(["exit 3", STAYS_UP]).start();
        job.wait_until_up_after(1);
        assert_eq!((job.failed(), job.failures(), job.pids().len()), (None, 1, 2));
        let kernel_log = host.read("/dev/kmsg");
        assert!(kernel_log.contains("upstart-monitor (nginx/) main process"), "{kernel_log}");
    }
}
