//! The hooks put into the files by which a supervisor knows a service, and taken out again.
//!
//! A folder for each way in which a service is described: `upstart/` (stanzas of a job), `systemd/`
//! (a drop-in of a unit), `service_directory/` (lines of `run` and `finish`, for runit and s6).
//! Each makes new texts of old ones. `target.rs` finds out what somebody means by a name,
//! `change.rs` and `put.rs` put the new texts in place. `docs/enable.md` has the texts.

mod change;
mod programs;
mod put;
mod refused;
pub mod service_directory;
pub mod systemd;
mod target;
pub mod upstart;

pub use change::{Change, FileChange};
pub use programs::{is_executable, program};
pub use refused::Refused;
pub use target::{Target, find, meant};

/// What stands behind a call on a line of its own.
const MARK: &str = "  # upstart-crash enable";
