//! Which reports somebody wants to see.

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use super::super::moment::Moment;
use super::state::State;
use crate::globs::JobGlobs;
use crate::id::ReportId;
use crate::spool::Entry;
use crate::time::Timestamp;
use crate::verdict::VerdictKind;

/// Which reports somebody wants to see, as typed.
#[derive(Args)]
pub(super) struct Wanted {
    /// Only of jobs that this glob names; an instance is `NAME (INSTANCE)`; `!GLOB` leaves jobs out
    #[arg(short, long, value_name = "GLOB")]
    job: Vec<String>,
    /// Only what died since then: 90m, 2d, 2026-11-21, "2026-11-21 03:42" (UTC)
    #[arg(short, long, value_name = "TIME", value_parser = Moment::parse)]
    since: Option<Moment>,
    /// Only what died before then
    #[arg(short, long, value_name = "TIME", value_parser = Moment::parse)]
    until: Option<Moment>,
    /// Only with one of these verdicts
    #[arg(long, value_name = "KIND", value_delimiter = ',', value_parser = verdict())]
    verdict: Vec<VerdictKind>,
    /// Only in one of these states
    #[arg(long, value_name = "STATE", value_delimiter = ',')]
    state: Vec<State>,
}

/// Reads a verdict that there are reports with.
fn verdict() -> impl TypedValueParser<Value = VerdictKind> {
    let value = |kind: VerdictKind| PossibleValue::new(kind.word()).help(kind.meaning());
    PossibleValuesParser::new(VerdictKind::TOLD.map(value))
        .try_map(|word| serde_json::from_value::<VerdictKind>(word.into()))
}

/// Which reports somebody wants to see.
pub(super) struct Filter {
    jobs: JobGlobs,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    verdicts: Vec<VerdictKind>,
    states: Vec<State>,
}

impl Filter {
    /// What `wanted` means at `now`.
    pub(super) fn new(wanted: Wanted, now: Timestamp) -> Self {
        let Wanted { job, since, until, verdict, state } = wanted;
        let seen = |moment: Moment| moment.seen_from(now);
        Self {
            jobs: JobGlobs::of(job),
            since: since.map(seen),
            until: until.map(seen),
            verdicts: verdict,
            states: state,
        }
    }

    /// Whether the report `id` is of a time that is wanted: the id tells, nothing is read.
    pub(super) fn takes_time_of(&self, id: ReportId) -> bool {
        let time = id.time();
        self.since.is_none_or(|since| time >= since) && self.until.is_none_or(|until| time < until)
    }

    /// Whether `entry`, which is of such a time, is wanted.
    pub(super) fn takes(&self, entry: &Entry) -> bool {
        let report = &entry.report;
        let any_verdict = self.verdicts.is_empty();
        (any_verdict || self.verdicts.contains(&report.verdict.kind))
            && self.jobs.mean(&report.job.name, &report.job.instance)
            && (self.states.is_empty() || self.states.iter().any(|state| state.is_of(entry)))
    }
}
