//! Whole lives of jobs, as Upstart runs them, around the real hooks.
#![allow(clippy::indexing_slicing, reason = "a report without the field fails the test")]

mod support;

use nix::sys::signal::Signal;
use support::{Host, Job, STAYS_UP, missing};

const CRASHES: &str = "echo last words; kill -SEGV $$";

/// A story that every report is the same in: crashed, told once, and the marker is gone.
#[track_caller]
fn told_as_crashed(host: &Host, job: &str) {
    let report = host.only_report();
    assert_eq!(report["verdict"]["kind"], "crashed");
    assert_eq!(report["job"]["name"], job);
    assert_eq!(host.markers(), [""; 0]);
}

#[test]
fn a_crash_by_a_signal_is_reported() {
    let host = Host::new();
    let job = host.job("nginx").main(CRASHES).start();
    job.wait_until_down();
    told_as_crashed(&host, "nginx");
    assert_eq!(job.hooks_run(), ["pre-start", "post-stop"]);
}

#[test]
fn a_crash_by_exit_status_is_reported() {
    let host = Host::new();
    let job = host.job("nginx").main("exit 3").start();
    job.wait_until_down();
    told_as_crashed(&host, "nginx");
}

#[test]
fn exit_status_0_of_a_respawn_job_is_a_crash() {
    let host = Host::new();
    let job = host.job("nginx").respawn().lives(["exit 0", STAYS_UP]).start();
    job.wait_until_up_after(1);
    assert_eq!(host.only_report()["verdict"]["kind"], "crashed");
    assert_eq!(host.markers(), ["nginx.shutdown"]);
}

#[test]
fn a_service_killed_from_outside_is_reported_with_how_long_it_ran() {
    let host = Host::new();
    let job = host.job("nginx").start();
    job.kill(Signal::SIGKILL);
    let report = host.only_report();
    let ran = report["job"]["ran_seconds"].as_f64().unwrap();
    assert!((0.0..60.0).contains(&ran), "{ran}");
    assert_eq!(report["severity"], "error");
    assert!(
        report["summary"].as_str().unwrap().contains(": nginx crashed: SIGKILL after "),
        "{report}"
    );
}

#[test]
fn a_planned_stop_is_silent() {
    let host = Host::new();
    let mut job = host.job("nginx").respawn().start();
    job.stop();
    assert_eq!(host.reports(), [""; 0]);
    assert_eq!(host.markers(), [""; 0]);
    assert_eq!(job.hooks_run(), ["pre-start", "pre-stop", "post-stop"]);
    assert_eq!(job.failed(), None);
}

#[test]
fn a_stop_by_an_event_is_silent() {
    let host = Host::new();
    let mut job = host.job("nginx").start();
    job.stop_by_event(&[("UPSTART_STOP_EVENTS", "runlevel"), ("RUNLEVEL", "0")]);
    assert_eq!(host.reports(), [""; 0]);
}

#[test]
fn a_stop_that_has_to_kill_is_silent() {
    let host = Host::new();
    let stubborn = "trap '' TERM; echo serving; while :; do sleep 1; done";
    let kill_timeout = std::time::Duration::from_millis(50);
    let mut job = host.job("nginx").main(stubborn).kill_timeout(kill_timeout).start();
    job.wait_for_log("serving");
    job.stop();
    assert_eq!(host.reports(), [""; 0]);
}

#[test]
fn respawning_goes_on_and_each_crash_is_told() {
    let host = Host::new();
    let job = host.job("nginx").respawn().lives([CRASHES, "exit 1", STAYS_UP]).start();
    job.wait_until_up_after(2);
    assert_eq!(host.reports().len(), 2);
    assert_eq!(host.runs_told().len(), 2);

    job.kill(Signal::SIGABRT);
    assert_eq!(job.respawns(), 3);
    assert_eq!(host.runs_told().len(), 3);
    assert_eq!(job.failed(), None);
}

#[test]
fn a_stop_after_a_crash_is_silent() {
    let host = Host::new();
    let mut job = host.job("nginx").respawn().lives([CRASHES, STAYS_UP]).start();
    job.wait_until_up_after(1);
    job.stop();
    assert_eq!(host.reports().len(), 1);
    job.start();
    job.kill(Signal::SIGSEGV);
    assert_eq!(host.reports().len(), 2);
}

#[test]
fn ids_sort_by_the_order_of_the_crashes() {
    let host = Host::new();
    let job = host.job("nginx").respawn().lives([CRASHES, CRASHES, CRASHES, STAYS_UP]).start();
    job.wait_until_up_after(3);
    let reports = host.reports();
    let times: Vec<_> = reports.iter().map(|report| report["time_unix_us"].as_i64()).collect();
    assert_eq!(times.len(), 3);
    assert!(times.is_sorted(), "by id: {times:?}");
}

#[test]
fn the_respawn_limit_still_trips() {
    let host = Host::new();
    // Longer than any machine needs for eleven deaths: it is the count that is tested.
    let job = host.job("nginx").respawn().respawn_limit(10, 600).main(CRASHES).start();
    job.wait_until_down();
    assert_eq!(job.failed().as_deref(), Some("respawn"));
    assert_eq!(job.pids().len(), 11);
    assert_eq!(host.runs_told().len(), 11);
    assert!(host.read("/dev/kmsg").contains(";init: nginx respawning too fast, stopped"));
}

#[test]
fn two_instances_are_kept_apart() {
    let host = Host::new();
    let start = |instance| host.job("nginx").instance(instance).start();
    let (mut one, two): (Job, Job) = (start("eu-1"), start("us/2"));
    assert_eq!(host.markers(), ["%nginx@eu-1.shutdown", "%nginx@us%2F2.shutdown"]);
    two.kill(Signal::SIGSEGV);
    one.stop();
    let report = host.only_report();
    assert_eq!(report["job"]["instance"], "us/2");
    assert!(report["key"].as_str().unwrap().ends_with("/nginx/us/2"), "{report}");
    assert_eq!(report["labels"]["upstart_instance"], "us/2");
}

#[test]
fn many_instances_that_die_at_once_are_all_told() {
    let host = Host::new();
    let jobs: Vec<_> =
        (0..8).map(|n| host.job("worker").instance(&n.to_string()).start()).collect();
    std::thread::scope(|scope| {
        for job in &jobs {
            scope.spawn(|| job.kill(Signal::SIGKILL));
        }
    });
    assert_eq!(host.runs_told().len(), 8);
}

#[test]
fn a_job_in_a_sub_directory_is_watched() {
    let host = Host::new();
    let job = host.job("sub/bar").start();
    assert_eq!(host.markers(), ["%sub%2Fbar.shutdown"]);
    job.wait_for_log("serving");
    job.kill(Signal::SIGSEGV);
    told_as_crashed(&host, "sub/bar");
    let log = &host.only_report()["log"];
    assert!(log["path"].as_str().unwrap().ends_with("/var/log/upstart/sub_bar.log"), "{log}");
    assert_eq!(log["lines"], serde_json::json!(["serving"]));
}

#[test]
fn a_job_that_is_named_strangely_is_watched() {
    for name in ["sp job", "-rf", "é☃", "a'b\"c", "..", "%41"] {
        let host = Host::new();
        let job = host.job(name).main(CRASHES).start();
        job.wait_until_down();
        told_as_crashed(&host, name);
        assert_eq!(job.failed().as_deref(), Some("main"), "{name}: no hook made it fail");
    }
}

#[test]
fn the_log_is_that_of_this_run_alone() {
    let host = Host::new();
    let lives = ["echo first life; exit 1", "echo second life; exit 1", STAYS_UP];
    let job = host.job("nginx").respawn().lives(lives).start();
    job.wait_until_up_after(2);
    job.wait_for_log("serving");
    let lines: Vec<_> = host.reports().iter().map(|r| r["log"]["lines"].clone()).collect();
    assert_eq!(lines, [serde_json::json!(["first life"]), serde_json::json!(["second life"])]);
    assert_eq!(host.read(job.log_path()).matches("\r\n").count(), 3, "as a terminal ends lines");
}

#[test]
fn of_a_long_log_the_end_is_told() {
    let host = Host::new();
    let job = host.job("nginx").main("seq 20000; echo last words; exit 1").start();
    job.wait_until_down();
    let log = &host.only_report()["log"];
    assert_eq!(log["lines"].as_array().unwrap().len(), 50);
    assert_eq!(log["lines"][49], "last words");
    assert_eq!(log["truncated"], true);
    assert_eq!(log["bytes"], host.read(job.log_path()).len());
}

#[test]
fn a_log_rotated_while_the_job_ran_is_followed_to_its_new_name() {
    let host = Host::new();
    let job = host.job("nginx").respawn().lives(["echo old; exit 1", "echo new; exec sleep 3600"]);
    let job = job.start();
    job.wait_for_log("new");
    let log = host.path(job.log_path());
    std::fs::rename(&log, log.with_extension("log.1")).unwrap();
    job.kill(Signal::SIGSEGV);
    let log = host.reports().pop().unwrap()["log"].clone();
    assert!(log["path"].as_str().unwrap().ends_with("nginx.log.1"), "{log}");
    assert_eq!(log["lines"], serde_json::json!(["new"]));
}

#[test]
fn a_log_made_anew_while_the_job_ran_is_this_runs() {
    let host = Host::new();
    let talks = "echo before; until [ -e \"$GO\" ]; do sleep 0.01; done; echo after; exit 1";
    let go = host.path("/go");
    let job = host.job("nginx").respawn().lives(["echo old; exit 1", talks, STAYS_UP]);
    let job = job.env("GO", go.to_str().unwrap()).start();
    job.wait_for_log("before");
    // As logrotate does: moved, packed, unlinked; Upstart makes a new file at the next line.
    std::fs::remove_file(host.path(job.log_path())).unwrap();
    host.write("/go", "");
    job.wait_until_up_after(2);
    assert_eq!(host.reports()[1]["log"]["lines"], serde_json::json!(["after"]));
}

#[test]
fn a_log_of_an_earlier_run_is_not_taken_for_this_ones() {
    let host = Host::new();
    host.write("/var/log/upstart/nginx.log.1", "of last week\r\n");
    let job = host.job("nginx").main("exit 1").start();
    job.wait_until_down();
    assert_eq!(host.only_report()["log"], serde_json::Value::Null);
}

#[test]
fn where_there_is_no_log_the_report_says_so() {
    let host = Host::new();
    let job = host.job("nginx").console_none().main(CRASHES).start();
    job.wait_until_down();
    let report = host.only_report();
    assert_eq!(report["log"], serde_json::Value::Null);
    assert_eq!(missing(&report), ["log"], "{report}");
}

#[test]
fn an_end_that_no_post_stop_saw_is_kept_by_the_next_start() {
    let host = Host::new();
    let mut job = host.job("nginx").post_stop(None).main(CRASHES).start();
    job.wait_until_down();
    assert_eq!(host.markers(), ["nginx.shutdown"], "still armed");
    job.start();
    job.wait_until_down();
    let unseen = host.unseen();
    assert_eq!(unseen.len(), 1);
    assert!(unseen[0].contains("\njob nginx\n") && unseen[0].contains("\nfound "), "{}", unseen[0]);
}

#[test]
fn hooks_leave_nothing_behind_in_the_log_when_all_is_well() {
    let host = Host::new();
    let mut job = host.job("nginx").lives([CRASHES, STAYS_UP]).respawn().start();
    job.wait_until_up_after(1);
    job.wait_for_log("serving");
    job.stop();
    assert_eq!(host.read(job.log_path()), "last words\r\nserving\r\n");
}
