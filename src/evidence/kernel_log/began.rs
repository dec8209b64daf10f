//! When a run began, by the clock that stamps the kernel log and cannot be read.

/// How far the kernel log's clock may be behind what we think, in microseconds: it began to count
/// before or after the others did.
const SLACK_MICROS: i64 = 1_000_000;

/// How sure it is that a line was written since this run began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Certainty {
    /// It is too young for an earlier run.
    Sure,
    /// It is so old that it may be an earlier run's, and so young that the clocks may err.
    Close,
    /// It has no time.
    #[default]
    Unstamped,
}

/// When the run began, by the kernel log's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Began {
    /// Not before this.
    earliest: i64,
    /// Not after this.
    latest: i64,
}

impl Began {
    /// The beginning of a run that has lasted `lasted` microseconds at a moment at which the
    /// kernel log's clock shows something from `now.0` to `now.1`, but at least `newest`, the stamp
    /// of its last line.
    ///
    /// Reckoned back from now: over a short run the clocks cannot drift apart, and at the end of a
    /// long one it is only the end that matters. A sleep of the host, which that clock does not
    /// count, makes the beginning too early, which lets more lines in, of which the last count.
    pub(super) fn new(now: (i64, i64), newest: Option<i64>, lasted: i64) -> Self {
        let newest = newest.unwrap_or(i64::MIN);
        let reckoned = |now: i64| now.max(newest).saturating_sub(lasted.max(0));
        Self { earliest: reckoned(now.0).saturating_sub(SLACK_MICROS), latest: reckoned(now.1) }
    }

    /// Whether it may lie before a line of `micros`; it may before one without a stamp.
    pub(super) fn may_be_before(self, micros: Option<i64>) -> bool {
        micros.is_none_or(|micros| micros >= self.earliest)
    }

    /// How sure it is that a line of `micros` was written since.
    pub(super) fn certainty(self, micros: Option<i64>) -> Certainty {
        match micros {
            Some(micros) if micros >= self.latest => Certainty::Sure,
            Some(_) => Certainty::Close,
            None => Certainty::Unstamped,
        }
    }

    /// Whether a log that begins at `micros` reaches back to it.
    pub(super) fn is_reached(self, micros: i64) -> bool {
        micros <= self.earliest
    }
}
