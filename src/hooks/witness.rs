//! The story of an end that the job's supervisor itself tells of, marker or no marker.

use super::capture::{capture, consume};
use super::run::Run;
use super::unseen::keep_unseen;
use crate::evidence::{Evidence, MarkerEvidence};
use crate::job::Job;
use crate::marker::{Instant, Marker};
use crate::paths::Places;
use crate::sys::{Errno, say};

/// Captures the end of a run of `job` unless it `is_orderly`, which the supervisor says. `gather`
/// brings the evidence, given what the marker says and when a pre-start noted the run's beginning.
///
/// Whoever looks at this end afterwards finds no marker and is silent.
pub(super) fn witness(
    places: Places,
    job: &Job<'_>,
    is_orderly: bool,
    gather: impl FnOnce(MarkerEvidence, Option<Instant>) -> Evidence,
) {
    let marker = match Marker::of(job, places) {
        Ok(marker) => marker,
        Err(why) => return say(&[why.words().as_bytes(), b": nothing done"]),
    };
    let earlier_is_told = tell_earlier(places, job, &marker);
    if is_orderly {
        if earlier_is_told.is_ok() {
            consume(&marker);
        }
        return;
    }
    let run = match earlier_is_told.and_then(|()| Run::of(job, &marker)) {
        Ok(Some(run)) => run,
        Ok(None) => Run::unmarked(job).noted(&marker),
        Err(_) => Run::unmarked(job),
    };
    capture(places, job, &marker, &run, || gather(run.marker, run.started()));
}

/// Puts what the marker knows into the spool where it is of an earlier end: nobody looks at an end
/// before the witness does, so one that was seen already is another, and whoever saw it was killed.
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
