//! `[sink.file.NAME]`: one notice a line, as JSON, at the end of a file.
//!
//! Each line is written by one system call to a file that is opened anew, so that a rotation of
//! the log loses and tears nothing.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{Attempt, Context, Needed, Outcome, Sink, Wait, fingerprint, json};
use crate::message;
use crate::notice::{Notice, Subject};
use crate::redaction::Redacted;
use crate::report::CrashReport;

/// The longest line, in bytes, with the newline that ends it.
const LINE_LEN: usize = 64 * 1024;

/// The table `[sink.file.NAME]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The file; its directory must exist. A symbolic link is not followed.
    path: PathBuf,
}

/// Makes the sink.
pub fn open(settings: Settings, context: &mut Context<'_>) -> Option<Box<dyn Sink>> {
    let absolute = settings.path.is_absolute().then_some(settings.path);
    let path = context.noted(absolute.ok_or_else(|| "`path` must be absolute".to_owned()))?;
    let path = context.environment().path(path);
    context.needs("path", Needed::Output(path.clone()));
    Some(Box::new(FileSink { path }))
}

struct FileSink {
    path: PathBuf,
}

impl Sink for FileSink {
    /// Never refuses for good: whatever is wrong with a file, somebody may mend it.
    fn try_once(&self, attempt: &Attempt<'_>) -> Result<Outcome, Outcome> {
        let path = self.path.display();
        let written =
            line(attempt.notice).and_then(|line| append(&self.path, &line).map(|()| line.len()));
        match written {
            Ok(bytes) => Ok(Outcome::Delivered { answer: format!("{bytes} bytes in {path}") }),
            Err(error) => Err(Outcome::Retry {
                why: format!("{path}: {}", in_words(&self.path, &error)),
                wait: Wait::BackOff,
            }),
        }
    }

    fn fingerprint(&self) -> String {
        fingerprint(&["file", &self.path.to_string_lossy()])
    }
}

/// `told` as a line of at most [`LINE_LEN`] bytes. For that a log loses lines at the front, and a
/// digest counts jobs that it would name.
fn line(told: &Redacted) -> io::Result<Vec<u8>> {
    let mut line = json::full(told)?.to_string();
    let (mut notice, mut report) = (told.notice().clone(), told.report().cloned());
    while line.len() >= LINE_LEN && (shorten_log(report.as_mut()) || shorten_list(&mut notice)) {
        line = json::of(&notice, report.as_ref(), &message::title(told))?.to_string();
    }
    line.push('\n');
    Ok(line.into_bytes())
}

/// Removes the oldest line of the log; whether there was one.
fn shorten_log(report: Option<&mut CrashReport>) -> bool {
    let log = report.and_then(|report| report.log.as_mut());
    let Some(log) = log.filter(|log| !log.lines.is_empty()) else { return false };
    log.lines.remove(0);
    log.truncated = true;
    true
}

/// Counts the last half of the jobs that a digest names, instead; whether there were any.
fn shorten_list(notice: &mut Notice) -> bool {
    let Subject::Digest { jobs, more_jobs, more_crashes, .. } = &mut notice.subject else {
        return false;
    };
    for cut in jobs.drain(jobs.len() / 2..) {
        *more_jobs = more_jobs.saturating_add(1);
        *more_crashes = more_crashes.saturating_add(cut.tally.total());
    }
    !jobs.is_empty()
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
    use crate::sinks::samples;
    use crate::verdict::VerdictKind;

    #[test]
    fn a_long_digest_counts_what_it_cannot_name() {
        let crash = || samples::tally(&[(VerdictKind::Crashed, Some("SIGSEGV"), 3)]);
        let digest = samples::digest(vec![crash(); 999], 1, 5);
        let line = line(&samples::alone(&samples::on(digest))).unwrap();
        let told: serde_json::Value = serde_json::from_slice(&line).unwrap();
        let named = told["digest"]["jobs"].as_array().unwrap().len() as u64;
        assert!(line.len() <= LINE_LEN && named > 100, "{named}");
        assert_eq!(told["digest"]["more_jobs"], 1000 - named);
        assert_eq!(told["digest"]["more_crashes"], 5 + 3 * (999 - named));
        assert!(told["summary"].as_str().unwrap().contains("1000 jobs crashed 3002 times"));
    }

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
