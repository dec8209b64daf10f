//! The kick: has the notifier started and forgets it. Only a hint; the notifier's scan is the truth.

use arrayvec::ArrayVec;

use crate::paths::{COMMAND, Places};
use crate::spool::leave_kick;
use crate::supervisor::Supervisor;
use crate::sys::{self, CPath, Detached, Errno, MAX_VARIABLES, spawn_detached};

/// The notifier's search path; nothing of the job's environment reaches it but what tells it where
/// things lie.
const PATH: &std::ffi::CStr = c"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Who starts the notifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kick {
    /// This program: a process that has nothing to do with the job.
    Detached,
    /// systemd, which would kill such a process with the control group of the unit that the hook is
    /// of. A path unit of ours watches for what the hook leaves instead.
    Left,
}

impl Kick {
    /// The one for a hook of `supervisor`'s.
    pub(super) fn under(supervisor: Supervisor) -> Self {
        match supervisor {
            Supervisor::Systemd => Self::Left,
            Supervisor::Upstart | Supervisor::Runit | Supervisor::S6 => Self::Detached,
        }
    }
}

/// Has the notifier started: `upstart-crash deliver`, the one beside this program.
///
/// # Errors
/// What the kernel says; then the next kick, or the boot job, does the work.
pub fn kick(places: Places, by: Kick) -> Result<(), Errno> {
    kick_after(places, by, &|| ())
}

/// The same after an errand, by a hook whose time is up. A process that is started does it first, so
/// that the hook need not wait for it. Where there is none, the hook does it itself, whose time
/// [is bounded](sys::set_last_act) still.
///
/// # Errors
/// As [`kick`].
pub(super) fn kick_after(places: Places, by: Kick, errand: &dyn Fn()) -> Result<(), Errno> {
    match by {
        Kick::Detached => start(places, errand),
        Kick::Left => {
            errand();
            leave_kick(places)
        }
    }
}

fn start(places: Places, errand: &dyn Fn()) -> Result<(), Errno> {
    let command = sys::executable(b"upstart-crash")
        .or_else(|| CPath::concat([COMMAND.as_bytes()]).ok())
        .ok_or(Errno::ENAMETOOLONG)?;
    let mut environment = ArrayVec::<_, MAX_VARIABLES>::new();
    let _ = environment.try_push(PATH);
    for variable in places.variables().iter().filter_map(|name| sys::variable(name)) {
        environment.try_push(variable).map_err(|_| Errno::E2BIG)?;
    }
    spawn_detached(&Detached {
        program: command.as_c_str(),
        argument: c"deliver",
        environment: &environment,
        errand,
    })
}
