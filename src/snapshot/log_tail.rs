//! The last lines that this run wrote to its log.

use nix::fcntl::OFlag;
use serde::Serialize;

use crate::marker::LogStart;
use crate::sys::{self, CPath, Errno, Kind};

/// The most lines that are taken.
const LINES: usize = 50;

/// The most bytes that are read, from the end of the log.
const BYTES: u64 = 64 * 1024;

/// The end of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
pub struct LogTail {
    /// The file.
    pub path: String,
    /// Its last lines, the oldest first; bytes that are not UTF-8 are shown as U+FFFD.
    pub lines: Vec<String>,
    /// How much this run wrote, in bytes.
    pub bytes: u64,
    /// Whether this run wrote more than is shown.
    pub truncated: bool,
}

/// The end of the log at `path`, of what was written since `start`.
///
/// # Errors
/// Why it cannot be had, in words: no log, or something that is no plain file.
///
/// Where the log was rotated while the job ran, Upstart writes to `path.1` until that is unlinked,
/// and makes `path` anew then (init/log.c). A `path.1` that is not known to be the log of this
/// run's start is an earlier run's.
pub fn tail(path: &CPath, start: Option<LogStart>) -> Result<LogTail, String> {
    let rotated = start.and_then(|_| CPath::concat([path.as_bytes(), b".1"]).ok());
    let candidates =
        [Some((path, Other::IsThisRuns)), rotated.as_ref().map(|path| (path, Other::IsForeign))];
    let mut refused = None;
    for (candidate, other) in candidates.into_iter().flatten() {
        match read_tail(candidate, start, other) {
            Ok(Some(tail)) => return Ok(tail),
            Ok(None) => {}
            Err(reason) => refused = refused.or(Some(reason)),
        }
    }
    Err(refused
        .unwrap_or_else(|| format!("{} holds nothing of this run", path.as_path().display())))
}

/// What a file is that is not the one which the run began with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Other {
    /// Made while it ran: all that is in it is this run's.
    IsThisRuns,
    /// Of no concern.
    IsForeign,
}

/// The end of one file; `None` where it is not there or holds nothing of this run.
fn read_tail(
    path: &CPath,
    start: Option<LogStart>,
    other: Other,
) -> Result<Option<LogTail>, String> {
    let shown = path.as_path().display();
    let failed = |errno: Errno| format!("{shown}: {}", errno.desc());
    let file = match sys::open(path.as_c_str(), OFlag::O_RDONLY) {
        Ok(file) => file,
        Err(Errno::ENOENT) => return Ok(None),
        Err(Errno::ELOOP) => return Err(format!("{shown} is a symbolic link: not followed")),
        Err(errno) => return Err(failed(errno)),
    };
    let stat = sys::stat_open(&file).map_err(failed)?;
    if stat.kind != Kind::File {
        return Err(format!("{shown} is no plain file with one name: not read"));
    }
    let begin = match start {
        Some(start) if (start.device, start.inode) != (stat.device, stat.inode) => {
            // Empty: made by logrotate, while Upstart still writes to the old one.
            if other == Other::IsForeign || stat.size == 0 {
                return Ok(None);
            }
            0
        }
        // A log shorter than at the start was truncated: all of it is this run's.
        Some(start) if start.size <= stat.size => start.size,
        _ => 0,
    };
    let from = begin.max(stat.size.saturating_sub(BYTES));
    let mut bytes = vec![0; usize::try_from(stat.size - from).unwrap_or(0)];
    let filled = sys::read_at(&file, &mut bytes, from).map_err(failed)?;
    bytes.truncate(filled);

    let (lines, left_out) = last_lines(&bytes, from > begin);
    Ok(Some(LogTail {
        path: shown.to_string(),
        lines,
        bytes: stat.size - begin,
        truncated: left_out || from > begin,
    }))
}

/// The last [`LINES`] lines of `bytes`, and whether there were more. The first one is dropped
/// where `cut` says that it may have lost its beginning.
fn last_lines(bytes: &[u8], cut: bool) -> (Vec<String>, bool) {
    let body = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    if body.is_empty() {
        return (Vec::new(), false);
    }
    let whole = body.split(|byte| *byte == b'\n').skip(usize::from(cut && body.contains(&b'\n')));
    let mut lines: Vec<String> = whole
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .collect();
    let more = lines.len().saturating_sub(LINES);
    lines.drain(..more);
    (lines, more > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_as_a_terminal_ends_them() {
        let lines = |bytes: &[u8], cut| last_lines(bytes, cut).0;
        assert_eq!(lines(b"one\r\ntwo\r\n", false), ["one", "two"]);
        assert_eq!(lines(b"last words", false), ["last words"]);
        assert_eq!(lines(b"", false), [""; 0]);
        assert_eq!(lines(b"ginning lost\nwhole\n", true), ["whole"]);
        assert_eq!(lines(b"one endless line", true), ["one endless line"]);
        assert_eq!(lines(b"caf\xe9\n", false), ["caf\u{fffd}"]);
    }

    #[test]
    fn no_more_lines_than_agreed_and_the_last_ones() {
        let text: String = (0..LINES + 7).map(|n| format!("line {n}\n")).collect();
        let (lines, more) = last_lines(text.as_bytes(), false);
        assert_eq!((lines.len(), more), (LINES, true));
        assert_eq!(lines.last().map(String::as_str), Some("line 56"));
    }
}
