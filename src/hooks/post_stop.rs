//! `post-stop`: a run has ended.

use super::capture::capture;
use super::finish::at_finish;
use super::run::Run;
use super::systemd::at_exec_stop_post;
use super::{directory_of, job_and_places};
use crate::evidence::Evidence;
use crate::job::Job;
use crate::marker::Marker;
use crate::paths::Places;
use crate::supervisor::Supervisor;
use crate::sys::Arguments;

/// Judges the end of the run by what its supervisor tells, and captures a crash.
pub fn post_stop(arguments: Arguments) {
    let directory = directory_of(arguments);
    let Some((job, places)) = job_and_places(arguments, directory.as_ref()) else { return };
    match job.supervisor {
        Supervisor::Upstart => by_marker(places, &job),
        Supervisor::Systemd => at_exec_stop_post(places, &job, arguments),
        Supervisor::Runit | Supervisor::S6 => at_finish(places, &job, arguments),
    }
}

/// Upstart does not say why it ends a run. Is the marker still armed? Then nobody asked for it,
/// perhaps.
fn by_marker(places: Places, job: &Job<'_>) {
    let Ok(marker) = Marker::of(job, places) else { return };
    let Ok(Some(run)) = Run::of(job, &marker) else { return };
    capture(places, job, &marker, &run, || {
        Evidence::at_post_stop(places, job, run.marker, run.started())
    });
}
