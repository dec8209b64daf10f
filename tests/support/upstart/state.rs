//! The words that a job's life is told in: goals, states, processes, and what moves it.

use std::fmt;
use std::sync::mpsc::Sender;

use super::bus::{Answer, Method};
use super::class::End;

/// What init wants of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goal {
    Start,
    Stop,
    /// Main died while a hook ran: the job is started again when that is done.
    Respawn,
}

/// Where a job is on its way there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Waiting,
    Starting,
    PreStart,
    Spawned,
    PostStart,
    Running,
    PreStop,
    Stopping,
    Killed,
    PostStop,
}

/// A process stanza of the job, or a task of another job's that an event of this one waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Process {
    Main,
    PreStart,
    PostStart,
    PreStop,
    PostStop,
    OnStarting,
    OnStopping,
}

/// What people and events ask init for.
pub(super) enum Command {
    Start,
    Stop {
        environment: Vec<(String, String)>,
    },
    Restart,
    /// The test is over: everything is killed.
    Abandon,
}

impl Command {
    pub(super) fn stop(environment: &[(&str, &str)]) -> Self {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self::Stop { environment: environment.iter().map(owned).collect() }
    }
}

/// What moves a job.
pub(super) enum Event {
    Asked(Command),
    /// Somebody calls by init's socket.
    Called {
        method: Method,
        reply: Sender<Answer>,
    },
    Ended {
        process: Process,
        pid: i32,
        end: End,
    },
    /// The main process `pid` has stopped itself, as `expect stop` wants it to.
    StoppedItself {
        pid: i32,
    },
    /// The main process `pid` was given its time to end.
    KillTimeout {
        pid: i32,
    },
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Respawn => "respawn",
        })
    }
}

impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Main => "main",
            Self::PreStart => "pre-start",
            Self::PostStart => "post-start",
            Self::PreStop => "pre-stop",
            Self::PostStop => "post-stop",
            Self::OnStarting => "starting",
            Self::OnStopping => "stopping",
        })
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Waiting => "waiting",
            Self::Starting => "starting",
            Self::PreStart => "pre-start",
            Self::Spawned => "spawned",
            Self::PostStart => "post-start",
            Self::Running => "running",
            Self::PreStop => "pre-stop",
            Self::Stopping => "stopping",
            Self::Killed => "killed",
            Self::PostStop => "post-stop",
        })
    }
}
