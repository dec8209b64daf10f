//! What the hooks and the observer do. Each is one function that reads from top to bottom.

mod capture;
mod kick;
mod observed;
mod post_stop;
mod pre_start;
mod pre_stop;
mod restart;
mod stopping;

pub use post_stop::post_stop;
pub use pre_start::pre_start;
pub use pre_stop::pre_stop;
pub use stopping::stopping;

use crate::job::Job;
use crate::marker::{Instant, Marker};
use crate::paths::Root;
use crate::sys::{self, say};

/// The job whose hook this is, with its marker; where there is none, says so.
fn job_and_marker() -> Option<(Root, Job<'static>, Marker)> {
    let Some(job) = Job::from_env() else {
        say(&[b"UPSTART_JOB is not set: this is a hook for an Upstart job, nothing done"]);
        return None;
    };
    let root = Root::from_env();
    let Ok(marker) = Marker::of(&job, root) else {
        say(&[b"UPSTART_MONITOR_ROOT is too long, nothing done"]);
        return None;
    };
    Some((root, job, marker))
}

/// This moment on both clocks.
fn this_instant() -> Instant {
    Instant { wall: sys::now(), boot_micros: sys::boot_micros() }
}
