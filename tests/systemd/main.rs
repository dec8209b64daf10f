//! Lives of services under a real systemd as process 1: what is told of each, and that the service
//! lives as it does without hooks.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

#[path = "../support/mod.rs"]
mod support;

#[cfg(feature = "deliver")]
mod delivery;
mod ends;
mod hardened;
mod starts;
mod stops;

use support::{Hooks, Life, Machine};

/// A service that takes its time to stop when the host goes down.
const SLOW_TO_STOP: &str = "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n\
                            ExecStop=/bin/sh -c 'touch /run/going-down; sleep 1'\n";

/// Has each of `lives` lived on `machine`, and fails with all that came out otherwise than it is
/// written down, or than without hooks.
fn live(machine: &Machine, lives: &[Life]) {
    machine.write("/etc/systemd/system/slow-to-stop.service", SLOW_TO_STOP);
    machine.live(lives);
    let mut wrong = Vec::new();
    for life in lives {
        let before = wrong.len();
        let [hooked, bare] = machine.lived(life);
        if hooked.told() != life.told {
            wrong.push(format!("{}: {:?} told, not {:?}", life.unit, hooked.told(), life.told));
        }
        if hooked.behaviour != bare.behaviour || hooked.behaviour.contains("in vain") {
            wrong.push(format!("{}: {}\nbare: {}", life.unit, hooked.behaviour, bare.behaviour));
        }
        if !bare.reports.is_empty() {
            wrong.push(format!("{}: told of without hooks: {:?}", life.unit, bare.told()));
        }
        if wrong.len() > before {
            wrong.push(machine.journal(life.unit));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A life, in one expression.
const fn life(
    unit: &'static str,
    text: &'static str,
    steps: &'static str,
    told: &'static [&'static str],
) -> Life {
    Life { unit, text, steps, told }
}

/// All lives, each with what is told of it.
fn all() -> Vec<Life> {
    [ends::LIVES, starts::LIVES, stops::LIVES, hardened::LIVES].concat()
}

#[test]
fn with_hooks_of_its_own() {
    live(&Machine::new(Hooks::OfUnits), &all());
}

#[test]
fn with_the_hook_of_the_host() {
    live(&Machine::new(Hooks::OfHost), &all());
}

#[test]
fn a_service_that_exceeds_its_limit_of_memory() {
    let mut machine = Machine::new(Hooks::OfUnits);
    machine.lend_memory();
    live(
        &machine,
        &[life(
            "hungry.service",
            "MemoryMax=20M\nExecStart=/usr/bin/tail /dev/zero",
            "ctl start; over",
            &["crashed main oom"],
        )],
    );
    let report = &machine.reports()[0];
    let counted = &report["snapshot"]["cgroup_memory"]["oom_kill"];
    assert_eq!(counted, 1, "{report:#}");
    let line = report["kernel"]["lines"][0]["text"].as_str().unwrap();
    assert!(line.contains("Killed process"), "{line}");
}

#[test]
fn a_service_lives_on_where_the_programs_are_gone() {
    let machine = Machine::new(Hooks::OfUnits);
    machine.remove_programs();
    let silent = |life: Life| Life { told: &[], ..life };
    live(&machine, &all().into_iter().map(silent).collect::<Vec<_>>());
}
