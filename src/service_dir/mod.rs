//! A service directory of runit or s6: what its supervisor (`runsv`, `s6-supervise`) writes there.
//!
//! It belongs to root, or to whoever runs the supervisor, so the way to a file is trusted; what the
//! file says is not.

mod command;
mod down_signal;
mod log;
#[cfg(test)]
mod recorded;
mod status;

pub use command::last_command;
pub use status::Status;

use crate::sys::{CPath, TooLong};

/// A service directory, by its path; the working directory for none.
#[derive(Debug, Clone, Copy)]
pub struct ServiceDir<'a>(pub &'a [u8]);

impl ServiceDir<'_> {
    /// That which `run` and `finish` are started in.
    pub const HERE: ServiceDir<'static> = ServiceDir(b".");

    /// The path of `name` in it.
    ///
    /// # Errors
    /// [`TooLong`].
    pub fn join(self, name: &[u8]) -> Result<CPath, TooLong> {
        CPath::concat([self.0, b"/", name])
    }
}
