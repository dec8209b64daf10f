//! What the hooks and the observer do. Each is one function that reads from top to bottom.

mod capture;
mod facts;
mod finish;
mod kick;
mod observed;
mod post_stop;
mod pre_start;
mod pre_stop;
mod restart;
mod run;
mod stopping;
mod systemd;
mod unseen;
mod witness;

pub use kick::{Kick, kick};
#[cfg(feature = "deliver")]
pub use observed::observed_file;
pub use observed::selects;
pub use post_stop::post_stop;
pub use pre_start::pre_start;
pub use pre_stop::pre_stop;
pub use stopping::stopping;

use crate::id::RunId;
use crate::job::Job;
use crate::marker::Instant;
use crate::paths::Places;
use crate::supervisor::Supervisor;
use crate::sys::{self, Arguments, CPath, Errno, say};

/// The directory that a service is named after, where its supervisor does not name it otherwise.
fn directory_of(arguments: Arguments) -> Option<CPath> {
    arguments.get(0).and_then(|_| sys::current_dir())
}

/// The job whose hook this is, and where things lie for it; where there is no job, says so.
fn job_and_places(arguments: Arguments, directory: Option<&CPath>) -> Option<(Job<'_>, Places)> {
    let directory = directory.map(CPath::as_bytes).unwrap_or_default();
    match Job::of_hook(arguments, directory) {
        Ok(job) if job.supervisor == Supervisor::Upstart => Some((job, Places::from_env())),
        Ok(job) => Some((job, Places::of_the_host())),
        Err(why) => {
            say(&[why.words().as_bytes()]);
            None
        }
    }
}

/// Whether the kernel refused with `errno` because the job runs as a user (`setuid`) who may not
/// do what hooks do on the host. Such a job is left to the observer.
fn is_left_to_the_observer(places: Places, errno: Errno) -> bool {
    matches!(errno, Errno::EACCES | Errno::EPERM)
        && !places.are_of_a_session()
        && !nix::unistd::geteuid().is_root()
}

/// The name of the run of `job` that this hook belongs to: systemd's own, as far as it goes, so that
/// all of a run's hooks know it; else one that is made up.
fn run_id(job: &Job<'_>) -> RunId {
    let invocation = sys::var(c"INVOCATION_ID").filter(|_| job.supervisor == Supervisor::Systemd);
    invocation
        .and_then(|id| RunId::from_hex(id.get(..20)?))
        .unwrap_or_else(|| RunId(sys::random_bytes()))
}

/// This moment on both clocks.
fn this_instant() -> Instant {
    Instant { wall: sys::now(), boot_micros: sys::boot_micros() }
}
