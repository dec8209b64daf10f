//! The kinds of supervisors.

use std::fmt;

use clap::ValueEnum;
use serde::Serialize;

/// A kind of supervisor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Upstart: jobs.
    Upstart,
    /// systemd: units.
    Systemd,
    /// runit: service directories.
    Runit,
    /// s6: service directories, too.
    S6,
}

impl Kind {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Upstart, Self::Systemd, Self::Runit, Self::S6];

    /// As the hooks are told it, and the report.
    pub fn word(self) -> &'static str {
        match self {
            Self::Upstart => "upstart",
            Self::Systemd => "systemd",
            Self::Runit => "runit",
            Self::S6 => "s6",
        }
    }
}

/// As it calls itself.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Self::Upstart { "Upstart" } else { self.word() })
    }
}
