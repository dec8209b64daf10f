//! `post-stop`: a run has ended. Still armed? Then nobody asked for it, perhaps.

use super::capture::{Run, capture};
use super::job_and_marker;
use crate::evidence::Evidence;

/// Looks whether the marker is still armed; if it is, judges the end, and captures a crash.
pub fn post_stop() {
    let Some((root, job, marker)) = job_and_marker() else { return };
    let Ok(Some(run)) = Run::of(&job, &marker) else { return };
    capture(root, &job, &marker, &run, || {
        Evidence::at_post_stop(root, &job, run.marker, run.started())
    });
}
