//! A crash is told without anybody's doing: the hook's kick starts the notifier.

use std::fs;

use serde_json::Value;

use crate::support::{AT_ONCE, Hooks, Life, Machine, violations};

/// One whose notifier writes to a file what it tells.
fn machine_that_tells() -> Machine {
    let machine = Machine::new(Hooks::OfUnits);
    machine.install_notifier(&format!("[sink.file.all]\npath = \"/var/log/told\"\n{AT_ONCE}"));
    machine
}

/// The reports that were told; each is held against the schema.
fn told(machine: &Machine) -> Vec<Value> {
    let text = fs::read_to_string(machine.path("/var/log/told")).unwrap();
    let told: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for report in &told {
        assert_eq!(violations(report), [""; 0], "{report:#}");
    }
    told
}

#[test]
fn a_crash_is_told_at_once() {
    let machine = machine_that_tells();
    let life = Life {
        unit: "web.service",
        text: "ExecStart=/bin/sleep 1000",
        steps: "ctl start; signal SEGV; over; wait_until 'it was told' test -s /var/log/told",
        told: &[],
    };
    machine.live(&[life]);
    let [hooked, _] = machine.lived(&life);
    assert!(!hooked.behaviour.contains("in vain"), "{}", hooked.behaviour);
    let told = fs::read_to_string(machine.path("/var/log/told")).unwrap();
    assert!(told.contains("web") && told.contains("SIGSEGV"), "{told}");
    assert_eq!(hooked.reports, [] as [Value; 0], "it is in the archive");
}

#[test]
fn a_service_that_systemd_gives_up_is_told_of_though_no_hook_runs_for_that() {
    let machine = machine_that_tells();
    let life = Life {
        unit: "loop.service",
        text: "[Unit]\nStartLimitBurst=2\nStartLimitIntervalSec=60\n\
               [Service]\nRestart=always\nRestartSec=300ms\n\
               ExecStart=/bin/sh -c 'echo last words; sleep 0.1; exit 3'",
        steps: "ctl start; over; wait_until 'it was told' grep -q gave_up /var/log/told",
        told: &[],
    };
    machine.live(&[life]);
    let told = told(&machine);
    let verdicts: Vec<_> = told.iter().map(|report| &report["verdict"]["kind"]).collect();
    assert_eq!(verdicts, ["crashed", "crashed", "gave_up"]);
    let log = told[0]["log"]["lines"].as_array().unwrap();
    assert_eq!(log.iter().filter(|line| *line == "last words").count(), 1, "of this run: {log:?}");
    let systemds = |line: &&Value| line.as_str().unwrap().contains("Main process exited");
    assert_eq!(log.iter().filter(systemds).count(), 1, "{log:?}");
}

#[test]
fn a_core_is_told_of_as_systemd_coredump_has_it() {
    let machine = machine_that_tells();
    machine.install_coredump();
    let life = Life {
        unit: "dump.service",
        text: "LimitCORE=0\nExecStart=/lives/dump",
        steps: "ctl start; over; wait_until 'it was told' test -s /var/log/told",
        told: &[],
    };
    machine.live(&[life]);
    let core = &told(&machine)[0]["aftermath"]["core"];
    let path = core["path"].as_str().unwrap_or_else(|| panic!("{core:#}"));
    assert!(path.starts_with("/var/lib/systemd/coredump/core.dump.0."), "{path}");
    let length = fs::metadata(machine.path(path)).unwrap().len();
    assert_eq!(core["bytes"], length);
    assert_eq!(
        (&core["handler"], &core["signal"]),
        (&"systemd-coredump".into(), &"SIGSEGV".into())
    );
    assert_eq!((&core["storage"], &core["truncated"]), (&"file".into(), &false.into()));
}
