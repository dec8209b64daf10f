//! The facts of one crash: versioned JSON, described by `docs/report-v1.schema.json`.

#[cfg(feature = "deliver")]
mod gave_up;
#[cfg(feature = "deliver")]
mod link;
#[cfg(feature = "deliver")]
mod unseen;
#[cfg(feature = "deliver")]
mod withheld;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use serde::Serialize;

#[cfg(feature = "deliver")]
use crate::aftermath::Aftermath;
use crate::evidence::{Evidence, KernelLines};
use crate::id::ReportId;
#[cfg(feature = "deliver")]
use crate::job::Job;
use crate::marker::Content;
use crate::snapshot::{Host, Incomplete, LogTail, Snapshot};
use crate::supervisor::Supervisor;
use crate::systemd::UnitStatus;
use crate::time::Timestamp;
use crate::verdict::{self, Exit, ExitKind, Severity, Verdict, VerdictKind};

#[cfg(feature = "deliver")]
pub use {
    link::Link,
    withheld::{Withheld, WithheldBy},
};

/// What only the notifier adds. The hooks, who are to be small, know nothing of it.
#[cfg(not(feature = "deliver"))]
type Aftermath = ();
#[cfg(not(feature = "deliver"))]
type Link = ();
#[cfg(not(feature = "deliver"))]
type Withheld = ();

/// The version of the report format that this program writes.
pub const VERSION: u32 = 1;

/// The longest summary, in characters.
const SUMMARY_CHARS: usize = 250;

/// One crash. What could not be collected is null and named in `incomplete`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
pub struct CrashReport {
    /// The format's version, [`VERSION`].
    pub version: u32,
    /// Its name, and the idempotency key of every delivery.
    pub id: ReportId,
    /// `host/job` or `host/job/instance`: what a receiver groups by.
    pub key: String,
    /// How loud it is.
    pub severity: Severity,
    /// One line: host, job, what happened.
    pub summary: String,
    /// When the job died.
    pub time: Timestamp,
    /// The same in microseconds since the epoch.
    pub time_unix_us: i64,
    /// Where it died.
    pub host: Host,
    /// Who died.
    pub job: JobFacts,
    /// Which supervisor told of the end.
    #[cfg_attr(feature = "deliver", serde(default))]
    pub init: InitFacts,
    /// What became of it, and why we say so.
    pub verdict: VerdictFacts,
    /// How it ended.
    pub exit: Exit,
    /// What the verdict was reached from.
    pub evidence: Evidence,
    /// What the kernel log says of the end.
    pub kernel: Option<KernelLines>,
    /// What the machine looked like.
    pub snapshot: Snapshot,
    /// The last lines of this run.
    pub log: Option<LogTail>,
    /// What was found out after the hook had returned; null where the report was not examined.
    pub aftermath: Option<Aftermath>,
    /// `upstart_job`, `upstart_instance`, and the operator's own: for receivers that route by label.
    pub labels: BTreeMap<String, String>,
    /// Pages that belong to it.
    #[cfg_attr(feature = "deliver", serde(default))]
    pub links: Vec<Link>,
    /// Why nobody is told; null where they are.
    #[cfg_attr(feature = "deliver", serde(default))]
    pub withheld: Option<Withheld>,
    /// What could not be collected, and why.
    pub incomplete: Vec<Incomplete>,
    /// Who wrote this.
    pub agent: Agent,
}

/// The job and the run of it that ended.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
pub struct JobFacts {
    /// `UPSTART_JOB`; bytes that are not UTF-8 are shown as U+FFFD.
    pub name: String,
    /// `UPSTART_INSTANCE`; empty for a job without instances.
    pub instance: String,
    /// When pre-start armed the marker; null where none did.
    pub started_at: Option<Timestamp>,
    /// How long the run lasted, in seconds; null where the end is not known.
    pub ran_seconds: Option<f64>,
    /// The run's own name; its digits end the report's id.
    pub run: String,
}

impl JobFacts {
    /// The run that the marker with `content` speaks of.
    pub fn of(content: &Content) -> Self {
        let ran = content.ended.map(|ended| {
            let micros = ended.boot_micros.saturating_sub(content.started.boot_micros).max(0);
            Duration::from_micros(micros.unsigned_abs()).as_secs_f64()
        });
        Self {
            name: String::from_utf8_lossy(&content.job).into_owned(),
            instance: String::from_utf8_lossy(&content.instance).into_owned(),
            started_at: Some(content.started.wall),
            ran_seconds: ran,
            run: content.run.to_hex().to_string(),
        }
    }

    /// The same run, of which no pre-start of ours noted when it began, but systemd perhaps did.
    pub fn told(self, systemd: Option<&UnitStatus>) -> Self {
        let micros = systemd.and_then(|status| status.ran_micros).map(Duration::from_micros);
        Self {
            started_at: systemd.and_then(|status| status.started_at),
            ran_seconds: micros.map(|ran| ran.as_secs_f64()),
            ..self
        }
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

/// The supervisor that told of the end.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
pub struct InitFacts {
    /// Which one it is.
    pub kind: Supervisor,
    /// Its version, as it says itself; null where it was not asked, or does not say.
    pub version: Option<String>,
}

/// What became of the run, and why we say so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
pub struct VerdictFacts {
    /// The decision.
    pub kind: VerdictKind,
    /// The facts it follows from, each a sentence part, the weightiest first.
    pub reasons: Vec<String>,
}

/// The program that wrote a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
pub struct Agent {
    /// `upstart-monitor`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// Everything that capture found out about one end, before it is put into words.
#[derive(Debug)]
pub struct Facts {
    /// The report's name.
    pub id: ReportId,
    /// When the job died.
    pub time: Timestamp,
    /// Where.
    pub host: Host,
    /// Who.
    pub job: JobFacts,
    /// Which supervisor told of the end.
    pub init: InitFacts,
    /// What became of it.
    pub verdict: Verdict,
    /// What it was reached from.
    pub evidence: Evidence,
    /// What the kernel log says of the end.
    pub kernel: Option<KernelLines>,
    /// What the machine looked like.
    pub snapshot: Snapshot,
    /// The last lines of this run.
    pub log: Option<LogTail>,
    /// What could not be collected.
    pub incomplete: Vec<Incomplete>,
}

#[cfg(feature = "deliver")]
impl CrashReport {
    /// The unit that the job is to systemd.
    pub fn unit(&self) -> String {
        let told = self.evidence.systemd.as_ref().map(|told| told.unit.clone());
        let (name, instance) = (self.job.name.as_bytes(), self.job.instance.as_bytes());
        told.unwrap_or_else(|| Job { supervisor: self.init.kind, name, instance }.unit())
    }
}

impl From<Facts> for CrashReport {
    fn from(facts: Facts) -> Self {
        let Facts {
            id,
            time,
            host,
            job,
            init,
            verdict,
            evidence,
            kernel,
            snapshot,
            log,
            incomplete,
        } = facts;
        Self {
            version: VERSION,
            id,
            key: key(&host.name, &job),
            severity: verdict.kind.severity(),
            summary: summary(&host.name, init.kind, &job, &verdict),
            time,
            time_unix_us: time.micros(),
            labels: BTreeMap::from([
                ("upstart_job".to_owned(), job.name.clone()),
                ("upstart_instance".to_owned(), job.instance.clone()),
            ]),
            host,
            job,
            init,
            verdict: VerdictFacts { kind: verdict.kind, reasons: verdict.reasons },
            exit: verdict.exit,
            evidence,
            kernel,
            snapshot,
            log,
            aftermath: None,
            links: Vec::new(),
            withheld: None,
            incomplete,
            agent: Agent {
                name: env!("CARGO_PKG_NAME").to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
            },
        }
    }
}

/// `host/job` or `host/job/instance`.
fn key(host: &str, job: &JobFacts) -> String {
    let mut key = format!("{host}/{}", job.name);
    if !job.instance.is_empty() {
        let _ = write!(key, "/{}", job.instance);
    }
    key
}

/// `web-1: nginx (eu-1) crashed: SIGSEGV after 5 h 42 min`.
fn summary(host: &str, supervisor: Supervisor, job: &JobFacts, verdict: &Verdict) -> String {
    let words = verdict::in_words(supervisor, verdict.kind, &verdict.exit);
    let mut text = format!("{host}: {} {words}", job.title());
    // What could not be executed did not run.
    let ran = job.ran_seconds.filter(|_| verdict.exit.kind != ExitKind::NotStarted);
    if let Some(ran) = ran.and_then(|s| Duration::try_from_secs_f64(s).ok()) {
        let _ = write!(text, " after {}", duration_in_words(ran));
    }
    one_line(&text)
}

/// `text` without control characters, cut at [`SUMMARY_CHARS`].
fn one_line(text: &str) -> String {
    let clean = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    if text.chars().count() <= SUMMARY_CHARS {
        clean.collect()
    } else {
        clean.take(SUMMARY_CHARS - 1).chain(['…']).collect()
    }
}

/// A duration in the units that matter: `17 ms`, `0.4 s`, `12 s`, `5 h 42 min`, `3 d 4 h`.
pub fn duration_in_words(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86400);
    match seconds {
        0 if duration.as_millis() < 100 => format!("{} ms", duration.as_millis()),
        0..=9 => format!("{:.1} s", duration.as_secs_f64()),
        10..=59 => format!("{seconds} s"),
        60..=3599 => format!("{minutes} min {} s", seconds % 60),
        3600..=86399 => format!("{hours} h {} min", minutes % 60),
        _ => format!("{days} d {} h", hours % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_like_speech() {
        for (seconds, words) in [
            (0.017, "17 ms"),
            (0.42, "0.4 s"),
            (12.9, "12 s"),
            (61.0, "1 min 1 s"),
            (20_537.1, "5 h 42 min"),
            (273_600.0, "3 d 4 h"),
        ] {
            assert_eq!(duration_in_words(Duration::from_secs_f64(seconds)), words);
        }
    }

    #[test]
    fn the_summary_is_one_short_line_whatever_the_job_is_called() {
        let mut job = JobFacts {
            name: "nginx".to_owned(),
            instance: "eu-1".to_owned(),
            started_at: Some(Timestamp::from_micros(0)),
            ran_seconds: Some(20_537.123),
            run: String::new(),
        };
        let signal = Exit {
            kind: ExitKind::Signal,
            signal_name: Some("SIGSEGV".to_owned()),
            ..Exit::unknown()
        };
        let verdict = Verdict { kind: VerdictKind::Crashed, exit: signal, reasons: Vec::new() };
        assert_eq!(
            summary("web-1", Supervisor::Upstart, &job, &verdict),
            "web-1: nginx (eu-1) crashed: SIGSEGV after 5 h 42 min"
        );

        job.name = "a\nb\u{1b}[31m".repeat(100);
        let line = summary("web-1", Supervisor::Upstart, &job, &verdict);
        assert_eq!(line.chars().count(), SUMMARY_CHARS);
        assert!(!line.chars().any(char::is_control), "{line:?}");
    }
}
