//! How a process of the job ended.

use serde::Serialize;

use crate::evidence::{Ended, Process};

/// How the process ended that the verdict speaks of. What is not known is null.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
pub struct Exit {
    /// What kind of end it was.
    pub kind: ExitKind,
    /// Whose: `main`, `pre-start` or `security`.
    pub process: Option<String>,
    /// The exit status.
    pub status: Option<i32>,
    /// The signal's number on that machine.
    pub signal: Option<i32>,
    /// The signal's name, with `SIG`.
    pub signal_name: Option<String>,
}

/// What kind of end a process had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
#[serde(rename_all = "snake_case")]
pub enum ExitKind {
    /// It exited by itself.
    Status,
    /// A signal killed it.
    Signal,
    /// The kernel killed it, for there was no memory left.
    Oom,
    /// Its supervisor killed it, for it gave no sign of life.
    Watchdog,
    /// Its supervisor killed it, for its time was over.
    Timeout,
    /// It could not be executed.
    NotStarted,
    /// Nobody knows.
    Unknown,
}

impl Exit {
    /// An end of which nothing is known.
    pub fn unknown() -> Self {
        Self {
            kind: ExitKind::Unknown,
            process: None,
            status: None,
            signal: None,
            signal_name: None,
        }
    }

    /// The end of `process` that init told of.
    pub(super) fn of(process: Process, ended: &Ended) -> Self {
        let process = Some(process.name().to_owned());
        match ended {
            Ended::Status(status) => {
                Self { kind: ExitKind::Status, process, status: Some(*status), ..Self::unknown() }
            }
            Ended::Signal(signal) => Self {
                kind: ExitKind::Signal,
                process,
                signal: signal.number,
                signal_name: signal.name.clone(),
                ..Self::unknown()
            },
        }
    }

    /// The end of a `process` that never began.
    pub(super) fn not_started(process: Process) -> Self {
        let process = Some(process.name().to_owned());
        Self { kind: ExitKind::NotStarted, process, ..Self::unknown() }
    }

    /// The same end, of which it is known that it was of this `kind`.
    pub(super) fn known_as(self, kind: ExitKind) -> Self {
        Self { kind, ..self }
    }

    /// `SIGSEGV`, `exit status 3`, `out of memory`; `None` where it is not known.
    pub fn words(&self) -> Option<String> {
        let process = self.process.as_deref().unwrap_or("main");
        let words = match self.kind {
            ExitKind::Status => format!("exit status {}", self.status?),
            ExitKind::Signal => match (&self.signal_name, self.signal) {
                (Some(name), _) => name.clone(),
                (None, number) => format!("signal {}", number?),
            },
            ExitKind::Oom => "out of memory".to_owned(),
            ExitKind::Watchdog => "watchdog expired".to_owned(),
            ExitKind::Timeout => "timed out".to_owned(),
            ExitKind::NotStarted => return Some(format!("{process} could not be executed")),
            ExitKind::Unknown => return None,
        };
        if process == "main" { Some(words) } else { Some(format!("{process} {words}")) }
    }
}
