//! `pre-stop`: somebody asked for this stop, or for a `restart`.

use std::time::Duration;

use super::{directory_of, is_left_to_the_observer, job_and_places, restart};
use crate::init::{Goal, Init, InitStatus, Unavailable};
use crate::job::Job;
use crate::marker::Marker;
use crate::paths::Places;
use crate::supervisor::Supervisor;
use crate::sys::{self, Arguments, say};

/// How long init may take to tell its goal: most of what the hook has.
const PATIENCE: Duration = Duration::from_millis(150);

/// Disarms the marker of a job that is to stop.
///
/// Where init's goal is not `stop` the job will go on running, and Upstart has made nothing of a
/// `restart`. Then the marker stays, and the restart is brought about, unless the job's
/// `UPSTART_MONITOR_RESTART` is `leave`.
pub fn pre_stop(arguments: Arguments) {
    let directory = directory_of(arguments);
    let Some((job, places)) = job_and_places(arguments, directory.as_ref()) else { return };
    match job.supervisor {
        Supervisor::Upstart => at_pre_stop(&job, places),
        Supervisor::Systemd if !is_wanted_by_systemd() => {}
        Supervisor::Systemd | Supervisor::Runit | Supervisor::S6 => disarm(&job, places),
    }
}

/// Whether `ExecStop=` runs for a stop that was asked for. It also runs when main has ended in
/// order, or its time was over (service_enter_stop of core/service.c): then main is gone, or the
/// result is no success.
fn is_wanted_by_systemd() -> bool {
    let result = sys::var(c"SERVICE_RESULT");
    sys::var(c"MAINPID").is_some() && matches!(result, None | Some(b"success"))
}

/// Upstart runs pre-stop for a stop, and for a `restart`.
fn at_pre_stop(job: &Job<'_>, places: Places) {
    let asked = Init::of(*job, places).and_then(|init| Ok((init.status(PATIENCE)?, init)));
    match asked {
        Ok((InitStatus { goal: Goal::Stop, .. }, _)) => disarm(job, places),
        // Without a main process it has died meanwhile: post-stop tells of that.
        Ok((InitStatus { goal: Goal::Start, main_pid: Some(_), .. }, init)) if !is_left_alone() => {
            match restart::bring_about(&init, places) {
                Ok(()) => disarm(job, places),
                Err(why) => {
                    say(&[b"restart: the job goes on as it is; init: ", why.words().as_bytes()]);
                }
            }
        }
        Ok(_) => {}
        Err(why @ (Unavailable::TimedOut | Unavailable::NotUnderstood)) => {
            disarm(job, places);
            let why = why.words().as_bytes();
            say(&[b"taken as a stop, not as a restart; init: ", why]);
        }
        Err(_) => disarm(job, places),
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
