//! What a report says of the machine is what the machine looked like.
#![allow(clippy::indexing_slicing, reason = "a report without the field fails the test")]

mod support;

use serde_json::{Value, json};
use support::Hook::{Observer, PostStop, PreStart};
use support::{Hook, Host};

/// What `hook` says of the machine when nginx crashed on `host`.
fn snapshot(host: &Host, hook: Hook) -> Value {
    host.hook(PreStart, "nginx").run().harms_nobody();
    host.init_says("nginx main process (53) killed by SEGV signal");
    let run = host.hook(hook, "nginx").env("RESULT", "failed").env("PROCESS", "main");
    run.env("EXIT_SIGNAL", "SEGV").run().harms_nobody();
    host.only_report()["snapshot"].take()
}

#[test]
fn each_file_system_is_named_once() {
    let host = Host::new();
    host.mount_small("/var/spool/upstart-monitor", 1 << 20);
    let disks = &snapshot(&host, PostStop)["disks"];
    assert_eq!(disks[0]["holds"], json!(["root", "log"]), "{disks:#}");
    assert_eq!(disks[1]["holds"], json!(["spool"]), "{disks:#}");
    assert_eq!(disks[1]["total_bytes"], 1 << 20);
    assert_eq!(disks.as_array().map(Vec::len), Some(2));
}

#[test]
fn what_the_kernel_wrote_before_is_kept_whomever_it_concerns() {
    let host = Host::new();
    host.kernel_says("end_request: I/O error, dev sda, sector 83921");
    let snapshot = snapshot(&host, PostStop);
    let lines = &snapshot["kernel_log"]["lines"];
    assert_eq!(lines[0]["text"], "end_request: I/O error, dev sda, sector 83921", "{snapshot:#}");
    assert_eq!(lines.as_array().map(Vec::len), Some(1), "init's lines are not the kernel's");
}

#[test]
fn the_observers_control_group_is_not_the_jobs() {
    let snapshot = snapshot(&Host::new(), Observer);
    assert_eq!(snapshot["cgroup_memory"], Value::Null);
    assert!(snapshot["load"].is_object() && snapshot["memory"].is_object(), "{snapshot:#}");
}
