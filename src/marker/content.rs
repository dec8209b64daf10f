//! What a marker knows of its run.

use arrayvec::{ArrayString, ArrayVec};

use crate::id::{ReportId, RunId};
use crate::job::Job;
use crate::supervisor::Supervisor;
use crate::time::Timestamp;

/// Of a job's or an instance's name this many bytes are kept in the marker; the whole name is in
/// the file's name.
const NAME_LEN: usize = 512;

/// An instant on both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instant {
    /// The time of day, which may be set.
    pub wall: Timestamp,
    /// Microseconds since the host was booted, which only grow.
    pub boot_micros: i64,
}

/// The job's log as it was when the run began: what lies behind it is this run's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogStart {
    /// The device the log lies on.
    pub device: u64,
    /// Its number there.
    pub inode: u64,
    /// Its length in bytes.
    pub size: u64,
}

impl LogStart {
    /// There was no log: no file has this number.
    pub const NONE: Self = Self { device: 0, inode: 0, size: 0 };
}

/// A run's beginning under a supervisor that is not asked but whose files are read (runit, s6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Supervise {
    /// The process that becomes main: it called pre-start.
    pub main: u32,
    /// Whether the run was to be the only one: `sv once`, `s6-svc -o`.
    pub once: bool,
    /// When the supervisor had been given its last command.
    pub command: Timestamp,
}

/// The facts that pre-start leaves for the hooks after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Who supervises the job.
    pub supervisor: Supervisor,
    /// The job's name, as far as it is kept.
    pub job: ArrayVec<u8, NAME_LEN>,
    /// The instance's name, as far as it is kept.
    pub instance: ArrayVec<u8, NAME_LEN>,
    /// The run's own name.
    pub run: RunId,
    /// The kernel's name for the boot; `None` where the kernel did not tell it.
    pub boot: Option<ArrayString<36>>,
    /// When the run began.
    pub started: Instant,
    /// The log at that moment; `None` where nobody looked.
    pub log: Option<LogStart>,
    /// What the supervisor's files said then; `None` where there are no such files.
    pub supervise: Option<Supervise>,
    /// When post-stop saw the run's end.
    pub ended: Option<Instant>,
    /// When a later pre-start found that no post-stop had accounted for the run.
    pub found: Option<Instant>,
}

impl Content {
    /// What is always known of a run of `job`: its name, `run`, and when it `started`.
    pub fn of(job: &Job<'_>, run: RunId, started: Instant) -> Self {
        Self {
            supervisor: job.supervisor,
            job: kept(job.name),
            instance: kept(job.instance),
            run,
            boot: None,
            started,
            log: None,
            supervise: None,
            ended: None,
            found: None,
        }
    }

    /// The instant that the run's report is named after: the first sight of its end, or its start
    /// where no stamp could be written. The same at every look, so that no run has two reports.
    pub fn report_time(&self) -> Timestamp {
        self.ended.or(self.found).unwrap_or(self.started).wall
    }

    /// The name of the report on this run.
    pub fn report_id(&self) -> ReportId {
        ReportId::new(self.report_time(), self.run)
    }
}

/// As much of a job's or an instance's name as a marker keeps.
pub fn kept(name: &[u8]) -> ArrayVec<u8, NAME_LEN> {
    let mut kept = ArrayVec::new();
    for byte in name.iter().take(NAME_LEN) {
        let _ = kept.try_push(*byte);
    }
    kept
}
