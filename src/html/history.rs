//! What is on the page: every end that was reported, by job and time. Pure.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::aftermath::RecoveryKind;
use crate::id::ReportId;
use crate::message::{harmless, shortened};
use crate::notice::JobName;
use crate::redaction::Redacted;
use crate::report::CrashReport;
use crate::time::Timestamp;
use crate::verdict::{VerdictKind, in_words};

/// How many reports can be opened on the page, the newest.
const DETAILED: usize = 500;

/// The longest name of a job or a cause, in characters.
const NAME_CHARS: usize = 120;

/// What somebody wants to see.
#[derive(Debug, Clone)]
pub struct Scope {
    /// The host that the page is made on.
    pub host: String,
    /// When it is made.
    pub now: Timestamp,
    /// What came before is left out; `None` where nothing is.
    pub since: Option<Timestamp>,
    /// The globs that the jobs were chosen by; empty for all jobs.
    pub jobs: Vec<String>,
    /// Whether secrets were looked for.
    pub is_redacted: bool,
}

/// What a mark on the page stands for. In this order they are stacked and counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// A run died, or never came up.
    Crash,
    /// It stays down.
    GaveUp,
    /// A crash, perhaps.
    Unclear,
    /// It came back, or was found to be stable.
    Recovery,
}

impl Kind {
    pub(super) const ALL: [Self; 4] = [Self::Crash, Self::GaveUp, Self::Unclear, Self::Recovery];

    fn of(verdict: VerdictKind) -> Self {
        match verdict {
            VerdictKind::Crashed | VerdictKind::StartFailed => Self::Crash,
            VerdictKind::GaveUp => Self::GaveUp,
            VerdictKind::Unclear
            | VerdictKind::Unseen
            | VerdictKind::Stopped
            | VerdictKind::Finished
            | VerdictKind::HostShutdown => Self::Unclear,
        }
    }
}

/// One end of a run.
#[derive(Debug, Clone)]
pub(super) struct End {
    pub(super) report: ReportId,
    pub(super) time: Timestamp,
    pub(super) kind: Kind,
    /// `crashed: SIGSEGV`.
    pub(super) cause: String,
    /// How much memory was available, in percent of all.
    pub(super) memory_percent: Option<f64>,
    /// The load of the last minute for each processor.
    pub(super) load_per_cpu: Option<f64>,
    /// How long it was gone; `None` where it did not come back, or nobody looked.
    pub(super) back_after: Option<Duration>,
}

/// A job, and how its runs ended.
#[derive(Debug, Clone)]
pub(super) struct Job {
    /// Its name on the page, with its host's where there are several.
    pub(super) title: String,
    host: String,
    /// The newest first.
    pub(super) ends: Vec<End>,
    /// When it was found to be stable last, after some of these ends.
    pub(super) stable: Option<Timestamp>,
}

/// Everything that is on the page.
#[derive(Debug, Clone)]
pub struct History {
    pub(super) scope: Scope,
    jobs: BTreeMap<String, Job>,
    /// The newest reports, the newest first.
    pub(super) details: Vec<Redacted>,
    /// How many reports could not be read.
    pub(super) unreadable: usize,
}

impl History {
    /// One without any report.
    pub fn of(scope: Scope) -> Self {
        Self { scope, jobs: BTreeMap::new(), details: Vec::new(), unreadable: 0 }
    }

    /// Adds what may be told of a report; the newest comes first.
    pub fn add(&mut self, told: Redacted) {
        let Some(report) = told.report() else { return };
        let name = JobName::of(report);
        let job = self.jobs.entry(name.key.clone()).or_insert_with(|| Job {
            title: shortened(&harmless(&name.title()), NAME_CHARS),
            host: shortened(&harmless(&report.host.name), NAME_CHARS),
            ends: Vec::new(),
            stable: None,
        });
        job.ends.push(End::of(report));
        if self.details.len() < DETAILED {
            self.details.push(told);
        }
    }

    /// Counts a report that cannot be read.
    pub fn miss(&mut self) {
        self.unreadable += 1;
    }

    /// Notes that the job with `key` was found to be stable at `time`. What came before the first
    /// end on the page is not about it.
    pub fn stable(&mut self, key: &str, time: Timestamp) {
        if let Some(job) = self.jobs.get_mut(key)
            && job.ends.last().is_some_and(|first| first.time <= time)
        {
            job.stable = Some(time);
        }
    }

    /// How many reports there are.
    pub fn reports(&self) -> usize {
        self.jobs.values().map(|job| job.ends.len()).sum()
    }

    /// How many jobs there are.
    pub fn job_count(&self) -> usize {
        self.jobs.len()
    }

    /// The jobs, the most troubled first.
    pub(super) fn jobs(&self) -> Vec<Job> {
        let names_host = self.hosts().len() > 1;
        let mut jobs: Vec<_> = self.jobs.values().cloned().collect();
        for job in jobs.iter_mut().filter(|_| names_host) {
            job.title = format!("{}: {}", job.host, job.title);
        }
        jobs.sort_by(|a, b| b.ends.len().cmp(&a.ends.len()).then_with(|| a.title.cmp(&b.title)));
        jobs
    }

    /// The hosts, by name.
    pub(super) fn hosts(&self) -> Vec<&str> {
        let mut hosts: Vec<_> = self.jobs.values().map(|job| job.host.as_str()).collect();
        hosts.sort_unstable();
        hosts.dedup();
        hosts
    }

    /// All ends, the newest first.
    pub(super) fn ends(&self) -> Vec<&End> {
        let mut ends: Vec<_> = self.jobs.values().flat_map(|job| &job.ends).collect();
        ends.sort_by_key(|end| std::cmp::Reverse((end.time, end.report)));
        ends
    }

    /// The causes and how often each was met, the most frequent first.
    pub(super) fn causes(&self) -> Vec<(Kind, &str, usize)> {
        let mut counts = BTreeMap::new();
        for end in self.jobs.values().flat_map(|job| &job.ends) {
            *counts.entry((end.kind, end.cause.as_str())).or_insert(0) += 1;
        }
        let mut causes: Vec<_> =
            counts.into_iter().map(|((kind, cause), count)| (kind, cause, count)).collect();
        causes.sort_by(|a, b| b.2.cmp(&a.2).then_with(|| (a.0, a.1).cmp(&(b.0, b.1))));
        causes
    }
}

impl Job {
    /// How many ends of `kind` there were; of recoveries, how often it came back.
    pub(super) fn count(&self, kind: Kind) -> usize {
        match kind {
            Kind::Recovery => self.ends.iter().filter(|end| end.back_after.is_some()).count(),
            kind => self.ends.iter().filter(|end| end.kind == kind).count(),
        }
    }

    /// The middle one of the times that it was gone for, and the longest.
    pub(super) fn back_after(&self) -> Option<(Duration, Duration)> {
        let mut times: Vec<_> = self.ends.iter().filter_map(|end| end.back_after).collect();
        times.sort_unstable();
        Some((*times.get(times.len() / 2)?, *times.last()?))
    }
}

#[cfg(test)]
impl Job {
    pub(super) fn for_test(title: &str, ends: Vec<End>) -> Self {
        Self { title: title.to_owned(), host: "web-1".to_owned(), ends, stable: None }
    }
}

impl End {
    pub(super) fn of(report: &CrashReport) -> Self {
        let snapshot = &report.snapshot;
        let memory = snapshot.memory.as_ref().filter(|memory| memory.total_bytes > 0);
        let percent = |part: u64, whole: u64| part as f64 / whole as f64 * 100.0;
        let recovery = report.aftermath.as_ref().and_then(|aftermath| aftermath.recovery.as_ref());
        let cpus = report.host.cpus.filter(|cpus| *cpus > 0);
        Self {
            report: report.id,
            time: report.time,
            kind: Kind::of(report.verdict.kind),
            cause: shortened(
                &harmless(&in_words(report.init.kind, report.verdict.kind, &report.exit)),
                NAME_CHARS,
            ),
            memory_percent: memory
                .map(|memory| percent(memory.available_bytes, memory.total_bytes).min(100.0)),
            load_per_cpu: snapshot
                .load
                .as_ref()
                .zip(cpus)
                .map(|(load, cpus)| load.one / cpus as f64)
                .filter(|load| load.is_finite() && *load >= 0.0),
            back_after: recovery
                .filter(|recovery| recovery.kind == RecoveryKind::Respawned)
                .and_then(|recovery| Duration::try_from_secs_f64(recovery.after_seconds).ok()),
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
