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
use crate::redaction::Redacted;

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

/// `told` as a line of at most [`LINE_LEN`] bytes.
fn line(told: &Redacted) -> io::Result<Vec<u8>> {
    let line = json::within(told, LINE_LEN - "\n".len())?;
    Ok(format!("{line}\n").into_bytes())
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
    use proptest::prelude::*;

    use super::*;
    use crate::sinks::samples;
    use crate::sinks::testing::hostile;

    #[test]
    fn every_line_keeps_the_limit_and_ends_itself() {
        for told in samples::all_told() {
            let line = line(&told).unwrap();
            assert!(line.len() <= 65_536, "{}", line.len());
            let ends = line.iter().filter(|byte| byte.is_ascii_control()).collect::<Vec<_>>();
            assert_eq!(ends, [&b'\n']);
        }
    }

    proptest! {
        #[test]
        fn whatever_others_wrote_is_in_one_line(planted in hostile()) {
            for told in samples::hostile_told(&planted) {
                let line = String::from_utf8(line(&told).unwrap()).unwrap();
                prop_assert_eq!(line.find('\n'), Some(line.len() - 1));
                prop_assert!(serde_json::from_str::<serde_json::Value>(&line).is_ok(), "{}", line);
            }
        }
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
