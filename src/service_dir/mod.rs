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
pub use down_signal::down_signal;
pub use status::Status;

use std::ffi::CStr;

use crate::sys::{CPath, TooLong};

/// What the supervisor says of the service.
pub const STATUS: &CStr = c"supervise/status";
/// The FIFO through which commands come.
pub const CONTROL: &CStr = c"supervise/control";
/// The file that most loggers of a service write to.
pub const CUSTOMARY_LOG: &CStr = c"log/main/current";

/// A service directory, by its path. `run` and `finish` are started in theirs.
#[derive(Debug, Clone, Copy)]
pub struct ServiceDir<'a>(pub &'a [u8]);

impl ServiceDir<'_> {
    /// The path of `name` in it.
    ///
    /// # Errors
    /// [`TooLong`].
    pub fn join(self, name: &CStr) -> Result<CPath, TooLong> {
        CPath::concat([self.0, b"/", name.to_bytes()])
    }

    /// The state of the service.
    ///
    /// # Errors
    /// Why it is not known, in words.
    pub fn status(self) -> Result<Status, &'static str> {
        let path = self.join(STATUS).map_err(|_| "the path of supervise/ is too long")?;
        Status::read(path.as_c_str())
    }
}
