//! The kick: starts the notifier and forgets it. Only a hint; the notifier's scan is the truth.

use crate::paths::{COMMAND, ROOT_VARIABLE, Root};
use crate::sys::{self, CPath, Detached, Errno, spawn_detached};

/// The notifier's search path; nothing of the job's environment reaches it.
const PATH: &std::ffi::CStr = c"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Starts `upstart-crash deliver`, the one beside this hook.
///
/// # Errors
/// What the kernel says; then the next kick, or the boot job, does the work.
pub(super) fn kick(root: Root) -> Result<(), Errno> {
    kick_after(root, &|| ())
}

/// The same, with an errand that the started process does first. So a hook whose time is up need
/// not wait for it.
///
/// # Errors
/// As [`kick`].
pub(super) fn kick_after(root: Root, errand: &dyn Fn()) -> Result<(), Errno> {
    let command = sys::executable(b"upstart-crash")
        .or_else(|| CPath::concat([COMMAND.as_bytes()]).ok())
        .ok_or(Errno::ENAMETOOLONG)?;
    let root = CPath::concat([ROOT_VARIABLE.as_bytes(), b"=", root.prefix()])
        .map_err(|_| Errno::ENAMETOOLONG)?;
    spawn_detached(&Detached {
        program: command.as_c_str(),
        argument: c"deliver",
        environment: &[PATH, root.as_c_str()],
        errand,
    })
}
