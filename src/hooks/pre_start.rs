//! `pre-start`: a run begins.

use super::unseen::keep_unseen;
use super::{directory_of, is_left_to_the_observer, job_and_places, run_id, this_instant};
use crate::job::Job;
use crate::marker::{Content, LogStart, Marker, Supervise, Unreadable, decimal};
use crate::paths::Places;
use crate::service_dir::{CONTROL, CUSTOMARY_LOG, STATUS, Status};
use crate::supervisor::Supervisor;
use crate::sys::{self, Arguments, Errno, say};
use crate::time::Timestamp;

/// Why a run is not watched from its start.
enum NotArmed {
    /// The marker could not be made.
    Marker(Errno),
    /// The marker of an earlier run is still needed: the spool did not take what it knows.
    Earlier(Errno),
}

/// Arms the marker. One that is armed already means that nobody saw the end of an earlier run:
/// what it knows goes to the spool first.
pub fn pre_start(arguments: Arguments) {
    let directory = directory_of(arguments);
    let Some((job, places)) = job_and_places(arguments, directory.as_ref()) else { return };
    let marker = match Marker::of(&job, places) {
        Ok(marker) => marker,
        Err(why) => return say(&[why.words().as_bytes(), b": this run is not watched"]),
    };
    let content = first_facts(&job, places);
    let armed = match marker.arm(&content) {
        Err(Errno::EEXIST) => arm_anew(places, &job, &marker, &content),
        done => done.map_err(NotArmed::Marker),
    };
    if let Err(why) = armed {
        complain(places, &marker, why);
    }
}

/// Says in one line what became of the marker.
fn complain(places: Places, marker: &Marker, why: NotArmed) {
    let (NotArmed::Marker(errno) | NotArmed::Earlier(errno)) = why;
    let reason = errno.desc().as_bytes();
    if is_left_to_the_observer(places, errno) {
        let user = decimal(nix::unistd::geteuid().as_raw().into());
        let left = b", who can keep no marker: only the observer sees its end (docs/verdicts.md)";
        return say(&[b"the job runs as user ", &user, left]);
    }
    match why {
        NotArmed::Marker(_) => {
            let path = marker.path().to_bytes();
            say(&[b"cannot arm ", path, b": ", reason, b"; a crash of this run may stay unseen"]);
        }
        NotArmed::Earlier(_) => {
            say(&[b"an earlier end was not seen and the spool takes no report: ", reason]);
        }
    }
}

/// What is known when a run begins.
fn first_facts(job: &Job<'_>, places: Places) -> Content {
    // Before anything is looked at.
    let known = Content::of(job, run_id(job), this_instant());
    Content {
        boot: sys::boot_id(),
        log: log_start(job, places),
        supervise: supervise(job),
        ..known
    }
}

/// What the files of runit or s6 say now.
fn supervise(job: &Job<'_>) -> Option<Supervise> {
    if !matches!(job.supervisor, Supervisor::Runit | Supervisor::S6) {
        return None;
    }
    Some(Supervise {
        main: nix::unistd::getppid().as_raw().unsigned_abs(),
        once: Status::read(STATUS).is_ok_and(|status| !status.wanted_up),
        command: sys::stat(CONTROL).map_or(Timestamp::from_micros(0), |control| control.modified),
    })
}

/// Where the job's log ends now; `None` where that cannot be told, or is of no use: systemd keeps
/// the log itself.
fn log_start(job: &Job<'_>, places: Places) -> Option<LogStart> {
    let stat = match job.supervisor {
        Supervisor::Upstart => sys::stat(job.log(places).ok()?.as_c_str()),
        Supervisor::Systemd => return None,
        Supervisor::Runit | Supervisor::S6 => sys::stat(CUSTOMARY_LOG),
    };
    match stat {
        Ok(stat) => Some(LogStart { device: stat.device, inode: stat.inode, size: stat.size }),
        // Where another wrote the log, it may be elsewhere.
        Err(Errno::ENOENT) if job.supervisor == Supervisor::Upstart => Some(LogStart::NONE),
        Err(_) => None,
    }
}

/// Arms the marker where something lies already.
///
/// # Errors
/// [`NotArmed`]. Where the spool takes nothing, the old marker stays as it is: the job is still
/// watched, and no evidence is overwritten.
// Not inlined: its large frame would be paid for by every start.
#[inline(never)]
fn arm_anew(
    places: Places,
    job: &Job<'_>,
    marker: &Marker,
    content: &Content,
) -> Result<(), NotArmed> {
    match marker.read(job) {
        Ok(Some(earlier)) => keep_unseen(places, marker, earlier).map_err(NotArmed::Earlier)?,
        Ok(None) | Err(Unreadable::Foreign) => {}
        Err(Unreadable::Refused(errno)) => return Err(NotArmed::Marker(errno)),
    }
    marker.remove().and_then(|()| marker.arm(content)).map_err(NotArmed::Marker)
}
