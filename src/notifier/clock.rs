//! The time, as a notifier reads it.

use std::time::Duration;

use crate::sys;
use crate::time::Timestamp;

/// One reading of both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    /// The time of day, which may be set.
    pub(super) time: Timestamp,
    /// The time since some instant, which nobody sets.
    pub(super) steady: Duration,
}

/// Reads the clocks.
pub(super) type Clock<'a> = &'a (dyn Fn() -> Moment + Sync);

impl Moment {
    /// What the host's clocks show.
    pub(super) fn now() -> Self {
        let steady = u64::try_from(sys::boot_micros()).unwrap_or_default();
        Self { time: sys::now(), steady: Duration::from_micros(steady) }
    }

    /// The time from `earlier` to this.
    pub(super) fn since(self, earlier: Self) -> Duration {
        self.steady.saturating_sub(earlier.steady)
    }
}
