//! What the logs say about the end of a run: init's lines on the job, and the kernel's own.
//!
//! Init writes its line to the kernel log before it starts post-stop, so the line is there. Upstart
//! 0.6.5 writes to the system's log, where it may be late. One bounded read of either, which never
//! waits.
//!
//! `read.rs` has the bytes; `kmsg.rs` and `syslog.rs` know the forms of the two logs, and make
//! records (`record.rs`) of them; `init_line.rs` and `death.rs` know the wordings; `run.rs` and
//! `began.rs` find which lines are those of this run, `recent.rs` which ones are of the last minute.

mod began;
mod death;
mod init_line;
mod kmsg;
mod read;
mod recent;
mod record;
mod run;
mod syslog;
mod syslog_time;
#[cfg(test)]
mod testing;

use serde::Serialize;

pub use began::Certainty;
pub use init_line::{Ended, Process, Signal};
pub use run::{KernelDeath, Next, RunEnd};

use crate::job::Job;
use crate::marker::Instant;
use crate::paths::{Place, Places};
use crate::sys;
use began::Began;
use read::Tail;
use record::{Escape, Log, Record, title};

/// The most lines that a report takes.
const LINES: usize = 20;

/// The kernel log's part of the evidence.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
pub struct KernelLog {
    /// Which log it was that spoke.
    pub source: Source,
    /// What init said of the run's end.
    pub end: RunEnd,
    /// The kernel's own line on it.
    pub death: Option<KernelDeath>,
    /// Whether it means something that a line is not there; if not, why not.
    #[serde(with = "super::known")]
    pub complete: Result<(), String>,
    /// The lines themselves, which a report has in another place.
    #[serde(skip)]
    pub lines: KernelLines,
    /// The kernel's own lines of the last minute, on whatever; `None` where they have no times. They
    /// belong to the report's snapshot.
    #[serde(skip)]
    pub recent: Option<KernelLines>,
}

/// A log in which init's lines can stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The kernel's own.
    KernelLog,
    /// `/var/log/syslog`.
    Syslog,
    /// `/var/log/messages`.
    Messages,
}

impl Source {
    /// What people call it.
    pub fn words(self) -> &'static str {
        match self {
            Self::KernelLog => "the kernel log",
            Self::Syslog => "/var/log/syslog",
            Self::Messages => "/var/log/messages",
        }
    }
}

/// Some lines of the log.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
pub struct KernelLines {
    /// The lines, the oldest first.
    pub lines: Vec<KernelLine>,
    /// Whether there may have been more.
    pub truncated: bool,
}

/// One line of the kernel log.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
pub struct KernelLine {
    /// Seconds since the boot, by the kernel log's clock; null where it stamps nothing, and for a
    /// line of the system's log, whose time stands in its text.
    pub seconds: Option<f64>,
    /// What it says; bytes that are not UTF-8 are shown as U+FFFD.
    pub text: String,
}

impl KernelLog {
    /// Reads what the logs say of the run of `job` that began at `started`; where that is not known,
    /// of the last run whose end they tell of.
    ///
    /// # Errors
    /// Why none can be read, in words.
    pub fn read(places: Places, job: &Job<'_>, started: Option<Instant>) -> Result<Self, String> {
        let lasted = started.map(|start| sys::boot_micros().saturating_sub(start.boot_micros));
        // Right after it: what lies between the two makes it doubtful of which run a line is.
        let now = sys::kernel_log_micros();
        // Upstart that keeps its jobs' output (1.4) logs to the kernel; 0.6.5 did to syslog.
        let logs_to_kernel =
            places.join(Place::Logs, &[]).is_ok_and(|logs| sys::exists(logs.as_c_str()));
        let mut is_heard = false;
        let kernel_log = read::kernel_log(places).map(|tail| {
            let title = title(job, tail.escape);
            let log = kmsg::log(&tail, &title);
            is_heard = log.is_heard;
            Self::of_kernel_log(&log, &title, now, lasted, logs_to_kernel)
        });
        if is_heard || logs_to_kernel {
            return kernel_log;
        }
        match (read::syslog(places), kernel_log) {
            (Ok(Some((source, tail))), kernel_log) => {
                let log = Self::of_syslog(source, &tail, job, lasted);
                // Nobody but the kernel writes as the kernel to its own log.
                let recent = kernel_log.ok().and_then(|log| log.recent).or(log.recent);
                Ok(Self { recent, ..log })
            }
            (Ok(None), kernel_log) => kernel_log,
            (Err(refused), Ok(log)) => {
                let complete = log.complete.map_err(|why| format!("{why}; {refused}"));
                Ok(Self { complete, ..log })
            }
            (Err(refused), Err(why)) => Err(format!("{why}; {refused}")),
        }
    }

    /// Reads what the kernel's own log says of the end of process `pid`, which `ended` so and began
    /// at `started`: of a job whose supervisor does not write there.
    ///
    /// # Errors
    /// Why it cannot be read, in words.
    pub fn of_process(
        places: Places,
        pid: Option<i32>,
        ended: Option<&Ended>,
        started: Option<Instant>,
    ) -> Result<Self, String> {
        let lasted = started.map(|start| sys::boot_micros().saturating_sub(start.boot_micros));
        let now = sys::kernel_log_micros();
        let tail = read::kernel_log(places)?;
        let log = kmsg::log(&tail, b"");
        let began = lasted.map_or(Began::Unknown, |lasted| Began::new(now, log.newest, lasted));
        let pid = pid.and_then(|pid| u32::try_from(pid).ok());
        let pids_match = sys::in_first_pid_namespace().unwrap_or(false);
        let found = run::death_of(&log.records, pid, ended, now.0, began, pids_match);
        let line = found.and_then(|(_, index)| log.records.get(index));
        Ok(Self {
            source: Source::KernelLog,
            end: RunEnd::default(),
            death: found.map(|(death, _)| death),
            complete: Ok(()),
            lines: KernelLines {
                lines: line
                    .map(|record| KernelLine::of(record, Source::KernelLog))
                    .into_iter()
                    .collect(),
                truncated: !log.is_whole,
            },
            recent: recent::lines(&log, now.0, Source::KernelLog),
        })
    }

    /// What the kernel log says of a run that had lasted `lasted` microseconds when the clock that
    /// stamps it showed `now`.
    fn of_kernel_log(
        log: &Log<'_>,
        title: &[u8],
        now: (i64, i64),
        lasted: Option<i64>,
        logs_to_kernel: bool,
    ) -> Self {
        let began = lasted.map_or(Began::Unknown, |lasted| Began::new(now, log.newest, lasted));
        let pids_match = sys::in_first_pid_namespace().unwrap_or(false);
        let gap = gap(log, began, logs_to_kernel);
        let recent = recent::lines(log, now.0, Source::KernelLog);
        Self { recent, ..Self::of(Source::KernelLog, log, title, began, pids_match, gap) }
    }

    /// The same of the system's log.
    fn of_syslog(source: Source, tail: &Tail, job: &Job<'_>, lasted: Option<i64>) -> Self {
        const LATE: &str = "init writes to the system's log here, where a line may come late";
        let title = title(job, Escape::Octal);
        let host = sys::names().map(|names| names.nodename().to_owned()).unwrap_or_default();
        let log =
            syslog::lines(&tail.bytes, &title, host.as_encoded_bytes(), tail.written.micros());
        let now = sys::now().micros();
        let began = lasted.map_or(Began::Unknown, |lasted| Began::new((now, now), None, lasted));
        let pids_match = sys::in_first_pid_namespace().unwrap_or(false);
        let recent = recent::lines(&log, now, source);
        Self { recent, ..Self::of(source, &log, &title, began, pids_match, Some(LATE)) }
    }

    /// The same log, as one that said nothing of the end unless what it says `fits`.
    pub(super) fn on(self, fits: impl FnOnce(&RunEnd) -> bool) -> Self {
        if fits(&self.end) {
            return self;
        }
        Self {
            end: RunEnd::default(),
            death: None,
            lines: KernelLines { lines: Vec::new(), truncated: self.lines.truncated },
            ..self
        }
    }

    fn of(
        source: Source,
        log: &Log<'_>,
        title: &[u8],
        began: Began,
        pids_match: bool,
        gap: Option<&str>,
    ) -> Self {
        let mut found = run::find(&log.records, title, began);
        let death = found.kernel_death(&log.records, began, pids_match);
        let left_out = found.lines.len().saturating_sub(LINES);
        let lines = found.lines.iter().skip(left_out);
        let lines = lines.filter_map(|index| log.records.get(*index));
        Self {
            source,
            end: found.end,
            death,
            complete: gap.map_or(Ok(()), |why| Err(why.to_owned())),
            lines: KernelLines {
                lines: lines.map(|record| KernelLine::of(record, source)).collect(),
                truncated: left_out > 0 || gap.is_some(),
            },
            recent: None,
        }
    }
}

impl KernelLine {
    fn of(record: &Record<'_>, source: Source) -> Self {
        let micros = record.micros.filter(|_| source == Source::KernelLog);
        Self {
            seconds: micros.map(|micros| micros as f64 / 1e6),
            text: String::from_utf8_lossy(&record.line).into_owned(),
        }
    }
}

/// Why a line that is not in the kernel log may have been written all the same; `None` where it was
/// not.
fn gap(log: &Log<'_>, began: Began, logs_to_kernel: bool) -> Option<&'static str> {
    if !log.is_heard && !logs_to_kernel {
        return Some("the kernel log has no line of init's at all");
    }
    let Began::Between { earliest, .. } = began else { return None };
    match log.oldest {
        _ if log.is_whole => None,
        Some(oldest) if oldest <= earliest => None,
        Some(_) => Some("the kernel log does not reach back to the start of this run"),
        None => Some("the kernel log's lines have no times"),
    }
}

#[cfg(test)]
mod tests;
