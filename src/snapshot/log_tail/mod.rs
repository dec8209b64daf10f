//! The last lines that a run wrote to a log.

mod lines;
mod pieces;

use serde::Serialize;

use super::Incomplete;
use crate::marker::{Content, LogStart};
use crate::sys::CPath;
use crate::time::Timestamp;
use pieces::Pieces;

/// How much of a log is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The most lines.
    pub lines: usize,
    /// The most bytes: of what is read, and of the text that is made of it.
    pub bytes: usize,
}

impl Bounds {
    /// Of Upstart's own log of a job.
    pub const JOB: Self = Self { lines: 50, bytes: 64 * 1024 };
}

/// Where a run began, in a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunStart {
    /// The log at that moment.
    pub log: LogStart,
    /// That moment.
    pub at: Timestamp,
}

impl RunStart {
    /// What the marker with `content` says; `None` where it says nothing of a log.
    pub fn of(content: &Content) -> Option<Self> {
        content.log.map(|log| Self { log, at: content.started.wall })
    }
}

/// The end of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
pub struct LogTail {
    /// The file that the last lines stand in.
    pub path: String,
    /// The last lines, the oldest first; bytes that are not UTF-8 are shown as U+FFFD.
    pub lines: Vec<String>,
    /// How much this run wrote, in bytes, as far as it is still there; where runs are not told
    /// apart, how long the file is.
    pub bytes: u64,
    /// Whether there was more than is shown.
    pub truncated: bool,
    /// Whether the lines are this run's alone; else earlier ones may have written them.
    pub this_run_only: bool,
}

/// What was found of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its end; `None` where nothing of it can be had.
    pub tail: Option<LogTail>,
    /// Why there is not more, where there should be.
    pub missing: Option<String>,
}

impl Found {
    /// The end that was found; what is missing goes to `incomplete`, as of this `part`.
    pub fn noted(self, incomplete: &mut Vec<Incomplete>, part: &str) -> Option<LogTail> {
        let gap = self.missing.map(|reason| Incomplete { part: part.to_owned(), reason });
        incomplete.extend(gap);
        self.tail
    }
}

/// The end of the log at `path`, of what was written since the run began; where nobody noted that,
/// whoever wrote it.
///
/// It may be any path, in any directory: see [`safe_open`](crate::sys::safe_open).
pub fn tail(path: &CPath, run: Option<RunStart>, bounds: Bounds) -> Found {
    let nothing = |missing| Found { tail: None, missing: Some(missing) };
    let pieces = match Pieces::find(path, run) {
        Ok(pieces) => pieces,
        Err(reason) => return nothing(reason),
    };
    let (bytes, is_cut) = match pieces.end(bounds.bytes) {
        Ok(end) => end,
        Err(reason) => return nothing(reason),
    };
    let (lines, is_less) = lines::last(&bytes, is_cut, bounds);
    let tail = LogTail {
        path: pieces.path(),
        lines,
        bytes: pieces.length(),
        truncated: is_less || pieces.missing.is_some(),
        this_run_only: run.is_some(),
    };
    // What is missing would not have been shown where what is there is more than enough.
    Found { tail: Some(tail), missing: pieces.missing.filter(|_| !is_less) }
}

#[cfg(test)]
mod tests;
