//! The kick: starts the notifier and forgets it. Only a hint; the notifier's scan is the truth.

use arrayvec::ArrayVec;

use crate::paths::{COMMAND, Places};
use crate::sys::{self, CPath, Detached, Errno, MAX_VARIABLES, spawn_detached};

/// The notifier's search path; nothing of the job's environment reaches it but what tells it where
/// things lie.
const PATH: &std::ffi::CStr = c"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Starts `upstart-crash deliver`, the one beside this program.
///
/// # Errors
/// What the kernel says; then the next kick, or the boot job, does the work.
pub fn kick(places: Places) -> Result<(), Errno> {
    kick_after(places, &|| ())
}

/// The same, with an errand that the started process does first. So a hook whose time is up need
/// not wait for it.
///
/// # Errors
/// As [`kick`].
pub(super) fn kick_after(places: Places, errand: &dyn Fn()) -> Result<(), Errno> {
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
