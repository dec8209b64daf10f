//! The system's log as records: where Upstart 0.6.5 writes, as a daemon, by `syslog(3)`.
//!
//! Every program of the host may write such lines. What stands here can be forged by each of them,
//! which what init writes to the kernel log cannot.

use std::borrow::Cow;

use super::kmsg;
use super::record::{Log, Record, Speaker, number, split_once};
use super::syslog_time::{Clock, When};

/// What rsyslog and sysklogd write: `Nov 21 13:00:01 host init: text`, or a time as in RFC 3339.
///
/// `host` is this host's name, whose lines alone count: a log server has those of others too.
/// `written` is when the file was last written to, in microseconds since the epoch.
pub(super) fn lines<'a>(bytes: &'a [u8], title: &[u8], host: &[u8], written: i64) -> Log<'a> {
    let mut log = Log::default();
    let all = || bytes.split(|byte| *byte == b'\n').filter_map(Line::parse);
    let clock = Clock::new(all().rev().find_map(|line| line.when.local()), written);
    // What init said on the line before, and where in that: the next line may say it again.
    let mut said: Option<(&[u8], usize)> = None;
    for line in all().filter(|line| is_same_host(line.host, host)) {
        let micros = clock.micros(line.when);
        log.note_time(micros);
        let (speaker, text, from) = match (line.speaker(), said) {
            (Some(speaker), _) => (speaker, line.whole(), line.from),
            (None, Some((text, from))) if line.repeats_the_one_before() => {
                (Speaker::Init, text, from)
            }
            (None, _) => {
                said = None;
                continue;
            }
        };
        said = (speaker == Speaker::Init).then_some((text, from));
        log.take(Record { speaker, micros, line: Cow::Borrowed(text), from }, title);
    }
    log
}

/// One line, by its parts.
#[derive(Debug, Clone, Copy)]
struct Line<'a> {
    line: &'a [u8],
    when: When,
    host: &'a [u8],
    /// Who wrote it, without a process id.
    program: &'a [u8],
    /// Where what is said begins, and ends.
    from: usize,
    to: usize,
}

impl<'a> Line<'a> {
    fn parse(line: &'a [u8]) -> Option<Self> {
        let (when, rest) = When::parse(line)?;
        let (host, rest) = split_once(rest, b' ')?;
        let (program, said) = match split_once(rest, b':') {
            Some((tag, said)) if !tag.contains(&b' ') => (without_pid(tag), said),
            _ => (&b""[..], rest),
        };
        let (mut said, mut to) = (said.strip_prefix(b" ").unwrap_or(said), line.len());
        if let Some(repeated) = repeated_message(said) {
            (said, to) = (repeated, line.len() - 1);
        }
        let from = to - said.len();
        if program == b"kernel"
            && let Some((_, said)) = kmsg::stamp(said)
        {
            return Some(Self { line, when, host, program, from: to - said.len(), to });
        }
        Some(Self { line, when, host, program, from, to })
    }

    fn speaker(&self) -> Option<Speaker> {
        match self.program {
            b"init" => Some(Speaker::Init),
            b"kernel" => Some(Speaker::Kernel),
            _ => None,
        }
    }

    /// The line, up to the end of what is said.
    fn whole(&self) -> &'a [u8] {
        self.line.get(..self.to).unwrap_or(self.line)
    }

    /// `last message repeated 3 times`: sysklogd's way to say the line before again.
    fn repeats_the_one_before(&self) -> bool {
        let said = self.line.get(self.from..).unwrap_or_default();
        self.program.is_empty()
            && said
                .strip_prefix(b"last message repeated ")
                .and_then(|rest| rest.strip_suffix(b" times"))
                .is_some_and(|count| number::<u64>(count).is_some())
    }
}

/// What is said again in rsyslog's `message repeated 3 times: [ text]`.
fn repeated_message(said: &[u8]) -> Option<&[u8]> {
    let (count, rest) = split_once(said.strip_prefix(b"message repeated ")?, b' ')?;
    let _: u64 = number(count)?;
    let text = rest.strip_prefix(b"times: [")?.strip_suffix(b"]")?;
    Some(text.strip_prefix(b" ").unwrap_or(text))
}

/// `init[1]` is init.
fn without_pid(tag: &[u8]) -> &[u8] {
    match tag.strip_suffix(b"]").and_then(|tag| split_once(tag, b'[')) {
        Some((program, pid)) if number::<u32>(pid).is_some() => program,
        _ => tag,
    }
}

/// Whether both name one host, with its domain or without.
fn is_same_host(one: &[u8], other: &[u8]) -> bool {
    let short = |name: &[u8]| name.split(|byte| *byte == b'.').next().map(<[u8]>::to_vec);
    short(one).zip(short(other)).is_some_and(|(one, other)| one.eq_ignore_ascii_case(&other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::kernel_log::testing::corpus;
    use proptest::prelude::*;

    /// 2026-11-21T13:00:10Z.
    const WRITTEN: i64 = 1_795_266_010_000_000;

    /// What is understood of `text`, for a job called `nginx`.
    fn meant(text: &str) -> Vec<String> {
        let log = lines(text.as_bytes(), b"nginx", b"web-1", WRITTEN);
        let said = |record: &Record<'_>| String::from_utf8_lossy(record.said()).into_owned();
        log.records
            .iter()
            .map(|record| match record.speaker {
                Speaker::Init => format!("init: {}", said(record)),
                Speaker::Kernel => format!("kernel: {}", said(record)),
            })
            .collect()
    }

    #[test]
    fn its_lines_are_understood() {
        for (line, meaning) in corpus(include_str!("../../../tests/corpus/syslog_lines.txt")) {
            let expected: &[&str] = if meaning == "nothing" { &[] } else { &[meaning] };
            assert_eq!(meant(line), expected, "{line}");
        }
    }

    #[test]
    fn what_is_said_again_is_said_at_that_time() {
        let text = "Nov 21 13:00:01 web-1 init: nginx main process ended, respawning\n\
                    Nov 21 13:00:05 web-1 last message repeated 3 times\n\
                    Nov 21 13:00:06 web-1 last message repeated 1 times\n\
                    Nov 21 13:00:07 web-1 cron[7]: (root) CMD (x)\n\
                    Nov 21 13:00:10 web-1 last message repeated 2 times\n";
        let log = lines(text.as_bytes(), b"nginx", b"web-1", WRITTEN);
        let seconds: Vec<_> = log.records.iter().map(|r| (r.micros, r.said())).collect();
        let at = |ago: i64| Some(WRITTEN - ago * 1_000_000);
        let said = &b"nginx main process ended, respawning"[..];
        assert_eq!(seconds, [(at(9), said), (at(5), said), (at(4), said)]);
    }

    #[test]
    fn another_jobs_lines_are_not_taken_but_heard() {
        let text = "Nov 21 13:00:01 web-1 init: apache main process ended, respawning\n\
                    Nov 21 13:00:05 web-1 last message repeated 3 times\n";
        let log = lines(text.as_bytes(), b"nginx", b"web-1", WRITTEN);
        assert_eq!((log.records.len(), log.is_heard), (0, true));
    }

    proptest! {
        #[test]
        fn garbage_gives_no_panic(bytes: Vec<u8>,
                                  text in "(Nov 21 13:00:01 |2026-11-21T13:00:01Z )web-1 (init|kernel|last)(: |\\[1\\]: | message repeated ).{0,20}(times: \\[|\\]| times)?") {
            let _ = lines(&bytes, b"nginx", b"web-1", WRITTEN);
            let _ = meant(&format!("{text}\n{text}"));
        }

        #[test]
        fn no_message_speaks_for_another_job(instance in "[^\0-\u{1f}\u{7f}]{0,60}") {
            let line = format!("Nov 21 13:00:01 web-1 init: kf ({instance}) main process ended, respawning");
            prop_assert_eq!(meant(&line), [""; 0]);
        }
    }
}
