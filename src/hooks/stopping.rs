//! `stopping`: the observer. Init is about to end a run of some job of the host, or has seen it
//! end, and waits until this program is done.

use std::time::Duration;

use super::capture::{Run, capture, consume};
use super::observed::is_observed;
use crate::evidence::{Evidence, Status, StoppingEvent};
use crate::marker::Marker;
use crate::paths::Places;
use crate::sys::say;

/// How long init may take to say whether main lives, which tells a stop from a crash: most of what
/// the observer has. It is busy when many jobs die at once.
const PATIENCE: Duration = Duration::from_millis(150);

/// Judges the end that init's `stopping` event tells of, and captures a crash. The job's own
/// post-stop, which runs afterwards, then finds no marker and is silent.
pub fn stopping() {
    let Some((event, job)) = StoppingEvent::from_env() else {
        say(&[b"no `stopping` event: this is for the Upstart job that observes, nothing done"]);
        return;
    };
    let places = Places::from_env();
    if !is_observed(places, job.name) {
        return;
    }
    let marker = match Marker::of(&job, places) {
        Ok(marker) => marker,
        Err(why) => return say(&[why.words().as_bytes(), b": nothing done"]),
    };
    let init = Status::ask(places, &job, PATIENCE);
    if event.is_orderly(&init) {
        return consume(&marker);
    }
    let run = Run::of(&job, &marker).ok().flatten().unwrap_or_else(|| Run::unmarked(&job));
    capture(places, &job, &marker, &run, || {
        Evidence::at_stopping(places, &job, run.marker, event, init, run.started())
    });
}
