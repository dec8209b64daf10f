//! Why a job is left as it is.

use std::fmt;
use std::path::PathBuf;

use crate::job_file::Fault;
use crate::paths::NoPath;

/// Why a job is left as it is.
#[derive(Debug)]
pub enum Refused {
    /// No such job.
    NoJob(String),
    /// The session does not say where its jobs are.
    NoPath(NoPath),
    /// The file cannot be read, or written.
    File(PathBuf, std::io::Error),
    /// No plain file: init does not watch what a link leads to.
    NotPlain(PathBuf),
    /// Init does not take it either.
    Fault(PathBuf, Fault),
    /// A stanza of the job's own shares its line, the number of which this is, with another.
    SharedLine(PathBuf, usize),
    /// What would be put in would not be read, or not be taken out again.
    NotReversible(PathBuf),
    /// The hook is missing, or not executable.
    NoHook(PathBuf),
    /// In the jail, too.
    NoHookInJail(PathBuf, String),
    /// The hooks would run as this user.
    OtherUser(String, bool),
    /// The job is the monitor's own.
    OurOwn,
    /// The file is no longer what was shown.
    Changed(PathBuf),
    /// Calls of the hooks remain, in the file's line of this number: they are not of `enable`'s.
    CallsRemain(PathBuf, usize),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoJob(path) => write!(f, "there is no such job: {path}"),
            Self::NoPath(why) => f.write_str(why.words()),
            Self::File(path, error) => write!(f, "{}: {error}", path.display()),
            Self::NotPlain(path) => write!(
                f,
                "{} is no plain file; of a link init does not notice a change: put the file itself \
                 there",
                path.display()
            ),
            Self::Fault(path, fault) => {
                write!(f, "{}, {fault}; init does not take this file", path.display())
            }
            Self::SharedLine(path, line) => write!(
                f,
                "{}, line {line}: a hook of the job's own shares its line with another stanza; \
                 give it a line of its own",
                path.display()
            ),
            Self::NotReversible(path) => write!(
                f,
                "{}: the change could not be undone byte for byte; put the hooks in by hand",
                path.display()
            ),
            Self::NoHook(path) => write!(
                f,
                "{} is not there, or not executable; Upstart starts no job whose pre-start it \
                 cannot execute: install the hooks first",
                path.display()
            ),
            Self::NoHookInJail(path, jail) => write!(
                f,
                "it runs in {jail} (chroot), and {} is not there: Upstart would not start it. \
                 Leave it to the observer, or put the hooks into the jail",
                path.display()
            ),
            Self::OtherUser(user, is_observed) => write!(
                f,
                "it runs as {user} (setuid), and so would its hooks, who could keep no marker. {}",
                if *is_observed {
                    "The observer looks after it already"
                } else {
                    "Leave it to the observer (README, \"Every job of the host\")"
                }
            ),
            Self::OurOwn => f.write_str("it is a job of the monitor's own"),
            Self::Changed(path) => {
                write!(f, "{} was changed meanwhile; nothing was written", path.display())
            }
            Self::CallsRemain(path, line) => write!(
                f,
                "{}, line {line}, names a hook in a way that `enable` does not write: take it out \
                 by hand",
                path.display()
            ),
        }
    }
}
