//! Why there was no delivery.

use std::fmt;
use std::io;

use crate::config::ConfigError;
use crate::spool::SpoolError;

/// Why there was no delivery.
#[derive(Debug)]
pub enum NotifierError {
    /// The config is broken; the reports stay where they are.
    Config(ConfigError),
    /// The spool cannot be used.
    Spool(SpoolError),
    /// The threads of this process have no way to tell each other something.
    NoBell(io::Error),
    /// There is no thread to be had.
    NoThread(io::Error),
}

impl From<ConfigError> for NotifierError {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

impl From<SpoolError> for NotifierError {
    fn from(error: SpoolError) -> Self {
        Self::Spool(error)
    }
}

impl fmt::Display for NotifierError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(problems) => problems.fmt(f),
            Self::Spool(error) => error.fmt(f),
            Self::NoBell(error) => write!(f, "cannot make a pair of sockets: {error}"),
            Self::NoThread(error) => write!(f, "cannot start a thread: {error}"),
        }
    }
}

impl std::error::Error for NotifierError {}
