//! The report's schema says exactly what the program writes: no field more, none less.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a report without the field fails the test"
)]

mod support;

use serde_json::{Value, json};
use support::{Host, violations};
use upstart_monitor::verdict::{ExitKind, Severity, VerdictKind};

/// A report with everything in it; what this kernel or this host does not have is another's.
fn report() -> Value {
    let host = Host::new();
    let job = host.job("nginx").instance("eu-1").main("echo last words; exit 1").start();
    job.wait_until_down();
    let mut report = host.only_report();
    report["incomplete"] = json!([{"part": "memory", "reason": "no /proc"}]);
    let other: Value = serde_json::from_str(include_str!("data/report-v1.json")).unwrap();
    for part in ["pressure", "cgroup_memory", "kernel_log", "disks"] {
        report["snapshot"][part] = other["snapshot"][part].clone();
    }
    let examined: Value = serde_json::from_str(include_str!("data/report-v1.json")).unwrap();
    for part in ["aftermath", "links", "withheld"] {
        report[part] = examined[part].clone();
    }
    assert_eq!(violations(&report), [""; 0]);
    report
}

/// Every place in `value` that is an object, as a JSON pointer.
fn objects(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            found.push(at.to_owned());
            fields.iter().for_each(|(name, value)| objects(value, &format!("{at}/{name}"), found));
        }
        Value::Array(items) => {
            let numbered = items.iter().enumerate();
            numbered.for_each(|(n, value)| objects(value, &format!("{at}/{n}"), found));
        }
        _ => {}
    }
}

#[test]
fn every_field_is_required_and_no_other_is_known() {
    let report = report();
    let mut places = Vec::new();
    objects(&report, "", &mut places);
    assert_eq!(places.len(), 51, "{places:?}");
    for place in places {
        let fields: Vec<_> =
            report.pointer(&place).unwrap().as_object().unwrap().keys().cloned().collect();
        for field in fields {
            let mut less = report.clone();
            less.pointer_mut(&place).unwrap().as_object_mut().unwrap().remove(&field);
            assert_eq!(violations(&less).len(), 1, "without {place}/{field}");
        }
        let mut more = report.clone();
        more.pointer_mut(&place).unwrap()["surprise"] = json!(1);
        assert_eq!(violations(&more).len(), 1, "with {place}/surprise");
    }
}

#[test]
fn what_may_be_missing_is_null() {
    let report = report();
    for place in [
        "/log",
        "/kernel",
        "/kernel/lines/0/seconds",
        "/exit/status",
        "/snapshot/load",
        "/snapshot/memory",
        "/snapshot/pressure",
        "/snapshot/pressure/io/full",
        "/snapshot/file_handles",
        "/snapshot/cgroup_memory",
        "/snapshot/cgroup_memory/oom_kill",
        "/snapshot/kernel_log",
        "/snapshot/disks",
        "/snapshot/disks/0/inodes_total",
        "/job/ran_seconds",
        "/aftermath",
        "/aftermath/recovery",
        "/aftermath/processes",
        "/aftermath/processes/by_cpu",
        "/aftermath/processes/by_memory/0/cpu_percent",
        "/aftermath/left_behind",
        "/aftermath/core",
        "/aftermath/core/handler",
        "/aftermath/core/path",
        "/aftermath/core/bytes",
        "/aftermath/changes",
        "/aftermath/changes/packages_changed_at",
        "/aftermath/commands",
        "/aftermath/commands/0/exit",
        "/aftermath/logs",
        "/withheld",
        "/withheld/until",
        "/host/cpus",
    ] {
        let mut without = report.clone();
        *without.pointer_mut(place).unwrap() = Value::Null;
        assert_eq!(violations(&without), [""; 0], "{place}");
    }
    for place in ["/job", "/verdict", "/exit", "/time", "/labels", "/incomplete", "/host/name"] {
        let mut without = report.clone();
        *without.pointer_mut(place).unwrap() = Value::Null;
        assert_eq!(violations(&without).len(), 1, "{place}");
    }
}

#[test]
fn values_out_of_bounds_are_refused() {
    let report = report();
    for (place, value) in [
        ("/version", json!(2)),
        ("/id", json!("0192f7a0-7c3e-4d21-9f55-3b2f6c1d8e40")),
        ("/time", json!("2026-11-21 03:42:17")),
        ("/time", json!("2026-13-21T03:42:17.123456Z")),
        ("/severity", json!("loud")),
        ("/summary", json!("two\nlines")),
        ("/verdict/kind", json!("Crashed")),
        ("/verdict/reasons", json!([])),
        ("/exit/kind", json!("bored")),
        ("/exit/signal_name", json!("SEGV")),
        ("/kernel/lines/0/seconds", json!(-1)),
        ("/snapshot/memory/free_bytes", json!(-1)),
        ("/snapshot/pressure/cpu/some/avg10_percent", json!(-0.5)),
        ("/snapshot/disks/0/holds", json!(["swap"])),
        ("/snapshot/disks/0/holds", json!([])),
        ("/snapshot/kernel_log/lines/0/seconds", json!(-1)),
        ("/job/run", json!("xyz")),
        ("/aftermath/recovery/kind", json!("back")),
        ("/aftermath/recovery/after_seconds", json!(-1)),
        ("/aftermath/processes/by_memory/0/state", json!("sleeping")),
        ("/aftermath/left_behind/0/ports/0/port", json!(65536)),
        ("/aftermath/left_behind/0/ports/0/protocol", json!("sctp")),
        ("/aftermath/commands/0/seconds", json!(-1)),
        ("/labels", json!({"upstart_job": "a", "upstart_instance": "", "team": 1})),
        ("/labels", json!({"upstart_job": "a", "upstart_instance": "", "my team": "web"})),
        ("/withheld/by", json!("chance")),
    ] {
        let mut wrong = report.clone();
        *wrong.pointer_mut(place).unwrap() = value;
        assert!(!violations(&wrong).is_empty(), "{place}");
    }
}

#[test]
fn every_verdict_and_severity_is_known_to_it() {
    use VerdictKind::{
        Crashed, Finished, GaveUp, HostShutdown, StartFailed, Stopped, Unclear, Unseen,
    };
    let mut report = report();
    for kind in [Crashed, StartFailed, GaveUp, Stopped, Finished, HostShutdown, Unseen, Unclear] {
        report["verdict"]["kind"] = serde_json::to_value(kind).unwrap();
        assert_eq!(violations(&report), [""; 0], "{kind:?}");
    }
    for exit in
        [ExitKind::Status, ExitKind::Signal, ExitKind::Oom, ExitKind::NotStarted, ExitKind::Unknown]
    {
        report["exit"]["kind"] = serde_json::to_value(exit).unwrap();
        assert_eq!(violations(&report), [""; 0], "{exit:?}");
    }
    for severity in [Severity::Info, Severity::Warning, Severity::Error, Severity::Critical] {
        report["severity"] = serde_json::to_value(severity).unwrap();
        assert_eq!(violations(&report), [""; 0], "{severity:?}");
    }
}
