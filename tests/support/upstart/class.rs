//! A job as its stanzas describe it.

use std::path::PathBuf;
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::support::Surroundings;

/// A main process that serves until it is stopped.
pub const STAYS_UP: &str = "echo serving; exec sleep 3600";

/// What a process stanza runs.
#[derive(Debug, Clone)]
pub enum Stanza {
    /// `exec PROGRAM`, without a shell.
    Program(PathBuf),
    /// `script ... end script`.
    Script(String),
}

impl Stanza {
    pub fn script(text: &str) -> Self {
        Self::Script(text.to_owned())
    }

    /// A program that is not there.
    pub fn missing() -> Self {
        Self::Program("/no/such/program".into())
    }
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Exited(i32),
    Killed(Signal),
}

/// The stanzas.
#[derive(Debug, Clone)]
pub(super) struct Class {
    pub name: String,
    pub instance: String,
    pub pre_start: Option<Stanza>,
    pub post_start: Option<Stanza>,
    pub pre_stop: Option<Stanza>,
    pub post_stop: Option<Stanza>,
    /// What the `starting` event waits for: a task of somebody else's, `start on starting JOB`.
    pub on_starting: Option<Stanza>,
    /// What main runs in its first life, its second, ...; the last one for all that follow.
    pub lives: Vec<Stanza>,
    pub env: Vec<(String, String)>,
    pub task: bool,
    pub respawn: bool,
    pub respawn_limit: (usize, Duration),
    pub normal_exit: Vec<End>,
    pub kill_timeout: Duration,
    pub console_log: bool,
    /// Main is up when it has stopped itself.
    pub expect_stop: bool,
    pub surroundings: Surroundings,
    /// Its file was there before it; otherwise one is written that says the above.
    pub keeps_file: bool,
}

impl Class {
    /// `JOB`, or `JOB (INSTANCE)`, as Upstart writes it.
    pub fn title(&self) -> String {
        if self.instance.is_empty() {
            self.name.clone()
        } else {
            format!("{} ({})", self.name, self.instance)
        }
    }

    /// Where its output goes, as a path of the host.
    pub fn log(&self) -> String {
        let flat = |name: &str| name.replace('/', "_");
        let dash = if self.instance.is_empty() { "" } else { "-" };
        format!("/var/log/upstart/{}{dash}{}.log", flat(&self.name), flat(&self.instance))
    }
}
