//! What people are told in one message: a crash, more of the same, the all-clear.
//!
//! A notice is made once, lies in a sink's queue until it is settled, and never changes: every try
//! hands over the same counts under the same id. It names reports; what they hold is read when it
//! is sent.

use serde::{Deserialize, Serialize};

use crate::id::ReportId;
use crate::report::CrashReport;
use crate::supervisor::Supervisor;
use crate::time::Timestamp;
use crate::verdict::{Severity, VerdictKind};

/// One message, before it is put into words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The idempotency key of every try; of a crash, its report's own.
    pub id: ReportId,
    /// When what it tells of happened: the crash, the last of several, the all-clear.
    pub time: Timestamp,
    /// How loud it is.
    pub severity: Severity,
    /// The name of the host that tells it, as in reports.
    pub host: String,
    /// What it tells.
    pub subject: Subject,
}

/// What a notice tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Subject {
    /// One crash, by itself.
    Crash {
        /// The job.
        job: JobName,
        /// What it died of.
        cause: Cause,
        /// Its report.
        report: ReportId,
        /// Which crash of its job it is, since `since`; 1 where there was none before.
        nth: u64,
        /// When the first of them was.
        since: Timestamp,
        /// What the job died of since it was told of last, this crash included, and how often.
        tally: Tally,
    },
    /// The same job again, as often as `tally` says, since it was told of last.
    Repeats {
        /// The job.
        job: JobName,
        /// What it died of, and how often.
        tally: Tally,
        /// When it was told of last.
        since: Timestamp,
        /// When the last of these crashes was.
        until: Timestamp,
        /// How often the job has crashed since its trouble began, these crashes included.
        total: u64,
        /// When that was.
        began: Timestamp,
        /// The report on the last one.
        latest: ReportId,
    },
    /// A job that had crashed has been up for a while.
    Recovered {
        /// The job.
        job: JobName,
        /// What it died of since its trouble began, and how often.
        tally: Tally,
        /// When the first of these crashes was.
        since: Timestamp,
        /// When the last was.
        until: Timestamp,
        /// For how long it has been up, in seconds.
        up_seconds: u64,
        /// When the trouble began that this may not be the first recovery from.
        began: Timestamp,
        /// The report on the last crash.
        latest: ReportId,
    },
    /// Many jobs at once.
    Digest {
        /// When the first of these crashes was.
        since: Timestamp,
        /// When the last was.
        until: Timestamp,
        /// The jobs, the loudest and most frequent first.
        jobs: Vec<JobTally>,
        /// How many jobs more there are.
        more_jobs: u64,
        /// How many crashes these had.
        more_crashes: u64,
    },
    /// Another sink takes nothing any more, or has refused something for good.
    SinkFailed {
        /// Its name, `KIND.NAME`.
        sink: String,
        /// What it said; names no secret.
        why: String,
        /// Since when.
        since: Timestamp,
        /// How many notices wait for it.
        waiting: u64,
    },
    /// Nothing has happened: somebody wants to see that a sink is reached.
    Test {
        /// Its name, `KIND.NAME`.
        sink: String,
        /// Who asked for it, as the host knows them.
        by: String,
    },
}

/// A job, or one instance of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct JobName {
    /// `host/job` or `host/job/instance`, as in reports.
    pub key: String,
    /// As in reports.
    pub name: String,
    /// Empty for a job without instances.
    pub instance: String,
    /// Who supervises it, and is asked about it.
    #[serde(default, skip_serializing_if = "is_upstart")]
    pub supervisor: Supervisor,
}

/// What is not written: records of programs that knew no other have none.
fn is_upstart(supervisor: &Supervisor) -> bool {
    *supervisor == Supervisor::Upstart
}

/// One job of many.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobTally {
    /// The job.
    pub job: JobName,
    /// What it died of, and how often.
    pub tally: Tally,
    /// When the last of these crashes was.
    pub until: Timestamp,
    /// The report on it.
    pub latest: ReportId,
}

/// Causes and how often each was met, the loudest and most frequent first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tally(pub Vec<Count>);

/// How often a job died of one cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// What kind of end it was.
    pub cause: Cause,
    /// How often.
    pub count: u64,
}

/// What a job died of: with the job, the fingerprint of a crash.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cause {
    /// The decision.
    pub verdict: VerdictKind,
    /// `SIGSEGV`, `exit status 3`; null where it is not known.
    pub exit: Option<String>,
    /// How loud it is.
    pub severity: Severity,
}

impl Cause {
    /// What the job died of that `report` is on.
    pub fn of(report: &CrashReport) -> Self {
        let (verdict, exit) = (report.verdict.kind, report.exit.words());
        Self { verdict, exit, severity: report.severity }
    }

    /// Whether both are the same; how loud that is, the config may have changed.
    pub fn is(&self, other: &Self) -> bool {
        (self.verdict, &self.exit) == (other.verdict, &other.exit)
    }
}

impl Subject {
    /// The word that programs know it by; serde writes the same one.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Crash { .. } => "crash",
            Self::Repeats { .. } => "repeats",
            Self::Recovered { .. } => "recovered",
            Self::Digest { .. } => "digest",
            Self::SinkFailed { .. } => "sink_failed",
            Self::Test { .. } => "test",
        }
    }

    /// The one job that it is on.
    pub fn job(&self) -> Option<&JobName> {
        match self {
            Self::Crash { job, .. } | Self::Repeats { job, .. } | Self::Recovered { job, .. } => {
                Some(job)
            }
            Self::Digest { .. } | Self::SinkFailed { .. } | Self::Test { .. } => None,
        }
    }
}

impl Notice {
    /// What is told of the crash that `report` is on, as the first of its job.
    pub fn of(report: &CrashReport) -> Self {
        let (id, time) = (report.id, report.time);
        let (job, cause) = (JobName::of(report), Cause::of(report));
        let tally = Tally(vec![Count { cause: cause.clone(), count: 1 }]);
        Self {
            id,
            time,
            severity: report.severity,
            host: report.host.name.clone(),
            subject: Subject::Crash { job, cause, report: id, nth: 1, since: time, tally },
        }
    }

    /// The report that is sent with it; `None` where there is none.
    pub fn report(&self) -> Option<ReportId> {
        match &self.subject {
            Subject::Crash { report, .. } => Some(*report),
            Subject::Repeats { latest, .. } | Subject::Recovered { latest, .. } => Some(*latest),
            Subject::Digest { .. } | Subject::SinkFailed { .. } | Subject::Test { .. } => None,
        }
    }
}

impl JobName {
    /// The job that `report` is on.
    pub fn of(report: &CrashReport) -> Self {
        let (name, instance) = (report.job.name.clone(), report.job.instance.clone());
        Self { key: report.key.clone(), name, instance, supervisor: report.init.kind }
    }

    /// The host that it runs on: its names have no slash.
    pub fn host(&self) -> &str {
        self.key.split('/').next().unwrap_or_default()
    }

    /// `nginx`, or `nginx (eu-1)` for an instance: as Upstart writes it.
    pub fn title(&self) -> String {
        if self.instance.is_empty() {
            self.name.clone()
        } else {
            format!("{} ({})", self.name, self.instance)
        }
    }
}

impl Tally {
    /// How many crashes these are.
    pub fn total(&self) -> u64 {
        self.0.iter().map(|count| count.count).fold(0, u64::saturating_add)
    }

    /// How many of them are of `cause`.
    pub fn of(&self, cause: &Cause) -> u64 {
        self.0.iter().find(|count| count.cause.is(cause)).map_or(0, |count| count.count)
    }

    /// Adds `more` of `cause`.
    pub fn add(&mut self, cause: &Cause, more: u64) {
        match self.0.iter_mut().find(|count| count.cause.is(cause)) {
            Some(count) => count.count = count.count.saturating_add(more),
            None => self.0.push(Count { cause: cause.clone(), count: more }),
        }
    }

    /// What is in this one and not in `other`, the loudest and most frequent first.
    pub fn without(&self, other: &Self) -> Self {
        let left = |count: &Count| Count {
            cause: count.cause.clone(),
            count: count.count.saturating_sub(other.of(&count.cause)),
        };
        let mut counts: Vec<_> = self.0.iter().map(left).filter(|left| left.count > 0).collect();
        counts.sort_by(|a, b| {
            let rank = |count: &Count| (count.cause.severity, count.count);
            rank(b).cmp(&rank(a)).then_with(|| a.cause.cmp(&b.cause))
        });
        Self(counts)
    }

    /// The loudest of them.
    pub fn severity(&self) -> Option<Severity> {
        self.0.iter().map(|count| count.cause.severity).max()
    }
}

#[cfg(test)]
mod tests {
    use crate::sinks::samples;

    #[test]
    fn a_subject_is_called_in_a_queue_what_programs_call_it() {
        for notice in samples::notices() {
            let written = serde_json::to_value(&notice.subject).unwrap();
            assert_eq!(written["kind"], notice.subject.word());
        }
    }
}
