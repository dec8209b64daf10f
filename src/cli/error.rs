//! What ends a subcommand early, and with which exit status.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::demo::DemoError;
use crate::enable::Refused;
use crate::message::counted;
use crate::notifier::NotifierError;
use crate::paths::NoPath;
use crate::spool::SpoolError;

/// `EX_CONFIG` of sysexits.h.
const CONFIG: u8 = 78;

/// What clap ends with.
const USAGE: u8 = 2;

/// Why a subcommand could not do its work.
#[derive(Debug)]
pub(super) enum CliError {
    /// The notifier could not.
    Notifier(NotifierError),
    /// The session does not say where the spool is.
    NoPath(NoPath),
    /// The spool cannot be used.
    Spool(SpoolError),
    /// The demo did not show what it is to show.
    Demo(DemoError),
    /// The config has as many problems, which have been printed.
    BrokenConfig(usize),
    /// What was found is printed, and this is how bad it is.
    Unwell(u8),
    /// The host was not examined.
    NotExamined(Refused),
    /// Jobs that are left as they are, each with the reason.
    Jobs(Vec<String>),
    /// Nothing was changed, since nobody could be asked.
    NobodyToAsk,
    /// Nothing was changed, since the answer was no.
    Declined,
    /// Stdout takes nothing more.
    Output(io::Error),
    /// The config names no sink.
    NoSink,
    /// No sink is called that; one is nearly, perhaps, and these are all.
    NoSuchSink {
        /// As it was typed.
        name: String,
        /// What was meant.
        nearest: Option<String>,
        /// The sinks of the config.
        known: Vec<String>,
    },
    /// So many did not take a test, of so many sinks.
    NotDelivered(usize, usize),
    /// No page can be written there.
    Page(PathBuf, io::Error),
    /// No report is called that.
    NoSuchReport(String),
    /// No sink with this name was ever owed anything.
    NoSuchQueue(String),
    /// No sink, and no message that one is owed, is called that.
    NoSuchMessage(String),
    /// No such silence can be made.
    NoSilence(&'static str),
    /// Nothing is silenced by that glob.
    NotSilenced(String),
    /// So many things wait for a person; what was printed names them.
    Attention(usize),
    /// More than one report may be meant: those, one a line.
    Ambiguous(String, Vec<String>),
}

impl CliError {
    pub(super) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Notifier(NotifierError::Config(_)) | Self::BrokenConfig(_) => {
                ExitCode::from(CONFIG)
            }
            Self::NobodyToAsk | Self::NoSuchSink { .. } => ExitCode::from(USAGE),
            Self::Unwell(status) => ExitCode::from(*status),
            Self::NotExamined(_) => super::doctor::UNKNOWN.into(),
            _ => ExitCode::FAILURE,
        }
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Notifier(error) => error.fmt(f),
            Self::Demo(error) => error.fmt(f),
            Self::BrokenConfig(problems) => {
                f.write_str(&counted(*problems as u64, "problem", "problems"))
            }
            Self::Unwell(_) => Ok(()),
            Self::NotExamined(why) => why.fmt(f),
            Self::Jobs(reasons) => f.write_str(&reasons.join("\n")),
            Self::NobodyToAsk => f.write_str(
                "nothing was changed: there is no terminal to ask on; --yes changes without asking",
            ),
            Self::Declined => f.write_str("nothing was changed"),
            Self::NoPath(why) => write!(f, "the spool of this session: {}", why.words()),
            Self::Spool(error) => error.fmt(f),
            Self::Page(path, error) => write!(f, "cannot write {}: {error}", path.display()),
            Self::Output(error) => write!(f, "cannot write to standard output: {error}"),
            Self::NoSink => f.write_str("no sink is in the config: `[sink.KIND.NAME]` is one"),
            Self::NoSuchSink { name, nearest, known } => {
                write!(f, "no sink is called {name}")?;
                if let Some(nearest) = nearest {
                    write!(f, "; did you mean {nearest}?")?;
                }
                write!(f, "\nthe config has {}", known.join(", "))
            }
            Self::NotDelivered(failed, all) => {
                write!(f, "{failed} of {all} sinks did not take the test")
            }
            Self::NoSuchReport(id) => {
                write!(f, "no report has the id {id}; `upstart-crash list` shows all")
            }
            Self::NoSuchQueue(sink) => write!(
                f,
                "nothing was ever sent to {sink}; a sink is called KIND.NAME, as in the config"
            ),
            Self::NoSuchMessage(what) => write!(
                f,
                "{what} is neither a sink that anything was sent to nor a message that waits; \
                 `upstart-crash queue` shows both"
            ),
            Self::NoSilence(why) => f.write_str(why),
            Self::NotSilenced(glob) => {
                write!(f, "nothing is silenced as {glob}; `upstart-crash silence` shows what is")
            }
            Self::Attention(1) => f.write_str("something waits for a person"),
            Self::Attention(count) => write!(f, "{count} things wait for a person"),
            Self::Ambiguous(id, meant) => {
                write!(f, "{id} may mean any of {} reports:", meant.len())?;
                meant.iter().try_for_each(|report| write!(f, "\n  {report}"))
            }
        }
    }
}

impl From<NotifierError> for CliError {
    fn from(error: NotifierError) -> Self {
        Self::Notifier(error)
    }
}

impl From<SpoolError> for CliError {
    fn from(error: SpoolError) -> Self {
        Self::Spool(error)
    }
}

impl From<&'static str> for CliError {
    fn from(why: &'static str) -> Self {
        Self::NoSilence(why)
    }
}

impl From<NoPath> for CliError {
    fn from(why: NoPath) -> Self {
        Self::NoPath(why)
    }
}

impl From<DemoError> for CliError {
    fn from(error: DemoError) -> Self {
        match error {
            DemoError::Output(error) => Self::Output(error),
            error => Self::Demo(error),
        }
    }
}

impl From<io::Error> for CliError {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}
