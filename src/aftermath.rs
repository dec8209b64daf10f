//! What an examination found after a crash: the shape of it. It is the report's, and `src/examine`
//! fills it.

use serde::Serialize;

use crate::snapshot::LogTail;
use crate::time::Timestamp;

/// The machine after the crash. What could not be collected is null and named in the report's
/// `incomplete`; what there was none of is null or empty without a word.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
pub struct Aftermath {
    /// When the examination began.
    pub examined_at: Timestamp,
    /// Whether the job came back; null where that was not waited for.
    pub recovery: Option<Recovery>,
    /// What used the machine most.
    pub processes: Option<TopProcesses>,
    /// What the dead main left running.
    pub left_behind: Option<Vec<LeftBehind>>,
    /// The core file; null where the end was none that writes one.
    pub core: Option<Core>,
    /// What was changed lately.
    pub changes: Option<Changes>,
    /// What the operator's own commands said.
    pub commands: Option<Vec<CommandResult>>,
    /// The ends of the files that the job logs to besides its console.
    pub logs: Option<Vec<LogTail>>,
}

impl Aftermath {
    /// One of which nothing is known yet.
    pub fn begun(examined_at: Timestamp) -> Self {
        Self {
            examined_at,
            recovery: None,
            processes: None,
            left_behind: None,
            core: None,
            changes: None,
            commands: None,
            logs: None,
        }
    }
}

/// Whether the job came back.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
pub struct Recovery {
    /// What became of it.
    pub kind: RecoveryKind,
    /// How long after the crash, in seconds: when it was back, or crashed again, or for how long it
    /// stayed down.
    pub after_seconds: f64,
    /// How that is known, in words.
    pub known_by: String,
}

/// What became of a job that crashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
#[serde(rename_all = "snake_case")]
pub enum RecoveryKind {
    /// It came back, and was still there when the waiting was over.
    Respawned,
    /// It did not come back as long as was waited.
    StayedDown,
    /// Another crash of it was reported meanwhile.
    CrashedAgain,
}

/// What used the machine most, the greediest first.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
pub struct TopProcesses {
    /// By resident memory.
    pub by_memory: Vec<TopProcess>,
    /// By processor time over a short while; null where nothing is waited for.
    pub by_cpu: Option<Vec<TopProcess>>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
pub struct TopProcess {
    /// Its id.
    pub pid: i32,
    /// Whose it is, by name where /etc/passwd has one.
    pub user: String,
    /// Its state, one letter as `ps` shows it.
    pub state: char,
    /// How long it has been running, in seconds.
    pub age_seconds: f64,
    /// Its resident memory, in bytes.
    pub memory_bytes: u64,
    /// Its processor time over that while, in percent of one processor; null where there was none.
    pub cpu_percent: Option<f64>,
    /// Its command line, cut at 256 characters; `[name]` for one without.
    pub command: String,
}

/// A process that the dead main started, and that still runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
pub struct LeftBehind {
    /// Its id.
    pub pid: i32,
    /// Its command line, as above.
    pub command: String,
    /// What it listens on, which the next run finds taken.
    pub ports: Vec<Port>,
}

/// A port that is listened on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
pub struct Port {
    /// `tcp`, `tcp6`, `udp` or `udp6`.
    pub protocol: String,
    /// The local address.
    pub address: String,
    /// The port's number.
    pub port: u16,
}

/// What the kernel did with the core.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
pub struct Core {
    /// `/proc/sys/kernel/core_pattern`.
    pub pattern: String,
    /// The program that the pattern hands cores to.
    pub handler: Option<String>,
    /// The file; null where none was found, or a handler has it.
    pub path: Option<String>,
    /// The file's length in bytes.
    pub bytes: Option<u64>,
    /// The signal, as the handler says.
    #[cfg_attr(feature = "deliver", serde(default))]
    pub signal: Option<String>,
    /// Where systemd-coredump keeps it; null where it said nothing, and for other handlers.
    #[cfg_attr(feature = "deliver", serde(default))]
    pub storage: Option<CoreStorage>,
    /// Whether it was longer than systemd-coredump is allowed to keep.
    #[cfg_attr(feature = "deliver", serde(default))]
    pub truncated: bool,
}

impl Core {
    /// One that the kernel dealt with by `pattern`, and of which no more is known.
    pub fn by(pattern: String) -> Self {
        Self {
            pattern,
            handler: None,
            path: None,
            bytes: None,
            signal: None,
            storage: None,
            truncated: false,
        }
    }
}

/// Where systemd-coredump keeps a core (`Storage=` of coredump.conf(5)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
#[serde(rename_all = "snake_case")]
pub enum CoreStorage {
    /// In a file of its own.
    File,
    /// In the journal.
    Journal,
    /// Nowhere: it is configured so, the core was too long, or there was no room.
    None,
}

/// What was changed lately on the host.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
pub struct Changes {
    /// When the host was booted.
    pub booted_at: Timestamp,
    /// When a package was last installed, changed or removed.
    pub packages_changed_at: Option<Timestamp>,
    /// The files of the job's configuration.
    pub configuration: Vec<ChangedFile>,
}

/// A file, and when it was last changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
pub struct ChangedFile {
    /// The file.
    pub path: String,
    /// When its content last changed.
    pub changed_at: Timestamp,
}

/// What one of the operator's commands said.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
pub struct CommandResult {
    /// Its name in the config.
    pub name: String,
    /// Its exit status; null where a signal or its time limit ended it.
    pub exit: Option<i32>,
    /// Whether it was killed because its time was over.
    pub timed_out: bool,
    /// How long it ran, in seconds.
    pub seconds: f64,
    /// What it wrote to its standard output and its standard error, in that order of time; bytes
    /// that are not UTF-8 are shown as U+FFFD.
    pub output: String,
    /// Whether it wrote more than that.
    pub truncated: bool,
}
