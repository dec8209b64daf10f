//! What the hooks and the observer do. Each is one function that reads from top to bottom.

mod capture;
mod kick;
mod observed;
mod post_stop;
mod pre_start;
mod pre_stop;
mod restart;
mod stopping;
mod unseen;

pub use kick::kick;
#[cfg(feature = "deliver")]
pub use observed::observed_file;
pub use observed::selects;
pub use post_stop::post_stop;
pub use pre_start::pre_start;
pub use pre_stop::pre_stop;
pub use stopping::stopping;

use crate::job::Job;
use crate::marker::Instant;
use crate::paths::Places;
use crate::sys::{self, Errno, say};

/// The job whose hook this is, and where things lie for it; where there is no job, says so.
fn job_and_places() -> Option<(Job<'static>, Places)> {
    let Some(job) = Job::from_env() else {
        say(&[b"UPSTART_JOB is not set: this is a hook for an Upstart job, nothing done"]);
        return None;
    };
    Some((job, Places::from_env()))
}

/// Whether the kernel refused with `errno` because the job runs as a user (`setuid`) who may not
/// do what hooks do on the host. Such a job is left to the observer.
fn is_left_to_the_observer(places: Places, errno: Errno) -> bool {
    matches!(errno, Errno::EACCES | Errno::EPERM)
        && !places.are_of_a_session()
        && !nix::unistd::geteuid().is_root()
}

/// This moment on both clocks.
fn this_instant() -> Instant {
    Instant { wall: sys::now(), boot_micros: sys::boot_micros() }
}
