//! From evidence to a verdict, with its reasons. Pure.

mod by_event;
mod by_finish;
mod by_log;
mod by_systemd;
mod case;
mod exit;
mod judge;

use serde::Serialize;

use crate::supervisor::Supervisor;

pub use exit::{Exit, ExitKind};
pub use judge::judge;

/// What became of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
#[serde(rename_all = "snake_case")]
pub enum VerdictKind {
    /// The main process died unasked.
    Crashed,
    /// The service never came up: its pre-start failed or its main could not be executed.
    StartFailed,
    /// `respawning too fast, stopped`, or a start that systemd refused: it will not come back.
    GaveUp,
    /// Asked for: by hand, by an event, by `restart`.
    Stopped,
    /// A task's or a service's normal end.
    Finished,
    /// Runlevel 0 or 6 was under way.
    HostShutdown,
    /// An armed marker of an earlier run or an earlier boot: nobody saw how it ended.
    Unseen,
    /// The evidence does not decide.
    Unclear,
}

impl VerdictKind {
    /// All that there are reports with, and that people are told of.
    #[cfg(feature = "deliver")]
    pub const TOLD: [Self; 5] =
        [Self::Crashed, Self::StartFailed, Self::GaveUp, Self::Unseen, Self::Unclear];

    /// The words that people read after the name of a job of `supervisor`, which has its own for
    /// coming back too often.
    pub fn words_of(self, supervisor: Supervisor) -> &'static str {
        match (self, supervisor) {
            (Self::GaveUp, Supervisor::Upstart) => "gave up: respawning too fast",
            (Self::GaveUp, _) => "gave up: restarting too fast",
            (kind, _) => kind.words(),
        }
    }

    /// The words for all of the kind, whoever supervises them.
    pub fn words(self) -> &'static str {
        match self {
            Self::Crashed => "crashed",
            Self::StartFailed => "failed to start",
            Self::GaveUp => "gave up",
            Self::Stopped => "was stopped",
            Self::Finished => "finished",
            Self::HostShutdown => "went down with the host",
            Self::Unseen => "ended unseen",
            Self::Unclear => "ended, perhaps by a crash",
        }
    }

    /// The word that reports and the config have for it.
    #[cfg(feature = "deliver")]
    pub fn word(self) -> &'static str {
        match self {
            Self::Crashed => "crashed",
            Self::StartFailed => "start_failed",
            Self::GaveUp => "gave_up",
            Self::Stopped => "stopped",
            Self::Finished => "finished",
            Self::HostShutdown => "host_shutdown",
            Self::Unseen => "unseen",
            Self::Unclear => "unclear",
        }
    }

    /// What it says, in a sentence for an operator.
    #[cfg(feature = "deliver")]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Crashed => "the service died, and nobody had asked it to",
            Self::StartFailed => "the service did not come up",
            Self::GaveUp => {
                "it died more often than `respawn limit`, or systemd's start limit, allows: it stays down"
            }
            Self::Stopped => "somebody, or an event, asked for the end",
            Self::Finished => "the job did its work and ended",
            Self::HostShutdown => "the host was going down",
            Self::Unseen => "the run is over, and nobody looked when it ended: it may have crashed",
            Self::Unclear => "a crash, or a wanted end: what would decide is named below",
        }
    }

    /// How loud the report on it is.
    pub fn severity(self) -> Severity {
        match self {
            Self::GaveUp => Severity::Critical,
            Self::Crashed | Self::StartFailed => Severity::Error,
            Self::Unseen | Self::Unclear => Severity::Warning,
            Self::Stopped | Self::Finished | Self::HostShutdown => Severity::Info,
        }
    }

    /// Whether people are told. What they are not told of makes no report.
    pub fn is_reported(self) -> bool {
        self.severity() != Severity::Info
    }
}

/// How loud a report is, from quiet to loud.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// For the history only.
    Info,
    /// Something is off; a look in daylight is enough.
    Warning,
    /// A service died.
    Error,
    /// A service is down and stays down.
    Critical,
}

#[cfg(feature = "deliver")]
impl Severity {
    /// The word that reports and the config have for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
        }
    }
}

/// What became of a run, how it ended, and why we say so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The decision.
    pub kind: VerdictKind,
    /// How the process ended.
    pub exit: Exit,
    /// The facts it follows from, each a sentence part, the weightiest first.
    pub reasons: Vec<String>,
}

/// What happened, in the words that people read after the job's name: `crashed: SIGSEGV`.
pub fn in_words(supervisor: Supervisor, kind: VerdictKind, exit: &Exit) -> String {
    let words = kind.words_of(supervisor);
    match (kind, exit.words()) {
        (VerdictKind::Crashed, Some(_)) if exit.kind == ExitKind::Oom => {
            "was killed: out of memory".to_owned()
        }
        (VerdictKind::Crashed, Some(how)) if exit.kind == ExitKind::Watchdog => {
            format!("was killed: {how}")
        }
        (VerdictKind::GaveUp, Some(how)) => format!("{words}, last {how}"),
        (_, Some(how)) => format!("{words}: {how}"),
        (_, None) => words.to_owned(),
    }
}

#[cfg(test)]
mod tests;
