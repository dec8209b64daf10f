//! `[sink.file.NAME]`: one report a line, as JSON, at the end of a file.
//!
//! Each line is written by one system call to a file that is opened anew, so that a rotation of
//! the log loses and tears nothing.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{Attempt, Context, Outcome, Sink, Wait, fingerprint};
use crate::report::CrashReport;

/// The longest line, in bytes, with the newline that ends it.
const LINE_LEN: usize = 64 * 1024;

/// The table `[sink.file.NAME]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The file, as an absolute path; its directory must exist.
    path: PathBuf,
}

/// Makes the sink.
pub fn open(settings: Settings, context: &mut Context<'_>) -> Option<Box<dyn Sink>> {
    let absolute = settings.path.is_absolute().then_some(settings.path);
    let path = context.noted(absolute.ok_or_else(|| "`path` must be absolute".to_owned()))?;
    Some(Box::new(FileSink { path: context.environment().path(path) }))
}

struct FileSink {
    path: PathBuf,
}

impl Sink for FileSink {
    /// Never refuses for good: whatever is wrong with a file, somebody may mend it.
    fn deliver(&self, attempt: &Attempt<'_>) -> Outcome {
        let Some(report) = attempt.notice.report() else { return Outcome::Delivered };
        let written = line(report).and_then(|line| append(&self.path, &line));
        match written {
            Ok(()) => Outcome::Delivered,
            Err(error) => Outcome::Retry {
                why: format!("{}: {}", self.path.display(), in_words(&self.path, &error)),
                wait: Wait::BackOff,
            },
        }
    }

    fn fingerprint(&self) -> String {
        fingerprint(&["file", &self.path.to_string_lossy()])
    }
}

/// `report` as a line of at most [`LINE_LEN`] bytes; its log loses lines at the front for that.
fn line(report: &CrashReport) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(report)?;
    if line.len() >= LINE_LEN {
        let mut report = report.clone();
        while let Some(log) = report.log.as_mut().filter(|log| !log.lines.is_empty())
            && line.len() >= LINE_LEN
        {
            log.lines.remove(0);
            log.truncated = true;
            line = serde_json::to_vec(&report)?;
        }
    }
    line.push(b'\n');
    Ok(line)
}

/// Adds `line` to the end of the file at `path`, whole or not at all.
fn append(path: &Path, line: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o640)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_NOCTTY)
        .open(path)?;
    let before = file.metadata()?;
    if !before.is_file() {
        return Err(io::Error::other("not a plain file"));
    }
    let written = file.write(line)?;
    if written == line.len() {
        file.sync_data()
    } else {
        take_back(&file, before.len(), written)?;
        Err(io::ErrorKind::StorageFull.into())
    }
}

/// Removes the `written` bytes of a torn line, if nobody has written after them.
fn take_back(file: &File, before: u64, written: usize) -> io::Result<()> {
    if file.metadata()?.len() == before + written as u64 { file.set_len(before) } else { Ok(()) }
}

fn in_words(path: &Path, error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(libc::ELOOP) => "a symbolic link, not followed".to_owned(),
        Some(libc::ENOENT) => {
            let directory = path.parent().unwrap_or(path).display();
            format!("there is no directory {directory}: mkdir -p {directory}")
        }
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_line_is_taken_back_unless_somebody_has_written_after_it() {
        for (content, left) in [("whole\ntorn", "whole\n"), ("whole\ntornmore", "whole\ntornmore")]
        {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(content.as_bytes()).unwrap();
            take_back(&file, "whole\n".len() as u64, "torn".len()).unwrap();
            assert_eq!(file.metadata().unwrap().len(), left.len() as u64, "{content}");
        }
    }
}
