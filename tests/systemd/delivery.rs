//! A crash is told without anybody's doing: the hook's kick starts the notifier.

use std::fs;

use crate::support::{AT_ONCE, Hooks, Life, Machine};

#[test]
fn a_crash_is_told_at_once() {
    let machine = Machine::new(Hooks::OfUnits);
    machine.install_notifier(&format!("[sink.file.all]\npath = \"/var/log/told\"\n{AT_ONCE}"));
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
    assert_eq!(hooked.reports, [] as [serde_json::Value; 0], "it is in the archive");
}
