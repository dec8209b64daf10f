//! `pre-start`: a run begins.

use super::{job_and_marker, kick::kick, this_instant};
use crate::id::RunId;
use crate::job::Job;
use crate::marker::{Content, LogStart, Marker, Unreadable, kept};
use crate::paths::Root;
use crate::spool::{self, Drop};
use crate::sys::{self, Errno, Kind, say};

/// Arms the marker. One that is armed already means that nobody saw the end of an earlier run:
/// what it knows goes to the spool first.
pub fn pre_start() {
    let Some((root, job, marker)) = job_and_marker() else { return };
    let content = first_facts(&job, root);
    let armed = match marker.arm(&content) {
        Err(Errno::EEXIST) => arm_anew(root, &job, &marker, &content),
        done => done,
    };
    if let Err(errno) = armed {
        let path = marker.path().to_bytes();
        say(&[
            b"cannot arm ",
            path,
            b": ",
            errno.desc().as_bytes(),
            b"; a crash of this run may stay unseen",
        ]);
    }
}

/// What is known when a run begins.
fn first_facts(job: &Job<'_>, root: Root) -> Content {
    let log = job.log(root).ok().and_then(|log| sys::stat(log.as_c_str()).ok());
    Content {
        job: kept(job.name),
        instance: kept(job.instance),
        run: RunId(sys::random_bytes()),
        boot: sys::boot_id(),
        started: this_instant(),
        log: log.filter(|stat| stat.kind == Kind::File).map(|stat| LogStart {
            device: stat.device,
            inode: stat.inode,
            size: stat.size,
        }),
        ended: None,
        found: None,
    }
}

/// Arms the marker where something lies already.
///
/// # Errors
/// What the kernel says. Where the spool takes nothing, the old marker stays as it is: the job is
/// still watched, and no evidence is overwritten.
// Not inlined: its large frame would be paid for by every start.
#[inline(never)]
fn arm_anew(root: Root, job: &Job<'_>, marker: &Marker, content: &Content) -> Result<(), Errno> {
    match marker.read(job) {
        Ok(Some(earlier)) => keep_unseen(root, marker, earlier)?,
        Ok(None) | Err(Unreadable::Foreign) => {}
        Err(Unreadable::Refused(errno)) => return Err(errno),
    }
    marker.remove()?;
    marker.arm(content)
}

/// Puts what the marker of an earlier run knows into the spool, unless a post-stop got as far as
/// that, and starts the notifier.
///
/// The moment of finding is written into the marker first: the report's name follows from it, so
/// a pre-start that is killed and the one after it file the same report. Not so where a post-stop
/// that could not write its stamp has filed one under the name that follows from the start.
///
/// # Errors
/// What the kernel says of the spool.
fn keep_unseen(root: Root, marker: &Marker, mut earlier: Content) -> Result<(), Errno> {
    let unstamped = earlier.ended.is_none() && earlier.found.is_none();
    if unstamped && !spool::holds(root, earlier.report_id()) {
        earlier.found = Some(this_instant());
        if marker.replace(&earlier).is_err() {
            earlier.found = None;
        }
    }
    let id = earlier.report_id();
    if !spool::holds(root, id) {
        let text = earlier.write().ok_or(Errno::E2BIG)?;
        spool::put(root, Drop::Unseen, id, &text).inspect_err(|errno| {
            let reason = errno.desc().as_bytes();
            say(&[b"an earlier end was not seen and the spool takes no report: ", reason]);
        })?;
    }
    let _ = kick(root);
    Ok(())
}
