//! What a message is, at a glance.

use crate::notice::{Cause, Notice, Subject};
use crate::verdict::VerdictKind;

/// What a message is, before anybody has read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// A job died.
    Crash,
    /// A job died, and stays down.
    GaveUp,
    /// More of the same.
    Repeats,
    /// The all-clear.
    Recovered,
    /// Many jobs at once.
    Digest,
    /// We cannot tell everybody.
    SinkFailed,
}

impl Tone {
    /// That of `notice`.
    pub(super) fn of(notice: &Notice) -> Self {
        match &notice.subject {
            Subject::Crash { cause: Cause { verdict: VerdictKind::GaveUp, .. }, .. } => {
                Self::GaveUp
            }
            Subject::Crash { .. } => Self::Crash,
            Subject::Repeats { .. } => Self::Repeats,
            Subject::Recovered { .. } => Self::Recovered,
            Subject::Digest { .. } => Self::Digest,
            Subject::SinkFailed { .. } => Self::SinkFailed,
        }
    }

    /// One character, for where colours and pictures are shown.
    pub fn icon(self) -> char {
        match self {
            Self::Crash => '🔴',
            Self::GaveUp => '🚨',
            Self::Repeats => '🔁',
            Self::Recovered => '🟢',
            Self::Digest => '📋',
            Self::SinkFailed => '🔇',
        }
    }

    /// A word, for where they are not.
    pub fn word(self) -> &'static str {
        match self {
            Self::Crash => "crash",
            Self::GaveUp => "gave up",
            Self::Repeats => "repeats",
            Self::Recovered => "recovered",
            Self::Digest => "digest",
            Self::SinkFailed => "sink failed",
        }
    }
}
