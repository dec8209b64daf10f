//! What the notifier finds out about services of systemd: that it gave one up, and what the run wrote.
#![cfg(feature = "deliver")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod support;

use std::process::{Child, Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use support::{Host, PrivateSystemd, Property, violations, wait_until};

const UNIT: &str = "shop@eu.service";
const INVOCATION: &str = "0123456789abcdef0123456789abcdef";

/// A host with such a config, and a systemd on it.
fn host(sink: &str) -> (Host, PrivateSystemd) {
    let host = Host::new();
    host.config(&format!("{sink}[snapshot]\nsettle = \"0s\"\n"));
    let systemd = PrivateSystemd::on(&host);
    (host, systemd)
}

const FILE: &str = "[sink.file.all]\npath = \"/told\"\n";

fn text(text: &str) -> Property {
    Property::Text(text.to_owned())
}

fn micros() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros()).unwrap()
}

/// The unit in `state`, `failed/failed`, of the run that crashes, started again `restarts` times.
fn unit(state: &str, restarts: u32) -> Vec<(&'static str, Property)> {
    let (active, sub) = state.split_once('/').unwrap();
    let invocation = u128::from_str_radix(INVOCATION, 16).unwrap().to_be_bytes().to_vec();
    vec![
        ("ActiveState", text(active)),
        ("SubState", text(sub)),
        ("Result", text("exit-code")),
        ("Restart", text("always")),
        ("NRestarts", Property::Number(restarts)),
        ("InvocationID", Property::Bytes(invocation)),
        ("InactiveEnterTimestamp", Property::Time(micros())),
        ("RestartUSec", Property::Time(100_000)),
        ("FragmentPath", text("/etc/systemd/system/shop@.service")),
        ("DropInPaths", Property::Texts(Vec::new())),
        ("StandardOutput", text("journal")),
        ("StandardError", text("inherit")),
    ]
}

/// Main exits with status 3, and nobody had asked for it.
fn crash(host: &Host, systemd: &PrivateSystemd) {
    systemd.set(UNIT, &unit("deactivating/stop-post", 1));
    let mut hook = Command::new(host.program("post-stop"));
    hook.args(["systemd", UNIT]).env_clear().env("UPSTART_MONITOR_ROOT", host.path(""));
    hook.envs([("INVOCATION_ID", INVOCATION), ("SERVICE_RESULT", "exit-code")]);
    hook.envs([("EXIT_CODE", "exited"), ("EXIT_STATUS", "3")]);
    assert!(hook.status().unwrap().success());
}

fn command(host: &Host, word: &str) -> Command {
    // Beside the hooks of this host lies none.
    let mut command = Command::new(env!("CARGO_BIN_EXE_upstart-crash"));
    command.arg(word).env_clear().env("UPSTART_MONITOR_ROOT", host.path(""));
    command.stdin(Stdio::null());
    command
}

fn notifier(host: &Host) -> Child {
    command(host, "deliver").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn deliver(host: &Host) {
    assert!(notifier(host).wait().unwrap().success());
}

fn told(host: &Host) -> Vec<Value> {
    let told = std::fs::read_to_string(host.path("/told")).unwrap_or_default();
    let whole = told.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    let reports: Vec<Value> = whole.map(|line| serde_json::from_str(line).unwrap()).collect();
    for report in &reports {
        assert_eq!(violations(report), [""; 0], "{report:#}");
    }
    reports
}

fn verdicts(host: &Host) -> Vec<String> {
    let word = |report: &Value| report["verdict"]["kind"].as_str().unwrap().to_owned();
    told(host).iter().map(word).collect()
}

#[test]
fn a_service_that_systemd_gave_up_is_told_of_once() {
    let (host, systemd) = host(FILE);
    crash(&host, &systemd);
    systemd.set(UNIT, &unit("failed/failed", 2));
    deliver(&host);
    deliver(&host);
    assert_eq!(verdicts(&host), ["crashed", "gave_up"]);

    let [crash, given_up] = <[Value; 2]>::try_from(told(&host)).unwrap();
    assert_eq!(given_up["severity"], "critical");
    assert_eq!(given_up["init"]["kind"], "systemd");
    assert_eq!(given_up["job"]["run"], crash["job"]["run"]);
    let summary = given_up["summary"].as_str().unwrap();
    assert!(
        summary.contains("shop (eu) gave up: restarting too fast, last exit status 3"),
        "{summary}"
    );
    let reason = given_up["verdict"]["reasons"][0].as_str().unwrap();
    assert!(reason.contains("refused restart 2, where the last run had seen 1"), "{reason}");
    assert_eq!(given_up["evidence"]["systemd"]["status"]["active_state"], "failed");
    assert_eq!(given_up["aftermath"]["recovery"], Value::Null, "nothing is awaited here");
    let short = |report: &Value| report["id"].as_str().unwrap()[28..].to_owned();
    assert_ne!(short(&crash), short(&given_up), "people name them by the end");
}

#[test]
fn a_notifier_watches_until_it_is_decided() {
    let (host, systemd) = host(FILE);
    crash(&host, &systemd);
    systemd.set(UNIT, &unit("activating/auto-restart", 1));
    let mut notifier = notifier(&host);
    wait_until("the crash to be told", || verdicts(&host) == ["crashed"]);
    assert!(notifier.try_wait().unwrap().is_none(), "it watches");
    systemd.set(UNIT, &unit("failed/failed", 2));
    wait_until("the end to be told", || verdicts(&host) == ["crashed", "gave_up"]);
    assert!(notifier.wait().unwrap().success());
}

#[test]
fn what_is_no_giving_up_is_not_told() {
    let stopped = || {
        let mut unit = unit("inactive/dead", 0);
        unit.retain(|(name, _)| *name != "InvocationID");
        unit
    };
    let up_again = || {
        let mut unit = unit("active/running", 2);
        unit.retain(|(name, _)| *name != "InvocationID");
        unit.push(("InvocationID", Property::Bytes(vec![7; 16])));
        unit
    };
    for (what, unit) in [
        ("Restart=no", unit("failed/failed", 1)),
        ("stopped while systemd waited", stopped()),
        ("the next run", up_again()),
    ] {
        let (host, systemd) = host(FILE);
        crash(&host, &systemd);
        systemd.set(UNIT, &unit);
        deliver(&host);
        assert_eq!(verdicts(&host), ["crashed"], "{what}");
    }
}

#[test]
fn it_is_told_where_the_crash_was_not() {
    let only = format!("{FILE}verdicts = [\"gave_up\"]\n");
    let (host, systemd) = host(&only);
    crash(&host, &systemd);
    systemd.set(UNIT, &unit("failed/failed", 2));
    deliver(&host);
    assert_eq!(verdicts(&host), ["gave_up"]);
}

#[test]
fn without_a_sink_it_is_listed() {
    let (host, systemd) = host("");
    crash(&host, &systemd);
    systemd.set(UNIT, &unit("failed/failed", 2));
    deliver(&host);
    let list = command(&host, "list").output().unwrap();
    let list = String::from_utf8(list.stdout).unwrap();
    assert!(list.contains("gave_up"), "{list}");
}

/// A journalctl that has two lines of the run, and none of anything else.
const JOURNALCTL: &str = "#!/bin/sh\n\
    case \"$*\" in *_SYSTEMD_INVOCATION_ID=0123456789abcdef0123456789abcdef*_PID=1*) ;; *) exit ;; esac\n\
    echo 'shop@eu.service: Main process exited, code=exited, status=3'\n\
    echo 'last words'\n";

#[test]
fn a_systemd_that_is_busy_is_asked_again_whether_the_service_is_back() {
    let (host, systemd) = host(FILE);
    host.config(&format!("{FILE}[snapshot]\nsettle = \"2s\"\n"));
    crash(&host, &systemd);
    systemd.set(UNIT, &unit("inactive/dead", 1));
    // Whether it gave up is asked first.
    systemd.leave_unanswered(2);
    deliver(&host);
    let told = told(&host);
    assert_eq!(told[0]["aftermath"]["recovery"]["kind"], "stayed_down", "{:#}", told[0]);
}

#[test]
fn the_log_is_what_the_journal_has_of_this_run() {
    let (host, systemd) = host(&format!("{FILE}[job.shop]\nlog = [\"journal\"]\n"));
    host.make_dir("/usr/bin");
    host.write_program("/usr/bin/journalctl", JOURNALCTL);
    crash(&host, &systemd);
    systemd.set(UNIT, &unit("failed/failed", 1));
    deliver(&host);
    let report = told(&host).remove(0);
    let lines =
        json!(["last words", "shop@eu.service: Main process exited, code=exited, status=3"]);
    assert_eq!(report["log"]["path"], "journal");
    assert_eq!(report["log"]["lines"], lines);
    assert_eq!(report["log"]["this_run_only"], true);
    assert_eq!(report["aftermath"]["logs"], json!([]), "the config asks for the same lines");
}

#[test]
fn an_output_that_goes_to_a_file_is_read_there() {
    let (host, systemd) = host(FILE);
    host.make_dir("/etc/systemd/system");
    host.make_dir("/var/log");
    let service = "[Service]\nStandardOutput=append:/var/log/%p-%i.log\n";
    host.write("/etc/systemd/system/shop@.service", service);
    host.write("/var/log/shop-eu.log", "into a file\n");
    crash(&host, &systemd);
    let mut unit = unit("failed/failed", 1);
    unit.retain(|(name, _)| *name != "StandardOutput");
    unit.push(("StandardOutput", text("append")));
    systemd.set(UNIT, &unit);
    deliver(&host);
    let report = told(&host).remove(0);
    assert_eq!(report["log"]["lines"], json!(["into a file"]));
    let gaps = report["incomplete"].as_array().unwrap();
    let gap = json!({"part": "logs", "reason": "journal: this host has no journalctl"});
    assert!(gaps.contains(&gap), "{gaps:?}");
    let changed = report["aftermath"]["changes"]["configuration"][0]["path"].as_str().unwrap();
    assert!(changed.ends_with("/etc/systemd/system/shop@.service"), "{changed}");
}
