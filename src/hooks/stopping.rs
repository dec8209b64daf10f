//! `stopping`: the observer. Init is about to end a run of some job of the host, or has seen it
//! end, and waits until this program is done.

use super::capture::{Run, capture, consume};
use super::observed::is_observed;
use super::unseen::keep_unseen;
use crate::evidence::{Evidence, Status, StoppingEvent};
use crate::job::Job;
use crate::marker::Marker;
use crate::paths::Places;
use crate::sys::{Errno, say};

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
    let earlier_is_told = tell_earlier(places, &job, &marker);
    let init = Status::ask(places, &job);
    if event.is_orderly(&init) {
        if earlier_is_told.is_ok() {
            consume(&marker);
        }
        return;
    }
    let run = match earlier_is_told.and_then(|()| Run::of(&job, &marker)) {
        Ok(Some(run)) => run,
        Ok(None) => Run::unmarked(&job).noted(&marker),
        Err(_) => Run::unmarked(&job),
    };
    capture(places, &job, &marker, &run, || {
        Evidence::at_stopping(places, &job, run.marker, event, init, run.started())
    });
}

/// Puts what the marker knows into the spool where it is of an earlier end: nobody looks at an end
/// before the observer does, so one that was seen already is another, and whoever saw it was killed.
///
/// # Errors
/// What the kernel says; then the marker is still needed.
fn tell_earlier(places: Places, job: &Job<'_>, marker: &Marker) -> Result<(), Errno> {
    match marker.read(job) {
        Ok(Some(earlier)) if earlier.ended.is_some() || earlier.found.is_some() => {
            keep_unseen(places, marker, earlier)?;
            marker.remove()
        }
        _ => Ok(()),
    }
}
