//! What a time series database is told: crashes, deliveries, what waits. Pure.
//!
//! The counters begin with the first notifier that keeps them and never go back: they lie in the
//! spool, where they survive restarts and reboots. Incidents would not do, they are forgotten.

mod exposition;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use exposition::{Queue, exposition};

use crate::id::ReportId;
use crate::report::CrashReport;
use crate::time::Timestamp;
use crate::verdict::VerdictKind;

/// How many jobs and instances are told apart. Where each run is an instance of its own, there is
/// no end to them, and a database that is told all their names comes to one.
const JOBS: usize = 1000;

/// What the others are counted as; no job is called so.
const OTHERS: &str = "(others)";

/// What was counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counters {
    /// By the names of jobs, and then by instances: empty for a job without.
    crashes: BTreeMap<String, BTreeMap<String, Crashes>>,
    /// By the names of sinks.
    deliveries: BTreeMap<String, BTreeMap<Outcome, u64>>,
    /// The reports that are counted and may lie in `new/` still.
    counted: BTreeSet<ReportId>,
}

/// The crashes of one job or instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Crashes {
    /// How often each verdict was reached.
    verdicts: BTreeMap<VerdictKind, u64>,
    /// When the last crash was.
    last: Timestamp,
}

/// What became of a try to hand a notice over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The service took it.
    Delivered,
    /// It is tried again later.
    Retried,
    /// It never will be.
    GivenUp,
    /// The service takes nothing until the config or a secret changes.
    Parked,
}

impl Outcome {
    /// All there are.
    const ALL: [Self; 4] = [Self::Delivered, Self::Retried, Self::GivenUp, Self::Parked];

    fn word(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Retried => "retried",
            Self::GivenUp => "given_up",
            Self::Parked => "parked",
        }
    }
}

impl Counters {
    /// Counts the crash that `report` is on, once. Tells whether it was not counted before.
    pub fn count_crash(&mut self, report: &CrashReport) -> bool {
        if !self.counted.insert(report.id) {
            return false;
        }
        let (job, instance) = (report.job.name.as_str(), report.job.instance.as_str());
        let is_known = self.crashes.get(job).is_some_and(|it| it.contains_key(instance));
        let known = self.crashes.values().map(BTreeMap::len).sum::<usize>();
        let (job, instance) = if is_known || known < JOBS { (job, instance) } else { (OTHERS, "") };
        let instances = self.crashes.entry(job.to_owned()).or_default();
        let crashes = instances
            .entry(instance.to_owned())
            .or_insert_with(|| Crashes { verdicts: BTreeMap::new(), last: report.time });
        let count = crashes.verdicts.entry(report.verdict.kind).or_default();
        *count = count.saturating_add(1);
        crashes.last = crashes.last.max(report.time);
        true
    }

    /// Counts a try of `sink`.
    pub fn count_try(&mut self, sink: &str, outcome: Outcome) {
        let count = self.deliveries.entry(sink.to_owned()).or_default().entry(outcome).or_default();
        *count = count.saturating_add(1);
    }

    /// Forgets the names of the counted reports that are not new any more: they do not come again.
    pub fn retain_new(&mut self, is_new: impl Fn(ReportId) -> bool) {
        self.counted.retain(|report| is_new(*report));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::RunId;
    use crate::sinks::samples;

    /// Crash number `number` of `job`.
    fn crash(job: &str, number: u8) -> CrashReport {
        let mut report = samples::report();
        report.job.name = job.to_owned();
        report.id = ReportId::new(report.time, RunId([number; 10]));
        report
    }

    #[test]
    fn a_crash_is_counted_once_until_it_cannot_come_again() {
        let mut counters = Counters::default();
        let first = crash("nginx", 1);
        assert!(counters.count_crash(&first));
        assert!(!counters.count_crash(&first));
        counters.retain_new(|_| true);
        // Killed before the report was archived, and read again by the next notifier.
        let json = serde_json::to_string(&counters).unwrap();
        let mut counters: Counters = serde_json::from_str(&json).unwrap();
        assert!(!counters.count_crash(&first));
        assert!(counters.count_crash(&crash("nginx", 2)));
        assert_eq!(counters.crashes["nginx"]["eu-1"].verdicts[&VerdictKind::Crashed], 2);
        counters.retain_new(|_| false);
        assert!(counters.counted.is_empty());
    }

    #[test]
    fn an_endless_number_of_instances_comes_to_an_end() {
        let mut counters = Counters::default();
        let mut report = crash("worker", 0);
        for number in 0..2000_u16 {
            report.job.instance = number.to_string();
            let [high, low] = number.to_be_bytes();
            report.id = ReportId::new(report.time, RunId([high, low, 0, 0, 0, 0, 0, 0, 0, 0]));
            assert!(counters.count_crash(&report));
        }
        assert_eq!(counters.crashes["worker"].len(), JOBS);
        assert_eq!(counters.crashes[OTHERS][""].verdicts[&VerdictKind::Crashed], 1000);
    }

    #[test]
    fn tries_are_counted_by_sink_and_outcome() {
        let mut counters = Counters::default();
        for outcome in [Outcome::Retried, Outcome::Retried, Outcome::Delivered] {
            counters.count_try("slack.ops", outcome);
        }
        let counted = &counters.deliveries["slack.ops"];
        assert_eq!((counted[&Outcome::Retried], counted[&Outcome::Delivered]), (2, 1));
    }
}
