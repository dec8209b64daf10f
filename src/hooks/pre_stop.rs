//! `pre-stop`: somebody asked for this stop, or for a `restart`.

use std::time::Duration;

use super::{is_left_to_the_observer, job_and_places, restart};
use crate::init::{Goal, Init, InitStatus, Unavailable};
use crate::job::Job;
use crate::marker::Marker;
use crate::paths::Places;
use crate::sys::{self, say};

/// How long init may take to tell its goal: most of what the hook has.
const PATIENCE: Duration = Duration::from_millis(150);

/// Disarms the marker of a job that is to stop.
///
/// Where init's goal is not `stop` the job will go on running, and Upstart has made nothing of a
/// `restart`. Then the marker stays, and the restart is brought about, unless the job's
/// `UPSTART_MONITOR_RESTART` is `leave`.
pub fn pre_stop() {
    let Some((job, places)) = job_and_places() else { return };
    let asked = Init::of(job, places).and_then(|init| Ok((init.status(PATIENCE)?, init)));
    match asked {
        Ok((InitStatus { goal: Goal::Stop, .. }, _)) => disarm(&job, places),
        // Without a main process it has died meanwhile: post-stop tells of that.
        Ok((InitStatus { goal: Goal::Start, main_pid: Some(_), .. }, init)) if !is_left_alone() => {
            match restart::bring_about(&init, places) {
                Ok(()) => disarm(&job, places),
                Err(why) => {
                    say(&[b"restart: the job goes on as it is; init: ", why.words().as_bytes()]);
                }
            }
        }
        Ok(_) => {}
        Err(why @ (Unavailable::TimedOut | Unavailable::NotUnderstood)) => {
            disarm(&job, places);
            let why = why.words().as_bytes();
            say(&[b"taken as a stop, not as a restart; init: ", why]);
        }
        Err(_) => disarm(&job, places),
    }
}

/// Whether the job wants Upstart's own behaviour.
fn is_left_alone() -> bool {
    sys::var(c"UPSTART_MONITOR_RESTART") == Some(b"leave")
}

/// Removes the marker of `job`; a job that can have none has nothing to be disarmed.
fn disarm(job: &Job<'_>, places: Places) {
    let Ok(marker) = Marker::of(job, places) else { return };
    if let Err(errno) = marker.remove()
        && !is_left_to_the_observer(places, errno)
    {
        let path = marker.path().to_bytes();
        say(&[
            b"cannot disarm ",
            path,
            b": ",
            errno.desc().as_bytes(),
            b"; the stop will look like a crash",
        ]);
    }
}
