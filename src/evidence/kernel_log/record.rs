//! A log as far as it matters here: init's lines on one job, and the kernel's.

use std::borrow::Cow;

use super::init_line;
use crate::job::Job;

/// What every message of init's begins with in the kernel log.
pub(super) const INIT: &[u8] = b"init: ";

/// Who wrote a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speaker {
    /// Upstart.
    Init,
    /// The kernel itself, not a program that writes to its log.
    Kernel,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record<'a> {
    pub(super) speaker: Speaker,
    /// When it was written, by the log's own clock; `None` where the log has no times.
    pub(super) micros: Option<i64>,
    /// The message as people are shown it.
    pub(super) line: Cow<'a, [u8]>,
    /// Where in `line` begins what is said.
    pub(super) from: usize,
}

impl Record<'_> {
    /// What is said: of init's line without `init: `.
    pub(super) fn said(&self) -> &[u8] {
        self.line.get(self.from..).unwrap_or_default()
    }
}

/// What a log says of one job.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Log<'a> {
    /// Init's lines that may be on the job, and all of the kernel's, the oldest first.
    pub(super) records: Vec<Record<'a>>,
    /// Whether init said anything at all, on whatever job.
    pub(super) is_heard: bool,
    /// The first time in what was read.
    pub(super) oldest: Option<i64>,
    /// The last one.
    pub(super) newest: Option<i64>,
    /// Whether nothing older was left out.
    pub(super) is_whole: bool,
}

impl<'a> Log<'a> {
    /// Notes that a line was written at `micros`.
    pub(super) fn note_time(&mut self, micros: Option<i64>) {
        self.oldest = self.oldest.or(micros);
        self.newest = self.newest.max(micros);
    }

    /// Takes `record` if it matters to the job that init titles `title`; whether it did.
    pub(super) fn take(&mut self, record: Record<'a>, title: &[u8]) -> bool {
        let matters = match record.speaker {
            Speaker::Kernel => true,
            Speaker::Init => {
                self.is_heard = true;
                init_line::may_be_on(record.said(), title)
            }
        };
        if matters {
            self.records.push(record);
        }
        matters
    }
}

/// How a log writes the bytes of a name that it does not write as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Escape {
    /// The kernel's ring has all of them.
    Nothing,
    /// /dev/kmsg: control characters, `\` and what is not ASCII as `\x0a`.
    Hexadecimal,
    /// rsyslog: control characters as `#012`.
    Octal,
}

/// `job` as init calls it, written as the log writes it.
pub(super) fn title(job: &Job<'_>, escape: Escape) -> Vec<u8> {
    let title = match job.instance {
        b"" => job.name.to_vec(),
        instance => [job.name, b" (", instance, b")"].concat(),
    };
    let written = |byte: u8| match escape {
        Escape::Hexadecimal if byte == b'\\' || !(b' '..=b'~').contains(&byte) => {
            format!("\\x{byte:02x}").into_bytes()
        }
        Escape::Octal if byte.is_ascii_control() => format!("#{byte:03o}").into_bytes(),
        _ => vec![byte],
    };
    title.into_iter().flat_map(written).collect()
}

/// What stands before and behind the first `at`.
pub(super) fn split_once(text: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let place = text.iter().position(|byte| *byte == at)?;
    Some((text.get(..place)?, text.get(place + 1..)?))
}

/// Digits, and nothing else.
pub(super) fn number<T: std::str::FromStr>(digits: &[u8]) -> Option<T> {
    let plain = digits.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(digits).ok().filter(|_| plain)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_as_each_log_writes_them() {
        let job = Job::upstart(b"kf", "é\n\\#".as_bytes());
        for (escape, expected) in [
            (Escape::Nothing, "kf (é\n\\#)"),
            (Escape::Hexadecimal, "kf (\\xc3\\xa9\\x0a\\x5c#)"),
            (Escape::Octal, "kf (é#012\\#)"),
        ] {
            assert_eq!(title(&job, escape), expected.as_bytes());
        }
        assert_eq!(title(&Job::upstart(b"sub/bar", b""), Escape::Octal), b"sub/bar");
    }
}
