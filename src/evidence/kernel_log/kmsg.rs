//! The kernel log as records, from either of its two forms.

use std::borrow::Cow;

use super::read::Tail;
use super::record::{Escape, INIT, Log, Record, Speaker, number, split_once};

/// What the end of the kernel log says of the job that init titles `title`.
pub(super) fn log<'a>(tail: &'a Tail, title: &[u8]) -> Log<'a> {
    let log = match tail.escape {
        Escape::Nothing => ring(&tail.bytes, title),
        Escape::Hexadecimal | Escape::Octal => entries(&tail.bytes, title),
    };
    Log { is_whole: tail.is_whole, ..log }
}

/// What `syslog(2)` gives: `<12>[ 1234.567890] text`, perhaps with `[  T123]`, who wrote it, in
/// between. A line that was cut at its front is passed over.
///
/// A message with a line feed comes as two lines with the same head. What follows a line of init's
/// is put together again: else a job's instance could be named so that one looked like another
/// job's. Not where the clock ticks in whole milliseconds: there two messages have one stamp.
fn ring<'a>(bytes: &'a [u8], title: &[u8]) -> Log<'a> {
    let mut log = Log::default();
    let title = title.split(|byte| *byte == b'\n').next().unwrap_or_default();
    // The head of the line of init's that was the last one, and whether it was taken.
    let mut before: Option<(&[u8], bool)> = None;
    for line in bytes.split(|byte| *byte == b'\n') {
        let Some(Line { head, priority, micros, text }) = Line::parse(line) else { continue };
        let is_fine = micros.is_some_and(|micros| micros % 1000 != 0);
        if let Some((_, was_taken)) = before.filter(|(before, _)| is_fine && *before == head) {
            if let Some(last) = log.records.last_mut().filter(|_| was_taken) {
                last.line.to_mut().push(b'\n');
                last.line.to_mut().extend_from_slice(text);
            }
            continue;
        }
        log.note_time(micros);
        let Some(record) = record(priority, micros, text) else {
            before = None;
            continue;
        };
        let is_inits = record.speaker == Speaker::Init;
        let taken = log.take(record, title);
        before = is_inits.then_some((head, taken));
    }
    log
}

/// One line of the ring.
struct Line<'a> {
    /// Everything that stands before the text.
    head: &'a [u8],
    priority: u32,
    micros: Option<i64>,
    text: &'a [u8],
}

impl<'a> Line<'a> {
    fn parse(line: &'a [u8]) -> Option<Self> {
        let (priority, rest) = split_once(line.strip_prefix(b"<")?, b'>')?;
        let (micros, text) = match stamp(rest) {
            Some((micros, text)) => (Some(micros), text),
            None => (None, rest),
        };
        let head = line.get(..line.len() - text.len())?;
        Some(Self { head, priority: number(priority)?, micros, text })
    }
}

/// The time that `text` begins with, and what follows; none with `printk.time=0`.
pub(super) fn stamp(text: &[u8]) -> Option<(i64, &[u8])> {
    let (stamp, text) = split_once(text.strip_prefix(b"[")?, b']')?;
    let micros = stamp_micros(stamp.trim_ascii())?;
    let text = match text.strip_prefix(b"[").and_then(|rest| split_once(rest, b']')) {
        Some((caller, text)) if is_caller(caller.trim_ascii()) => text,
        _ => text,
    };
    Some((micros, text.strip_prefix(b" ").unwrap_or(text)))
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

/// What /dev/kmsg gives: `12,493,1385410911,-;text`; lines that begin with a space belong to the
/// record before them.
fn entries<'a>(bytes: &'a [u8], title: &[u8]) -> Log<'a> {
    let mut log = Log::default();
    for line in bytes.split(|byte| *byte == b'\n') {
        let Some((priority, micros, text)) = entry(line) else { continue };
        log.note_time(Some(micros));
        if let Some(record) = record(priority, Some(micros), text) {
            log.take(record, title);
        }
    }
    log
}

fn entry(line: &[u8]) -> Option<(u32, i64, &[u8])> {
    let (head, text) = split_once(line, b';')?;
    let mut fields = head.split(|byte| *byte == b',');
    let priority = number(fields.next()?)?;
    let _sequence: u64 = number(fields.next()?)?;
    Some((priority, number(fields.next()?)?, text))
}

/// The message of init or the kernel; `None` where another program wrote it.
fn record(priority: u32, micros: Option<i64>, text: &[u8]) -> Option<Record<'_>> {
    /// What programs write to the kernel log has a facility, which begins here (since Linux 3.5).
    const PROGRAMS: u32 = 8;
    let (speaker, from) = match text.starts_with(INIT) {
        true => (Speaker::Init, INIT.len()),
        false if priority < PROGRAMS => (Speaker::Kernel, 0),
        false => return None,
    };
    Some(Record { speaker, micros, line: Cow::Borrowed(text), from })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Who spoke when, and what.
    fn records<'l>(log: &'l Log<'_>) -> Vec<(Speaker, Option<i64>, &'l str)> {
        let text = |record: &'l Record<'_>| std::str::from_utf8(record.said()).unwrap();
        log.records.iter().map(|r| (r.speaker, r.micros, text(r))).collect()
    }

    #[test]
    fn lines_come_with_and_without_a_stamp_and_a_caller() {
        let text = "cut off\n\
                    <12>[ 1234.567890] init: a main process (53) killed by SEGV signal\n\
                    <6>[12345.000001][  T123] a[53]: segfault at 0\n\
                    <6>[    0.000000][    C0] [drm] ready\n\
                    <4>init: a main process ended, respawning\n\
                    <4>[drm] no stamp\n\
                    <12>[12345.000001] sshd: Killed process 5 (a)\n\
                    <4>init: b main process ended, respawning\n\
                    <x>bad\n<4";
        let log = ring(text.as_bytes(), b"a");
        assert_eq!(
            records(&log),
            [
                (Speaker::Init, Some(1_234_567_890), "a main process (53) killed by SEGV signal"),
                (Speaker::Kernel, Some(12_345_000_001), "a[53]: segfault at 0"),
                (Speaker::Kernel, Some(0), "[drm] ready"),
                (Speaker::Init, None, "a main process ended, respawning"),
                (Speaker::Kernel, None, "[drm] no stamp"),
            ]
        );
        assert_eq!((log.oldest, log.newest), (Some(1_234_567_890), Some(12_345_000_001)));
        assert!(log.is_heard);
    }

    #[test]
    fn a_line_feed_makes_no_second_message_of_inits() {
        let text = "<12>[    1.000007] init: kf (a\n\
                    <12>[    1.000007] init: nginx main process (1) killed by SEGV signal\n\
                    <12>[    1.000007] ) main process (40) killed by SEGV signal\n\
                    <12>[    1.000020] init: nginx main process ended, respawning\n";
        let log = ring(text.as_bytes(), b"nginx");
        let respawns = (Speaker::Init, Some(1_000_020), "nginx main process ended, respawning");
        assert_eq!(records(&log), [respawns]);
        let log =
            ring(text.as_bytes(), b"kf (a\ninit: nginx main process (1) killed by SEGV signal\n)");
        assert_eq!(
            records(&log)[0].2,
            "kf (a\ninit: nginx main process (1) killed by SEGV signal\n) main process (40) killed \
             by SEGV signal"
        );
    }

    #[test]
    fn a_clock_that_ticks_in_milliseconds_glues_no_messages_together() {
        let text = "<12>[    1.010000] init: a main process (1) killed by SEGV signal\n\
                    <12>[    1.010000] init: a main process ended, respawning\n";
        assert_eq!(ring(text.as_bytes(), b"a").records.len(), 2);
    }

    #[test]
    fn entries_are_those_of_dev_kmsg() {
        let text = "sequence cut\n12,493,1385410911,-;init: ka main process (53) killed\n \
                    SUBSYSTEM=pci\n6,494,7,c,caller=T1;more; of it\n";
        let log = entries(text.as_bytes(), b"ka");
        assert_eq!(
            records(&log),
            [
                (Speaker::Init, Some(1_385_410_911), "ka main process (53) killed"),
                (Speaker::Kernel, Some(7), "more; of it"),
            ]
        );
        assert_eq!(log.oldest, Some(1_385_410_911));
    }

    proptest! {
        #[test]
        fn garbage_gives_no_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300),
                                  text in "(<[0-9]{1,3}>)?(\\[ *[0-9.]{1,20}\\])?[,;<>\\[\\] \n0-9a-z]{0,60}") {
            let _ = (ring(&bytes, b"a"), entries(&bytes, b"a"));
            let _ = (ring(text.as_bytes(), b"a"), entries(text.as_bytes(), b"a"));
        }
    }
}
