//! What the marker says about the end of a run.

use crate::marker::Content;
use crate::sys;
use crate::time::Timestamp;

/// The marker's part of the evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkerEvidence {
    /// There is none: pre-stop disarmed it, or no pre-start ever armed it.
    Absent,
    /// Post-stop found it: nobody asked for this stop.
    Armed {
        /// When pre-start armed it.
        started: Timestamp,
    },
    /// The next pre-start found it: no post-stop saw the end.
    Orphaned {
        /// When pre-start armed it.
        started: Timestamp,
    },
    /// Post-stop found it, but it was armed before the host was booted.
    OfAnotherBoot {
        /// When pre-start armed it.
        started: Timestamp,
    },
    /// Something lies in its place that pre-start did not make.
    Foreign,
}

impl MarkerEvidence {
    /// What a marker with `content` says to the post-stop that finds it.
    pub fn at_post_stop(content: &Content) -> Self {
        let started = content.started.wall;
        match (content.boot, sys::boot_id()) {
            (Some(then), Some(now)) if then != now => Self::OfAnotherBoot { started },
            _ => Self::Armed { started },
        }
    }
}
