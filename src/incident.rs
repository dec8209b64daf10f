//! The trouble of one job: what it died of, how often, and what each sink was told of it. Pure.
//!
//! Life cycle: begins with the job's first crash; is closed when the job is stable again, and goes
//! on when it crashes once more; is forgotten when there was no crash for a day and nobody is owed
//! a word of it. Every crash is counted once, however often the notifier is killed at it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::id::ReportId;
use crate::notice::{Cause, Count, JobName, Tally};
use crate::report::CrashReport;
use crate::time::Timestamp;

/// How long after the last crash an incident is remembered.
pub const REMEMBERED: Duration = Duration::from_secs(24 * 3600);

/// How many causes are told apart; what goes beyond them is counted together.
const CAUSES: usize = 32;

/// The trouble of one job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    /// Whose.
    pub job: JobName,
    /// When the first crash was.
    pub began: Timestamp,
    /// When the last crash was.
    pub last: Timestamp,
    /// The report on it.
    pub latest: ReportId,
    /// What the job died of, in the order in which that was met first.
    pub causes: Vec<Met>,
    /// The longest time between two crashes, in seconds.
    pub longest_pause_seconds: u64,
    /// When the job was found to be stable; null while it is not.
    pub closed_at: Option<Timestamp>,
    /// What had been met when the job was found to be stable last.
    pub cleared: Tally,
    /// What it had recovered from then.
    pub recovered_from: Tally,
    /// For how long it had been up then, in seconds.
    pub up_seconds: u64,
    /// When the first crash of those was, or of those since.
    pub relapsed: Timestamp,
    /// What each sink was told, by its name.
    pub accounts: BTreeMap<String, Account>,
    /// The reports that are counted and may lie in `new/` still.
    pub counted: BTreeSet<ReportId>,
}

/// A cause, and how often it was met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Met {
    /// The cause.
    pub cause: Cause,
    /// How often.
    pub count: u64,
    /// The report on the last crash of it.
    pub latest: ReportId,
    /// When that was.
    pub last: Timestamp,
}

/// What one sink was told of an incident.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The crashes that it was told of, or that are not for it.
    pub told: Tally,
    /// The last notice.
    pub notice: Option<ReportId>,
    /// The last report that it speaks of.
    #[serde(default)]
    pub notice_to: Option<ReportId>,
    /// The last one that the notice before it spoke of.
    #[serde(default)]
    pub notice_from: Option<ReportId>,
    /// When that was made.
    pub told_at: Option<Timestamp>,
    /// Whether it was a digest.
    pub digest: bool,
    /// How many notices there were: each waits longer than the one before.
    pub notices: u32,
    /// When the first crash was taken that it was not told of; null where it was told of all.
    pub untold_since: Option<Timestamp>,
    /// Whether it was told of a crash since it was told last that the job is stable.
    pub alarmed: bool,
    /// Whether it is still to be told that the job is stable.
    pub owed_recovery: bool,
}

/// What is counted of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crash {
    /// The report.
    pub report: ReportId,
    /// Who died.
    pub job: JobName,
    /// What of.
    pub cause: Cause,
    /// When.
    pub time: Timestamp,
}

impl Crash {
    /// What is counted of `report`.
    pub fn of(report: &CrashReport) -> Self {
        Self {
            report: report.id,
            job: JobName::of(report),
            cause: Cause::of(report),
            time: report.time,
        }
    }
}

impl Incident {
    /// One that begins with `crash`, which is not counted yet.
    pub fn begun_by(crash: &Crash) -> Self {
        Self {
            job: crash.job.clone(),
            began: crash.time,
            last: crash.time,
            latest: crash.report,
            causes: Vec::new(),
            longest_pause_seconds: 0,
            closed_at: None,
            cleared: Tally::default(),
            recovered_from: Tally::default(),
            up_seconds: 0,
            relapsed: crash.time,
            accounts: BTreeMap::new(),
            counted: BTreeSet::new(),
        }
    }

    /// Counts `crash`, which is taken at `now`. Of the sinks, each with whether it is to be told,
    /// one that is new here is owed this crash and none before it.
    pub fn count<'s>(
        &mut self,
        crash: &Crash,
        sinks: impl IntoIterator<Item = (&'s str, bool)>,
        now: Timestamp,
    ) {
        if !self.counted.insert(crash.report) {
            return;
        }
        let before = self.tally();
        let cause = self.note(crash);
        let after = self.tally();
        if self.closed_at.take().is_some() {
            self.relapsed = crash.time;
        }
        for (sink, owed) in sinks {
            let account = self
                .accounts
                .entry(sink.to_owned())
                .or_insert_with(|| Account { told: before.clone(), ..Account::default() });
            account.owed_recovery = false;
            if !owed {
                account.told.add(&cause, 1);
            } else if !after.without(&account.told).0.is_empty() {
                account.untold_since.get_or_insert(now);
            }
        }
        self.began = self.began.min(crash.time);
        self.relapsed = self.relapsed.min(crash.time);
        if crash.time >= self.last {
            let pause = crash.time.since(self.last).as_secs();
            self.longest_pause_seconds = self.longest_pause_seconds.max(pause);
            (self.last, self.latest) = (crash.time, crash.report);
        }
    }

    /// Adds `crash` to its cause, and says which that is.
    fn note(&mut self, crash: &Crash) -> Cause {
        let known = self.causes.iter().position(|met| met.cause.is(&crash.cause));
        let cause = match known {
            None if self.causes.len() >= CAUSES => Cause { exit: None, ..crash.cause.clone() },
            _ => crash.cause.clone(),
        };
        match self.causes.iter_mut().find(|met| met.cause.is(&cause)) {
            Some(met) => {
                met.count = met.count.saturating_add(1);
                (met.last, met.latest) = (met.last, met.latest).max((crash.time, crash.report));
                met.cause.severity = cause.severity;
            }
            None => {
                let (cause, latest, last) = (cause.clone(), crash.report, crash.time);
                self.causes.push(Met { cause, count: 1, latest, last });
            }
        }
        cause
    }

    /// All crashes.
    pub fn tally(&self) -> Tally {
        let counts = self.causes.iter();
        Tally(counts.map(|met| Count { cause: met.cause.clone(), count: met.count }).collect())
    }

    /// The crashes since the job was found to be stable last.
    pub fn since_cleared(&self) -> Tally {
        self.tally().without(&self.cleared)
    }

    /// The crashes that `account` was not told of.
    pub fn untold(&self, account: &Account) -> Tally {
        self.tally().without(&account.told)
    }

    /// The job is stable at `now`, having been `up` for so long. Every sink that was told of a crash
    /// since it was so last, or is yet to be, is told this, too, if `tells` says so.
    pub fn close(&mut self, now: Timestamp, up: Duration, tells: impl Fn(&str) -> bool) {
        self.closed_at = Some(now);
        self.up_seconds = up.as_secs();
        self.recovered_from = self.since_cleared();
        for (sink, account) in &mut self.accounts {
            account.owed_recovery =
                (account.alarmed || account.untold_since.is_some()) && tells(sink);
        }
        self.cleared = self.tally();
    }

    /// Whether nothing is left to be done about it at `now`.
    pub fn is_over(&self, now: Timestamp, is_served: impl Fn(&str) -> bool) -> bool {
        let owed = self.accounts.iter().any(|(sink, account)| {
            is_served(sink) && (account.owed_recovery || account.untold_since.is_some())
        });
        !owed && now.since(self.last) > REMEMBERED
    }
}

impl Account {
    /// Whether the sink is still to be told of `report`, with others.
    pub fn lacks(&self, report: ReportId) -> bool {
        self.untold_since.is_some() && self.notice_to < Some(report)
    }

    /// Whether the last notice is the one that tells of `report`.
    pub fn tells_of(&self, report: ReportId) -> bool {
        self.notice_from < Some(report) && Some(report) <= self.notice_to
    }
}

#[cfg(test)]
mod tests;
