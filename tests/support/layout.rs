//! How the monitor is laid out on a host: which of its programs stand around a job.

use super::Hook;

/// One way of using the monitor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// No monitor at all: what a job does without one.
    Bare,
    /// Each job has pre-start, pre-stop and post-stop.
    ThreeStanzas,
    /// Each job has pre-start and post-stop; Upstart's `restart` is intact.
    WithoutPreStop,
    /// The observer, and no stanza in any job.
    Observer,
    /// The observer, and the three stanzas in each job.
    ObserverAndStanzas,
}

impl Layout {
    /// Every layout that has a monitor in it.
    pub const MONITORED: [Self; 4] =
        [Self::ThreeStanzas, Self::WithoutPreStop, Self::Observer, Self::ObserverAndStanzas];

    /// The hooks that are stanzas of each job.
    pub fn stanzas(self) -> &'static [Hook] {
        match self {
            Self::Bare | Self::Observer => &[],
            Self::WithoutPreStop => &[Hook::PreStart, Hook::PostStop],
            Self::ThreeStanzas | Self::ObserverAndStanzas => &Hook::ALL,
        }
    }

    /// Whether every job of the host is observed.
    pub fn is_observed(self) -> bool {
        matches!(self, Self::Observer | Self::ObserverAndStanzas)
    }
}
