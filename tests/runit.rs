//! Services under the real supervisor of runit, with the real hooks in their `run` and `finish`.
#![allow(clippy::indexing_slicing, reason = "a report without the field fails the test")]

mod support;

use nix::sys::signal::Signal;
use support::supervised::{Supervised, WAITS};
use support::supervised_lives::{self as lives};
use support::{Host, missing};
use upstart_monitor::supervisor::Supervisor::Runit;

#[test]
fn every_life_is_judged_and_left_as_it_is() {
    lives::every_life_is_judged_and_left_as_it_is(Runit);
}
