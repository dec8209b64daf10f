//! `stopping`: the observer. Init is about to end a run of some job of the host, or has seen it
//! end, and waits until this program is done.

use std::time::Duration;

use super::capture::{Run, capture, consume};
use super::observed::is_observed;
use crate::evidence::{Evidence, Status, StoppingEvent};
use crate::marker::Marker;
use crate::paths::Root;
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
    let root = Root::from_env();
    if !is_observed(root, job.name) {
        return;
    }
    let Ok(marker) = Marker::of(&job, root) else {
        say(&[b"UPSTART_MONITOR_ROOT is too long, nothing done"]);
        return;
    };
    let init = Status::ask(root, &job, PATIENCE);
    if event.is_orderly(&init) {
        return consume(&marker);
    }
    let run = Run::of(&job, &marker).ok().flatten().unwrap_or_else(|| Run::unmarked(&job));
    capture(root, &job, &marker, &run, || {
        Evidence::at_stopping(root, &job, run.marker, event, init, run.started())
    });
}
