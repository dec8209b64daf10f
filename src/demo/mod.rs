//! `upstart-crash demo`: a service truly crashes, and the report truly arrives.
//!
//! Needs nothing but the binaries. In a throw-away root it plays Upstart around a small program
//! with the real hooks, and Slack on a local port. See `stage.rs` and `slack.rs`.

mod slack;
mod stage;
mod victim;

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

pub use victim::{VICTIM, run_victim};

use crate::report::CrashReport;
use slack::Slack;
use stage::Stage;

/// How long the message may take before the demo calls it lost.
const PATIENCE: Duration = Duration::from_secs(20);

/// Why the demo could not be given.
#[derive(Debug)]
pub enum DemoError {
    /// A hook does not lie beside the command.
    NoHook(PathBuf),
    /// Something that the demo needed to do with files or processes failed.
    Io(&'static str, io::Error),
    /// Stdout takes nothing more.
    Output(io::Error),
    /// The crash left no report in the spool.
    NoReport(PathBuf),
    /// No message came.
    NoMessage,
    /// A planned stop left a report.
    FalseAlarm,
}

impl std::fmt::Display for DemoError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoHook(path) => {
                write!(f, "{} is missing: the hooks must lie beside upstart-crash", path.display())
            }
            Self::Io(what, error) => write!(f, "cannot {what}: {error}"),
            Self::Output(error) => write!(f, "cannot write to standard output: {error}"),
            Self::NoReport(spool) => write!(f, "no report came to lie in {}", spool.display()),
            Self::NoMessage => {
                write!(f, "no message arrived within {} s", PATIENCE.as_secs())
            }
            Self::FalseAlarm => write!(f, "a planned stop was reported as a crash"),
        }
    }
}

impl std::error::Error for DemoError {}

/// Gives the demo and tells it on `out`.
///
/// # Errors
/// [`DemoError`] where something that the demo shows did not happen.
pub fn run(out: &mut dyn Write) -> Result<(), DemoError> {
    let slack = Slack::listen().map_err(|error| DemoError::Io("listen on 127.0.0.1", error))?;
    let mut stage = Stage::set(&slack.url())?;

    stage.start()?;
    stage.wait_for_the_crash()?;
    stage.post_stop("post-stop returned: Upstart may respawn")?;
    let message = slack.wait(PATIENCE).ok_or(DemoError::NoMessage)?;
    stage.note("the message arrived at Slack", None);
    let report = stage.report()?;

    stage.start()?;
    stage.stop()?;
    if stage.reports() != 1 {
        return Err(DemoError::FalseAlarm);
    }
    tell(out, &stage, &report, &message).map_err(DemoError::Output)
}

/// The timeline, the verdict, the report and the message, for a person to read.
fn tell(
    out: &mut dyn Write,
    stage: &Stage,
    report: &CrashReport,
    message: &slack::Message,
) -> io::Result<()> {
    writeln!(out, "A service crashes. Its hooks are real; Upstart and Slack are played.")?;
    heading(out, "Timeline")?;
    for moment in stage.timeline() {
        write!(out, "{:>9.1} ms  {}", moment.at.as_secs_f64() * 1e3, moment.what)?;
        match moment.took {
            Some(took) => writeln!(out, " ({:.1} ms)", took.as_secs_f64() * 1e3)?,
            None => writeln!(out)?,
        }
    }

    heading(out, "Verdict")?;
    writeln!(out, "{}", report.verdict.kind.words())?;
    for reason in &report.verdict.reasons {
        writeln!(out, "  - {reason}")?;
    }

    heading(out, "Report")?;
    let json = serde_json::to_string_pretty(report).map_err(io::Error::other)?;
    writeln!(out, "{json}")?;

    heading(out, "Message in Slack")?;
    writeln!(out, "{message}")
}

fn heading(out: &mut dyn Write, title: &str) -> io::Result<()> {
    writeln!(out, "\n== {title} {}", "=".repeat(72_usize.saturating_sub(title.len())))
}
