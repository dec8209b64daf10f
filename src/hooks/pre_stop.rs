//! `pre-stop`: somebody asked for this stop, or for a `restart`.

use std::time::Duration;

use super::{job_and_marker, restart};
use crate::init::{Goal, Init, InitStatus, Unavailable};
use crate::marker::Marker;
use crate::sys::{self, say};

/// How long init may take to tell its goal: most of what the hook has.
const PATIENCE: Duration = Duration::from_millis(150);

/// Disarms the marker of a job that is to stop.
///
/// Where init's goal is not `stop` the job will go on running, and Upstart has made nothing of a
/// `restart`. Then the marker stays, and the restart is brought about, unless the job's
/// `UPSTART_MONITOR_RESTART` is `leave`.
pub fn pre_stop() {
    let Some((root, job, marker)) = job_and_marker() else { return };
    let asked = Init::of(job, root).and_then(|init| Ok((init.status(PATIENCE)?, init)));
    match asked {
        Ok((InitStatus { goal: Goal::Stop, .. }, _)) => disarm(&marker),
        // Without a main process it has died meanwhile: post-stop tells of that.
        Ok((InitStatus { goal: Goal::Start, main_pid: Some(_), .. }, init)) if !is_left_alone() => {
            match restart::bring_about(&init, root) {
                Ok(()) => disarm(&marker),
                Err(why) => {
                    say(&[b"restart: the job goes on as it is; init: ", why.words().as_bytes()]);
                }
            }
        }
        Ok(_) => {}
        Err(why @ (Unavailable::TimedOut | Unavailable::NotUnderstood)) => {
            disarm(&marker);
            let why = why.words().as_bytes();
            say(&[b"taken as a stop, not as a restart; init: ", why]);
        }
        Err(_) => disarm(&marker),
    }
}

/// Whether the job wants Upstart's own behaviour.
fn is_left_alone() -> bool {
    sys::var(c"UPSTART_MONITOR_RESTART") == Some(b"leave")
}

fn disarm(marker: &Marker) {
    if let Err(errno) = marker.remove() {
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
