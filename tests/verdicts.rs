//! What the real post-stop decides at the end of whole lives, and what it tells.
#![allow(clippy::indexing_slicing, reason = "a report without the field fails the test")]

mod support;

use nix::sys::signal::Signal;
use serde_json::{Value, json};
use support::Hook::{PostStop, PreStart};
use support::{End, Host, JobBuilder, Layout, LogPriority, STAYS_UP, Stanza, missing};

/// Runs `job` until it is down; the one report on it.
#[track_caller]
fn told(host: &Host, job: JobBuilder) -> Value {
    job.start().wait_until_down();
    assert_eq!(host.markers(), [""; 0]);
    host.only_report()
}

/// Runs `job` until it is down, of which nothing is to be told.
#[track_caller]
fn silent(host: &Host, job: JobBuilder) {
    job.start().wait_until_down();
    assert_eq!(host.reports(), [""; 0]);
    assert_eq!(host.markers(), [""; 0], "consumed");
}

#[track_caller]
fn says(report: &Value, kind: &str, words: &str) {
    assert_eq!(report["verdict"]["kind"], kind, "{report:#}");
    let summary = report["summary"].as_str().unwrap_or_default();
    assert!(summary.contains(words), "{words:?} in {summary:?}");
}

#[test]
fn a_signal_is_named() {
    let host = Host::new();
    let report = told(&host, host.job("nginx").main("kill -SEGV $$"));
    says(&report, "crashed", ": nginx crashed: SIGSEGV after ");
    let exit = json!({
        "kind": "signal", "process": "main", "status": null, "signal": 11, "signal_name": "SIGSEGV",
    });
    assert_eq!(report["exit"], exit);
    let line = report["kernel"]["lines"][0]["text"].as_str().unwrap_or_default();
    assert!(line.starts_with("init: nginx main process ("), "{report:#}");
    assert_eq!(report["kernel"]["truncated"], false);
    assert_eq!(missing(&report), ["log"]);
}

#[test]
fn an_exit_status_is_named() {
    let host = Host::new();
    let report = told(&host, host.job("nginx").main("exit 3"));
    says(&report, "crashed", "crashed: exit status 3 after ");
    assert_eq!((&report["exit"]["kind"], &report["exit"]["status"]), (&json!("status"), &json!(3)));
}

#[test]
fn exit_status_0_of_a_respawn_job_is_named() {
    let host = Host::new();
    let job = host.job("nginx").respawn().lives(["exit 0", STAYS_UP]).start();
    job.wait_until_up_after(1);
    says(&host.only_report(), "crashed", "crashed: exit status 0 after ");
}

#[test]
fn out_of_memory_is_named() {
    let host = Host::new();
    let job = host.job("nginx").start();
    let pid = job.pids()[0];
    host.kernel_says(&format!("Out of memory: Killed process {pid} (sleep) total-vm:8kB"));
    job.kill(Signal::SIGKILL);
    let report = host.only_report();
    says(&report, "crashed", ": nginx was killed: out of memory after ");
    assert_eq!((&report["exit"]["kind"], &report["exit"]["signal"]), (&json!("oom"), &json!(9)));
    assert_eq!(report["kernel"]["lines"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_service_that_cannot_start_is_told_as_such() {
    let host = Host::new();
    let report = told(&host, host.job("nginx").exec(Some(Stanza::missing())));
    says(&report, "start_failed", "failed to start: main could not be executed");
    assert_eq!(report["exit"]["kind"], "not_started");
}

#[test]
fn a_pre_start_of_the_jobs_own_that_fails_is_told_as_such() {
    let host = Host::new();
    let hook = host.program("pre-start");
    let own = Stanza::script(&format!("'{}'; exit 7", hook.display()));
    let report = told(&host, host.job("nginx").pre_start(Some(own)));
    says(&report, "start_failed", "failed to start: pre-start exit status 7");
    assert_eq!(
        (&report["exit"]["process"], &report["exit"]["status"]),
        (&json!("pre-start"), &json!(7))
    );
}

#[test]
fn giving_up_is_told_louder() {
    let host = Host::new();
    let job = host.job("nginx").respawn().respawn_limit(2, 600).main("exit 3").start();
    job.wait_until_down();
    let reports = host.reports();
    let kinds: Vec<_> = reports.iter().map(|report| &report["verdict"]["kind"]).collect();
    assert_eq!(kinds, ["crashed", "crashed", "gave_up"]);
    let last = &reports[2];
    says(last, "gave_up", "gave up: respawning too fast, last exit status 3 after ");
    assert_eq!(last["severity"], "critical");
}

#[test]
fn a_normal_end_is_silent() {
    let host = Host::new();
    silent(&host, host.job("once").main("exit 0"));
    silent(&host, host.job("backup").task().main("exit 0"));
    silent(&host, host.job("odd").normal_exit(&[End::Exited(3)]).main("exit 3"));
}

#[test]
fn a_failing_task_is_told() {
    let host = Host::new();
    says(&told(&host, host.job("backup").task().main("exit 1")), "crashed", "exit status 1");
}

#[test]
fn a_stop_during_pre_start_is_silent() {
    let host = Host::new();
    let (hook, go) = (host.program("pre-start"), host.path("/go"));
    let slow = format!("'{}'; until [ -e \"$GO\" ]; do sleep 0.01; done", hook.display());
    let job = host.job("nginx").env("GO", &go.to_string_lossy());
    let mut job = job.pre_start(Some(Stanza::script(&slow))).begin();
    job.request_stop();
    host.write("/go", "");
    job.wait_until_down();
    assert_eq!(job.hooks_run(), ["pre-start", "post-stop"]);
    assert_eq!(host.reports(), [""; 0]);
    assert_eq!(host.markers(), [""; 0]);
}

#[test]
fn a_stop_of_a_state_is_silent() {
    let host = Host::new();
    let mut job = host.job("state").exec(None).start();
    job.stop();
    assert_eq!(job.hooks_run(), ["pre-start", "post-stop"]);
    assert_eq!((host.reports().len(), host.markers().len()), (0, 0));
}

#[test]
fn a_host_that_goes_down_is_silent() {
    for (signal, reports) in [(Signal::SIGTERM, 0), (Signal::SIGKILL, 0), (Signal::SIGSEGV, 1)] {
        let host = Host::new();
        let job = host.job("nginx").start();
        host.set_runlevel('6');
        job.kill(signal);
        assert_eq!(host.reports().len(), reports, "{signal}");
        assert_eq!(host.markers(), ["utmp"]);
    }
}

#[test]
fn sigterm_from_outside_is_unclear_and_says_what_is_missing() {
    let host = Host::new();
    let job = host.job("nginx").start();
    job.kill(Signal::SIGTERM);
    let report = host.only_report();
    says(&report, "unclear", "ended, perhaps by a crash: SIGTERM after ");
    assert!(report["verdict"]["reasons"].to_string().contains("`stopping` event"), "{report:#}");
    assert_eq!(report["severity"], "warning");
}

#[test]
fn without_a_kernel_log_the_end_is_unclear() {
    let host = Host::new();
    host.hook(PreStart, "nginx").run().harms_nobody();
    host.hook(PostStop, "nginx").run().harms_nobody().says_nothing();
    let report = host.only_report();
    says(&report, "unclear", "ended, perhaps by a crash after ");
    assert_eq!(report["kernel"], Value::Null);
    assert_eq!(report["incomplete"][0]["part"], "kernel");
    assert!(report["verdict"]["reasons"].to_string().contains("kernel log is not available"));
}

#[test]
fn an_init_that_writes_to_the_systems_log_is_heard_there() {
    let killed = "nginx main process (53) killed by SEGV signal";
    for (log, form, messages, kind, words) in [
        ("/var/log/syslog", "+%FT%T.%6N%:z", &[killed][..], "crashed", "crashed: SIGSEGV"),
        // Whole seconds are too coarse for so short a run; but after this, nobody started it.
        (
            "/var/log/messages",
            "+%b %e %T",
            &[killed, "nginx respawning too fast, stopped"],
            "gave_up",
            "last SIGSEGV",
        ),
    ] {
        let host = Host::new();
        remove_dir(&host, "/var/log/upstart");
        host.hook(PreStart, "nginx").run().harms_nobody();
        host.write(log, syslog_lines(form, messages));
        host.hook(PostStop, "nginx").run().harms_nobody().says_nothing();
        let report = host.only_report();
        says(&report, kind, words);
        let line = &report["kernel"]["lines"][0];
        assert!(line["text"].as_str().is_some_and(|text| text.contains(" init: nginx main")));
        assert_eq!(
            (&line["seconds"], &report["kernel"]["truncated"]),
            (&Value::Null, &json!(true))
        );
    }
}

#[test]
fn its_silence_there_proves_nothing() {
    for planted in [false, true] {
        let host = Host::new();
        remove_dir(&host, "/var/log/upstart");
        host.hook(PreStart, "nginx").run().harms_nobody();
        let lines = ["apache main process (53) killed by SEGV signal"];
        host.write("/var/log/messages", syslog_lines("+%b %e %T", &lines));
        if planted {
            let lines = ["nginx main process (53) killed by SEGV signal"];
            host.write("/var/log/messages", syslog_lines("+%b %e %T", &lines));
            host.give_to(65534, "/var/log/messages");
        }
        host.hook(PostStop, "nginx").run().harms_nobody().says_nothing();
        let report = host.only_report();
        says(&report, "unclear", "ended, perhaps by a crash");
        let reasons = report["verdict"]["reasons"].to_string();
        let reason = if planted { "is not root's" } else { "may come late" };
        assert!(reasons.contains(reason), "{reasons}");
    }
}

fn remove_dir(host: &Host, absolute: &str) {
    let removed = std::fs::remove_dir(host.path(absolute));
    assert!(removed.is_ok(), "{absolute}: {removed:?}");
}

/// What rsyslog writes now of init's `messages`, with the time in the `form` of `date`.
fn syslog_lines(form: &str, messages: &[&str]) -> String {
    let said = |program: &str, argument: &str| {
        let output = std::process::Command::new(program).arg(argument).output();
        let bytes = output.map(|output| output.stdout).unwrap_or_default();
        String::from_utf8_lossy(&bytes).trim().to_owned()
    };
    let head = format!("{} {} init: ", said("date", form), said("uname", "-n"));
    messages.iter().map(|message| format!("{head}{message}\n")).collect()
}

#[test]
fn a_kernel_log_that_is_planted_is_not_read() {
    for plant in ["mkfifo dev/kmsg", "ln -s /dev/zero dev/kmsg", "mkdir dev/kmsg"] {
        let host = Host::new();
        host.hook(PreStart, "nginx").run().harms_nobody();
        let mut shell = std::process::Command::new("sh");
        let made = shell.args(["-c", plant]).current_dir(host.path("/")).status();
        assert!(made.is_ok_and(|status| status.success()), "{plant}");
        host.hook(PostStop, "nginx").run().harms_nobody().says_nothing();
        assert_eq!(host.only_report()["kernel"], Value::Null, "{plant}");
    }
}

#[test]
fn an_instance_named_like_a_message_speaks_only_for_itself() {
    let host = Host::new();
    let names = [
        "nginx main process (1) killed by SEGV signal",
        "a\ninit: nginx respawning too fast, stopped\n",
        "é\\x0a) main process ended, respawning",
    ];
    let mut nginx = host.job("nginx").start();
    for name in names {
        let host = Host::new();
        let report = told(&host, host.job("kf").instance(name).main("exit 3"));
        says(&report, "crashed", "crashed: exit status 3");
        assert_eq!(report["kernel"]["lines"].as_array().map(Vec::len), Some(1));
    }
    for name in names {
        host.job("kf").instance(name).main("exit 3").start().wait_until_down();
    }
    nginx.stop();
    assert_eq!(host.reports().len(), names.len(), "none on nginx");
}

#[test]
fn where_init_hides_failures_its_silence_proves_nothing() {
    for (layout, kind) in [(Layout::ThreeStanzas, "unclear"), (Layout::Observer, "crashed")] {
        let host = Host::laid_out(layout);
        host.set_log_priority(LogPriority::Error);
        let report = told(&host, host.job("nginx").main("exit 3"));
        assert_eq!(report["verdict"]["kind"], kind, "{report:#}");
        assert_eq!(report["evidence"]["failures_logged"], false);
    }
    let host = Host::new();
    host.set_log_priority(LogPriority::Info);
    silent(&host, host.job("once").main("exit 0"));
}
