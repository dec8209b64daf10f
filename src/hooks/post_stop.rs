//! `post-stop`: a run has ended. Still armed? Then nobody asked for it, perhaps.

use super::capture::{Run, capture};
use super::job_and_places;
use crate::evidence::Evidence;
use crate::marker::Marker;

/// Looks whether the marker is still armed; if it is, judges the end, and captures a crash.
pub fn post_stop() {
    let Some((job, places)) = job_and_places() else { return };
    let Ok(marker) = Marker::of(&job, places) else { return };
    let Ok(Some(run)) = Run::of(&job, &marker) else { return };
    capture(places, &job, &marker, &run, || {
        Evidence::at_post_stop(places, &job, run.marker, run.started())
    });
}
