//! `[snapshot]` and `[job."NAME"]`: what an examination does.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Deserializer, de::Error};

use crate::sinks::Period;

/// What the operator asked for, of all tables together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// How long is waited whether a job comes back; zero: nothing is awaited.
    pub settle: Duration,
    /// The operator's own commands.
    pub commands: Vec<Command>,
    /// What jobs log to besides their console.
    pub logs: Vec<JobLogs>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { settle: Settle::default().0, commands: Vec::new(), logs: Vec::new() }
    }
}

/// How long is waited, written as people write it: `2s`, `500ms`, `0s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settle(pub Duration);

/// The longest wait: a message that comes later is late.
const LONGEST: Duration = Duration::from_secs(10);

impl Default for Settle {
    fn default() -> Self {
        Self(Duration::from_secs(2))
    }
}

impl<'de> Deserialize<'de> for Settle {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match humantime::parse_duration(&text) {
            Ok(settle) if settle <= LONGEST => Ok(Self(settle)),
            _ => Err(D::Error::custom("not a length of time from \"0s\" to \"10s\"")),
        }
    }
}

/// A command of your own, run without a shell; what it says is in the report. It finds
/// `UPSTART_MONITOR_JOB`, `_INSTANCE`, `_VERDICT`, `_EXIT`, `_REPORT_ID` and `_HOST` in its
/// environment.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Command {
    /// What its result is called in the report.
    pub name: String,
    /// The program and its arguments; no shell reads them.
    #[serde(deserialize_with = "words")]
    pub argv: Vec<String>,
    /// When it is killed, with its children: 30 seconds at most. Default: `"5s"`.
    #[serde(default = "five_seconds", deserialize_with = "time_limit")]
    pub timeout: Duration,
    /// After which jobs' crashes it is run: globs. Default: `["*"]`.
    #[serde(default = "all")]
    pub jobs: Vec<String>,
}

/// `[job."NAME"]`: what the jobs that a glob names log to besides their console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobLogs {
    /// The glob.
    pub job: String,
    /// The logs.
    pub sources: Vec<LogSource>,
}

/// How the config, and a report, call systemd's journal.
pub const JOURNAL: &str = "journal";

/// One log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogSource {
    /// A file, by its absolute path.
    File(PathBuf),
    /// systemd's journal, written [`JOURNAL`]: the unit that is named like the job.
    Journal,
}

fn five_seconds() -> Duration {
    Duration::from_secs(5)
}

fn all() -> Vec<String> {
    vec!["*".to_owned()]
}

fn words<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let words = Vec::<String>::deserialize(deserializer)?;
    let is_program = words.first().is_some_and(|program| !program.is_empty());
    if !is_program || words.iter().any(|word| word.contains('\0')) {
        return Err(D::Error::custom("`argv` is a program and its arguments, as text without NUL"));
    }
    Ok(words)
}

fn time_limit<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    /// The longest time that a message waits for a command.
    const LONGEST: Duration = Duration::from_secs(30);
    let Period(limit) = Period::deserialize(deserializer)?;
    if limit > LONGEST {
        return Err(D::Error::custom("the message waits for it: 30s at most"));
    }
    Ok(limit)
}
