//! `[folding]`: how a storm is held within bounds.

use std::num::NonZeroUsize;

use serde::Deserialize;

use crate::policy::Folding;
use crate::sinks::Period;

/// A job that crashes again and again is told of at once, and then of all crashes together, later
/// each time.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Table {
    /// How long the second notice on a job waits after the first one, the third after the second,
    /// and so on; the last one holds for all that follow. Default: `["1m", "5m", "15m", "1h"]`.
    intervals: Option<Vec<Period>>,
    /// How long a job that crashed must be up again to have recovered, which is told, too. Default:
    /// `"5m"`.
    stable_for: Option<Period>,
    /// How many messages a sink is sent in a minute before the rest goes into one digest of all jobs.
    /// Default: `10`.
    host_limit: Option<NonZeroUsize>,
}

impl From<Table> for Folding {
    fn from(table: Table) -> Self {
        let usual = Self::default();
        let intervals = table.intervals.filter(|intervals| !intervals.is_empty());
        let intervals = intervals.map(|it| it.into_iter().map(|Period(time)| time).collect());
        Self {
            intervals: intervals.unwrap_or(usual.intervals),
            stable_for: table.stable_for.map_or(usual.stable_for, |Period(time)| time),
            host_limit: table.host_limit.map_or(usual.host_limit, NonZeroUsize::get),
        }
    }
}
