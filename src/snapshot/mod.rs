//! What the machine looked like when the job died. One file a collector.
//!
//! A collector that fails costs only itself: its name and the reason go to `incomplete`.

mod host;
mod load;
mod log_tail;
mod memory;

use serde::Serialize;

pub use host::Host;
pub use load::Load;
pub use log_tail::{Bounds, Found, LogTail, RunStart, tail};
pub use memory::Memory;

use crate::sys;
use crate::time::Timestamp;

/// The machine at one moment. What could not be collected is null.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
pub struct Snapshot {
    /// When it was taken.
    pub taken_at: Timestamp,
    /// Load averages.
    pub load: Option<Load>,
    /// Memory and swap.
    pub memory: Option<Memory>,
}

impl Snapshot {
    /// Asks every collector; what fails is added to `incomplete`.
    pub fn take(incomplete: &mut Vec<Incomplete>) -> Self {
        Self {
            taken_at: sys::now(),
            load: noted(incomplete, "load", load::collect()),
            memory: noted(incomplete, "memory", memory::collect()),
        }
    }

    /// The snapshot of a moment that nobody saw.
    pub fn missed(at: Timestamp) -> Self {
        Self { taken_at: at, load: None, memory: None }
    }
}

/// A part of the report that could not be collected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
pub struct Incomplete {
    /// The part: `log`, `memory`, ...
    pub part: String,
    /// Why it is missing.
    pub reason: String,
}

/// What was `collected`; why not goes to `incomplete`.
pub fn noted<T>(
    incomplete: &mut Vec<Incomplete>,
    part: &str,
    collected: Result<T, String>,
) -> Option<T> {
    collected.map_err(|reason| incomplete.push(Incomplete { part: part.to_owned(), reason })).ok()
}
