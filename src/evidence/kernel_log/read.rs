//! The kernel log as records, from either of its two forms.

use nix::fcntl::OFlag;

use crate::paths::{KERNEL_LOG, Root};
use crate::sys::{self, CPath, Errno, Kind};

/// The most bytes that are read, from the end.
const BYTES: usize = 64 * 1024;

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    /// Facility and level, as the kernel numbers them.
    pub(super) priority: u32,
    /// When it was written, by the kernel log's own clock; `None` where the kernel stamps none
    /// (`printk.time=0`).
    pub(super) micros: Option<i64>,
    /// What it says.
    pub(super) text: Vec<u8>,
}

/// The end of the kernel log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Records {
    /// The messages, the oldest first.
    pub(super) records: Vec<Record>,
    /// Whether control characters, `\` and what is not ASCII are written as `\xNN`.
    pub(super) escaped: bool,
    /// Whether nothing older was left out.
    pub(super) whole: bool,
}

/// Reads the end of the kernel log; under another root, of the file `/dev/kmsg` there.
///
/// # Errors
/// Why it cannot be had, in words.
pub(super) fn read(root: Root) -> Result<Records, String> {
    if root.prefix().is_empty() {
        return read_ring();
    }
    read_file(&root.join(&[KERNEL_LOG.as_bytes()]).map_err(|_| "its path is too long".to_owned())?)
}

fn read_ring() -> Result<Records, String> {
    let mut bytes = vec![0; BYTES];
    let filled = sys::kernel_log(&mut bytes).map_err(|errno| match errno {
        Errno::EPERM | Errno::EACCES => "it is for root alone".to_owned(),
        errno => errno.desc().to_owned(),
    })?;
    let records = lines(bytes.get(..filled).unwrap_or_default());
    Ok(Records { records, escaped: false, whole: false })
}

/// Never a device or a FIFO: those could make the job wait.
fn read_file(path: &CPath) -> Result<Records, String> {
    let shown = path.as_path().display();
    let failed = |errno: Errno| format!("{shown}: {}", errno.desc());
    let file = sys::open(path.as_c_str(), OFlag::O_RDONLY).map_err(failed)?;
    let stat = sys::stat_open(&file).map_err(failed)?;
    if stat.kind != Kind::File {
        return Err(format!("{shown} is no plain file with one name: not read"));
    }
    let from = stat.size.saturating_sub(BYTES as u64);
    let mut bytes = vec![0; BYTES];
    let filled = sys::read_at(&file, &mut bytes, from).map_err(failed)?;
    let records = entries(bytes.get(..filled).unwrap_or_default());
    Ok(Records { records, escaped: true, whole: from == 0 })
}

/// What `syslog(2)` gives: `<12>[ 1234.567890] text`, perhaps with `[  T123]`, who wrote it, in
/// between. A line that was cut at its front is passed over.
///
/// A message with a line feed comes as two lines with the same stamp. What follows a line of init's
/// is put together again: else a job's instance could be named so that one looked like another
/// job's.
pub(super) fn lines(bytes: &[u8]) -> Vec<Record> {
    let mut records: Vec<Record> = Vec::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        let Some(record) = line_record(line) else { continue };
        match records.last_mut() {
            Some(last)
                if record.micros.is_some()
                    && (last.priority, last.micros) == (record.priority, record.micros)
                    && last.text.starts_with(super::INIT) =>
            {
                last.text.push(b'\n');
                last.text.extend_from_slice(&record.text);
            }
            _ => records.push(record),
        }
    }
    records
}

fn line_record(line: &[u8]) -> Option<Record> {
    let (priority, rest) = split_once(line.strip_prefix(b"<")?, b'>')?;
    let priority = number(priority)?;
    let unstamped = || Some(Record { priority, micros: None, text: rest.to_vec() });
    let Some((stamp, text)) = rest.strip_prefix(b"[").and_then(|rest| split_once(rest, b']'))
    else {
        return unstamped();
    };
    let Some(micros) = stamp_micros(stamp.trim_ascii()) else { return unstamped() };
    let text = match text.strip_prefix(b"[").and_then(|rest| split_once(rest, b']')) {
        Some((caller, text)) if is_caller(caller.trim_ascii()) => text,
        _ => text,
    };
    let text = text.strip_prefix(b" ").unwrap_or(text).to_vec();
    Some(Record { priority, micros: Some(micros), text })
}

/// What /dev/kmsg gives: `12,493,1385410911,-;text`; lines that begin with a space belong to the
/// record before them.
pub(super) fn entries(bytes: &[u8]) -> Vec<Record> {
    bytes.split(|byte| *byte == b'\n').filter_map(entry).collect()
}

fn entry(line: &[u8]) -> Option<Record> {
    let (head, text) = split_once(line, b';')?;
    let mut fields = head.split(|byte| *byte == b',');
    let priority = number(fields.next()?)?;
    let _sequence: u64 = number(fields.next()?)?;
    let micros = number(fields.next()?)?;
    Some(Record { priority, micros: Some(micros), text: text.to_vec() })
}

/// `1234.567890` in microseconds.
fn stamp_micros(stamp: &[u8]) -> Option<i64> {
    let (seconds, micros) = split_once(stamp, b'.')?;
    let (seconds, micros): (i64, i64) = (number(seconds)?, number(micros)?);
    seconds.checked_mul(1_000_000)?.checked_add(micros)
}

/// `T123`, a task, or `C0`, a processor (`CONFIG_PRINTK_CALLER`).
fn is_caller(caller: &[u8]) -> bool {
    matches!(caller, [b'T' | b'C', digits @ ..] if number::<u64>(digits).is_some())
}

/// What stands before and behind the first `at`.
fn split_once(text: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
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
    use proptest::prelude::*;

    fn record(priority: u32, micros: Option<i64>, text: &str) -> Record {
        Record { priority, micros, text: text.into() }
    }

    #[test]
    fn lines_come_with_and_without_a_stamp_and_a_caller() {
        let text = "cut off\n\
                    <12>[ 1234.567890] init: a main process (53) killed by SEGV signal\n\
                    <6>[12345.000001][  T123] a[53]: segfault at 0\n\
                    <6>[    0.000000][    C0] [drm] ready\n\
                    <4>init: b main process ended, respawning\n\
                    <4>[drm] no stamp\n\
                    <x>bad\n<4";
        assert_eq!(
            lines(text.as_bytes()),
            [
                record(12, Some(1_234_567_890), "init: a main process (53) killed by SEGV signal"),
                record(6, Some(12_345_000_001), "a[53]: segfault at 0"),
                record(6, Some(0), "[drm] ready"),
                record(4, None, "init: b main process ended, respawning"),
                record(4, None, "[drm] no stamp"),
            ]
        );
    }

    #[test]
    fn a_line_feed_makes_no_second_message_of_inits() {
        let text = "<12>[    1.000007] init: kf (a\n\
                    <12>[    1.000007] init: nginx main process (1) killed by SEGV signal\n\
                    <12>[    1.000007] ) main process (40) killed by SEGV signal\n\
                    <12>[    1.000020] init: nginx main process ended, respawning\n";
        let texts: Vec<_> = lines(text.as_bytes()).into_iter().map(|r| r.text).collect();
        assert_eq!(texts.len(), 2);
        assert!(texts[0].starts_with(b"init: kf (a\ninit: nginx main"));
    }

    #[test]
    fn entries_are_those_of_dev_kmsg() {
        let text = "sequence cut\n12,493,1385410911,-;init: ka main process (53) killed\n \
                    SUBSYSTEM=pci\n6,494,7,c,caller=T1;more; of it\n";
        assert_eq!(
            entries(text.as_bytes()),
            [
                record(12, Some(1_385_410_911), "init: ka main process (53) killed"),
                record(6, Some(7), "more; of it"),
            ]
        );
    }

    proptest! {
        #[test]
        fn garbage_gives_no_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300),
                                  text in "(<[0-9]{1,3}>)?(\\[ *[0-9.]{1,20}\\])?[,;<>\\[\\] \n0-9a-z]{0,60}") {
            let _ = (lines(&bytes), entries(&bytes));
            let _ = (lines(text.as_bytes()), entries(text.as_bytes()));
        }
    }
}
