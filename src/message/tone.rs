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
    /// Nothing has happened.
    Test,
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
            Subject::Test { .. } => Self::Test,
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
            Self::Test => '🧪',
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
            Self::Test => "test",
        }
    }

    /// A colour, as 0xRRGGBB: red for what is down, orange for what goes on, green for what is well
    /// again, grey for what is about many jobs or about none, violet for what is no news.
    pub fn colour(self) -> u32 {
        match self {
            Self::Crash => 0x00d0_2f2f,
            Self::GaveUp => 0x0080_0020,
            Self::Repeats => 0x00e0_8000,
            Self::Recovered => 0x002e_a043,
            Self::Digest => 0x0060_7080,
            Self::SinkFailed => 0x00a0_6a00,
            Self::Test => 0x007c_3aed,
        }
    }
}
