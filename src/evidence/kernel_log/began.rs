//! When a run began, by the clock that stamps the kernel log and cannot be read.

use serde::Serialize;

/// How far the kernel log's clock may be behind what we think, in microseconds: it began to count
/// before or after the others did.
const SLACK_MICROS: i64 = 1_000_000;

/// How sure it is that a line was written since this run began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// It is too young for an earlier run.
    Sure,
    /// It is so old that it may be an earlier run's, and so young that the clocks may err.
    Close,
    /// It has no time.
    #[default]
    Unstamped,
    /// Nobody knows when the run began: it is the last one that was told of, however old.
    Unbounded,
}

/// When the run began, by the clock of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Began {
    /// Not before `earliest`, and not after `latest`.
    Between {
        /// In microseconds.
        earliest: i64,
        /// In microseconds.
        latest: i64,
    },
    /// Nobody knows.
    Unknown,
}

impl Began {
    /// The beginning of a run that has lasted `lasted` microseconds at a moment at which the
    /// log's clock shows something from `now.0` to `now.1`, but at least `newest`, the stamp
    /// of its last line.
    ///
    /// Reckoned back from now: over a short run the clocks cannot drift apart, and at the end of a
    /// long one it is only the end that matters. A sleep of the host, which the kernel log's clock
    /// does not count, makes the beginning too early, which lets more lines in, of which the last
    /// count.
    pub(super) fn new(now: (i64, i64), newest: Option<i64>, lasted: i64) -> Self {
        let newest = newest.unwrap_or(i64::MIN);
        let reckoned = |now: i64| now.max(newest).saturating_sub(lasted.max(0));
        Self::Between {
            earliest: reckoned(now.0).saturating_sub(SLACK_MICROS),
            latest: reckoned(now.1),
        }
    }

    /// Whether it may lie before a line of `micros`; it may before one without a stamp.
    pub(super) fn may_be_before(self, micros: Option<i64>) -> bool {
        match (self, micros) {
            (Self::Between { earliest, .. }, Some(micros)) => micros >= earliest,
            _ => true,
        }
    }

    /// How sure it is that a line of `micros` was written since.
    pub(super) fn certainty(self, micros: Option<i64>) -> Certainty {
        match (self, micros) {
            (Self::Unknown, _) => Certainty::Unbounded,
            (_, None) => Certainty::Unstamped,
            (Self::Between { latest, .. }, Some(micros)) if micros >= latest => Certainty::Sure,
            (Self::Between { .. }, Some(_)) => Certainty::Close,
        }
    }
}
