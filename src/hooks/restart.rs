//! The restart that Upstart makes nothing of when a job has a pre-stop (docs/restart.md).
//!
//! Pre-stop waits while a child of its own turns the goal to `stop`; so the stop goes on where it
//! would have been cancelled, and no second pre-stop runs. As soon as pre-stop is over, the child
//! turns the goal to `start` again, which is what `restart` does to a job without pre-stop: from
//! then on the way back up is init's, and does not depend on the child.

use std::time::Duration;

use arrayvec::ArrayVec;
use nix::fcntl::OFlag;

use crate::init::{Goal, Init, Start, State, Unavailable};
use crate::paths::{Place, Places};
use crate::sys::{self, Deadline, Socket};

/// How long pre-stop waits for the child's word: what the question to init has left of its time.
const WORD: Duration = Duration::from_millis(80);

/// How long the child, whom nobody waits for, gives init for one answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// The longest time between two looks, and the first.
const LONG_PAUSE: Duration = Duration::from_millis(100);
const SHORT_PAUSE: Duration = Duration::from_millis(1);

/// How many looks a pre-stop that goes on after ours may last: ten minutes. Then the start cancels
/// the stop, and the job goes on running.
const LOOKS: u32 = 6000;

/// How many failures are taken for init's being busy, or executing itself anew.
const TRIES: u32 = 100;

/// The longest line for the kernel log, in bytes.
const LINE_LEN: usize = 512;

/// Stops the job, whose pre-stop this is, and leaves a child behind that starts it again. Returns
/// when the goal is `stop`.
///
/// # Errors
/// [`Unavailable`]; then the job was not stopped. What could not be started again is not stopped.
// Not inlined: its large frame would be paid for by every stop.
#[inline(never)]
pub(super) fn bring_about(init: &Init<'_>, places: Places) -> Result<(), Unavailable> {
    let start = init.prepare_start(sys::variables().filter(|variable| is_the_jobs(variable)))?;
    let child = sys::run_apart(|parent| stop_and_start(init, places, &start, parent))?;
    match sys::receive(&child, &mut [0], Deadline::within(WORD))? {
        0 => Err(Unavailable::Refused),
        _ => Ok(()),
    }
}

/// Whether `variable` is one that the job was started with: not one that init sets anew, and not
/// one that a shell made, from which our pre-stop was called. Upstart takes no others than these.
fn is_the_jobs(variable: &[u8]) -> bool {
    let name = variable.split(|byte| *byte == b'=').next().unwrap_or_default();
    let made: [&[u8]; 8] = [
        b"UPSTART_JOB",
        b"UPSTART_INSTANCE",
        b"UPSTART_SESSION",
        b"UPSTART_STOP_EVENTS",
        b"PWD",
        b"OLDPWD",
        b"SHLVL",
        b"_",
    ];
    let identifier = name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        && !matches!(name.first(), None | Some(b'0'..=b'9'));
    identifier && name.len() < variable.len() && !made.contains(&name)
}

/// The child's story.
fn stop_and_start(init: &Init<'_>, places: Places, start: &Start, parent: &Socket) {
    let stopped = init.stop(PATIENCE);
    if matches!(stopped, Ok(()) | Err(Unavailable::AlreadyDone)) {
        let _ = sys::send(parent, b"s", Deadline::within(PATIENCE));
    }
    // Without an answer it may have been stopped all the same. A stop that somebody else asked for
    // is left to him.
    if matches!(stopped, Ok(()) | Err(Unavailable::TimedOut | Unavailable::NotUnderstood))
        && let Err(why) = start_again(init, start)
    {
        complain(init, places, why);
    }
}

/// Turns the goal to `start` once no pre-stop runs any more: before that it would only cancel the
/// stop.
fn start_again(init: &Init<'_>, start: &Start) -> Result<(), Unavailable> {
    let (mut looks, mut failures, mut pause) = (0, 0, SHORT_PAUSE);
    loop {
        let done = match init.status(PATIENCE) {
            Ok(status) if status.goal != Goal::Stop => return Ok(()),
            Ok(status) if status.state == State::PreStop && looks < LOOKS => {
                looks += 1;
                None
            }
            Ok(_) => Some(init.turn_round(PATIENCE)),
            Err(Unavailable::UnknownJob) => Some(init.start(start, PATIENCE)),
            Err(why) => Some(Err(why)),
        };
        match done {
            None => {}
            Some(Ok(()) | Err(Unavailable::AlreadyDone)) => return Ok(()),
            Some(Err(why)) if failures == TRIES => return Err(why),
            Some(Err(_)) => failures += 1,
        }
        sys::pause(pause);
        pause = pause.saturating_mul(2).min(LONG_PAUSE);
    }
}

/// Says in the kernel log, as init does, that the job is down: the child has no other place.
fn complain(init: &Init<'_>, places: Places, why: Unavailable) {
    let Ok(path) = places.join(Place::KernelLog, &[]) else { return };
    let Ok(log) = sys::open(path.as_c_str(), OFlag::O_WRONLY | OFlag::O_APPEND) else { return };
    let job = init.job();
    let mut line = ArrayVec::<u8, LINE_LEN>::new();
    for part in [
        b"<3>upstart-monitor: stopped for a restart and could not be started again (",
        why.words().as_bytes(),
        b"), so start it: ",
        job.name,
        b" ",
        job.instance,
    ] {
        for byte in part {
            let _ = line.try_push(*byte);
        }
    }
    sys::write_line(&log, &line);
}
