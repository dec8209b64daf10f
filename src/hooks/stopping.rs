//! `stopping`: the observer, which looks after every job of the host without a stanza in any.

use super::observed::is_observed;
use super::systemd::at_exec_stop_post;
use super::witness::witness;
use super::{directory_of, job_and_places};
use crate::evidence::{Evidence, Status, StoppingEvent};
use crate::job::Job;
use crate::paths::Places;
use crate::supervisor::Supervisor;
use crate::sys::{Arguments, say};

/// Judges the end of a run, and captures a crash. Upstart runs it on each `stopping` event, and
/// waits until it is done; systemd as the `ExecStopPost=` of every service.
pub fn stopping(arguments: Arguments) {
    if arguments.get(0).is_none() {
        return on_event();
    }
    let directory = directory_of(arguments);
    let Some((job, places)) = job_and_places(arguments, directory.as_ref()) else { return };
    match job.supervisor {
        Supervisor::Systemd => on_stop_post(places, &job, arguments),
        _ => say(&[b"there is no observer for this supervisor, nothing done"]),
    }
}

/// A run of a service of systemd's has ended.
fn on_stop_post(places: Places, job: &Job<'_>, arguments: Arguments) {
    let unit = arguments.get(1).unwrap_or_default();
    let whole = unit.strip_suffix(b".service").unwrap_or(unit);
    if !is_ours(job.name) && is_observed(places, &[job.name, whole, unit]) {
        at_exec_stop_post(places, job, arguments);
    }
}

/// Upstart is about to end a run of some job of the host, or has seen it end.
fn on_event() {
    let Some((event, job)) = StoppingEvent::from_env() else {
        say(&[b"no `stopping` event: this is for the Upstart job that observes, nothing done"]);
        return;
    };
    let places = Places::from_env();
    if !is_observed(places, &[job.name]) {
        return;
    }
    let init = Status::ask(places, &job);
    witness(places, &job, event.is_orderly(&init), |marker, started| {
        Evidence::at_stopping(places, &job, marker, event, init, started)
    });
}

/// Whether a unit called `name` is one of ours: the notifier's end is no news of a service.
fn is_ours(name: &[u8]) -> bool {
    name.starts_with(b"upstart-monitor")
}
