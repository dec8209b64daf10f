//! Lives of services under a real systemd as process 1: what is told of each, and that the service
//! lives as it does without hooks.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

#[path = "../support/mod.rs"]
mod support;

mod ends;
mod hardened;
mod starts;
mod stops;

use support::{Hooks, Life, Machine};

/// Has each of `lives` lived, and fails with all that came out otherwise than it is written down.
fn live(hooks: Hooks, lives: &[Life]) {
    let machine = Machine::new(hooks);
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

#[test]
fn with_hooks_of_its_own() {
    live(Hooks::OfUnits, &all());
}

#[test]
fn with_the_hook_of_the_host() {
    live(Hooks::OfHost, &all());
}

fn all() -> Vec<Life> {
    [ends::LIVES, starts::LIVES, stops::LIVES, hardened::LIVES]
        .into_iter()
        .flatten()
        .copied()
        .collect()
}
