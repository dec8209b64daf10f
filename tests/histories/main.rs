//! Random lives of random jobs, under every layout: whatever happens in whichever order, each end
//! that nobody asked for is told of once, none is told of that the layout can know to be wanted,
//! and the job does as it does without a monitor.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

#[path = "../support/mod.rs"]
mod support;

mod life;
mod steps;

use proptest::collection::vec;
use proptest::test_runner::{Config, TestRunner};

use life::Life;
use support::Layout;

/// How many lives are played under each layout, unless `PROPTEST_CASES` says otherwise.
const CASES: u32 = 24;

/// The most steps of a life.
const STEPS: usize = 6;

fn any_life_is_told_of(layout: Layout) {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    let config = Config {
        cases: cases.unwrap_or(CASES),
        // Each try is a life of processes.
        max_shrink_iters: 30,
        failure_persistence: None,
        ..Config::default()
    };
    let lives = (steps::kind(), vec(steps::step(), 1..=STEPS));
    let played = TestRunner::new(config).run(&lives, |(kind, steps)| {
        let without = Life::begin(Layout::Bare, &kind).play(&steps);
        let with = Life::begin(layout, &kind).play(&steps);
        assert_eq!(with, without, "the job does as it does without a monitor");
        Ok(())
    });
    if let Err(failed) = played {
        panic!("{failed}");
    }
}

#[test]
fn three_stanzas() {
    any_life_is_told_of(Layout::ThreeStanzas);
}

#[test]
fn without_pre_stop() {
    any_life_is_told_of(Layout::WithoutPreStop);
}

#[test]
fn observer() {
    any_life_is_told_of(Layout::Observer);
}

#[test]
fn observer_and_stanzas() {
    any_life_is_told_of(Layout::ObserverAndStanzas);
}
