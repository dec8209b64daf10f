//! What the marker says about the end of a run.

use serde::Serialize;

use crate::marker::Content;
use crate::sys;
use crate::time::Timestamp;

/// The marker's part of the evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
#[serde(tag = "state", rename_all = "snake_case")]
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
    /// What a marker with `content` says to whoever finds it at the end of a run.
    pub fn at_the_end(content: &Content) -> Self {
        let started = content.started.wall;
        match (content.boot, sys::boot_id()) {
            (Some(then), Some(now)) if then != now => Self::OfAnotherBoot { started },
            _ => Self::Armed { started },
        }
    }

    /// When pre-start armed it, as far as there is one to trust.
    pub fn started(self) -> Option<Timestamp> {
        match self {
            Self::Armed { started }
            | Self::Orphaned { started }
            | Self::OfAnotherBoot { started } => Some(started),
            Self::Absent | Self::Foreign => None,
        }
    }
}
