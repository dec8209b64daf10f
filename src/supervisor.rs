//! Which program supervises a service, and calls its hooks.

use serde::Serialize;

/// The supervisors whose hooks these programs are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize, clap::ValueEnum))]
#[serde(rename_all = "snake_case")]
pub enum Supervisor {
    /// Upstart, as the host's init or a user's own.
    #[default]
    Upstart,
    /// systemd, as the host's init.
    Systemd,
    /// `runsv` of runit.
    Runit,
    /// `s6-supervise` of s6.
    S6,
}

impl Supervisor {
    /// All of them.
    #[cfg(feature = "deliver")]
    pub const ALL: [Self; 4] = [Self::Upstart, Self::Systemd, Self::Runit, Self::S6];

    /// All of them but Upstart, which calls a hook without a word.
    const NAMED: [Self; 3] = [Self::Systemd, Self::Runit, Self::S6];

    /// The word for it: a hook's first argument, and in reports and markers.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Upstart => "upstart",
            Self::Systemd => "systemd",
            Self::Runit => "runit",
            Self::S6 => "s6",
        }
    }

    /// The one that calls a hook with `word`.
    pub fn named(word: &[u8]) -> Option<Self> {
        Self::NAMED.into_iter().find(|supervisor| supervisor.word().as_bytes() == word)
    }

    /// The name that people know it by.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Upstart => "Upstart",
            _ => self.word(),
        }
    }
}
