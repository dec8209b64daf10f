//! Why nobody is told of a report.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// Why nobody is told of a report, which is in the history all the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withheld {
    /// What keeps it back.
    pub by: WithheldBy,
    /// The reason, in the words of whoever asked for it.
    pub why: String,
    /// Until when crashes of the job are kept back; null where that does not end by itself.
    pub until: Option<Timestamp>,
}

/// What keeps a report back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WithheldBy {
    /// Somebody has silenced the job.
    Silence,
    /// A planned window.
    Window,
    /// No sink takes such a report.
    Routing,
}
