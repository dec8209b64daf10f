//! A report as a person reads it: what every chat says, before each says it in its own format.
//!
//! All texts are harmless to show: a log holds what a stranger made the service write.

mod aftermath;

use std::time::Duration;

pub use aftermath::{left_behind_in_words, recovery_in_words};

use crate::report::{CrashReport, duration_in_words};
use crate::snapshot::Memory;
use crate::terminal::{ESCAPE, skip_sequence};
use crate::verdict::in_words;

/// The longest line of a log that is shown, in characters; what is longer loses its end.
const LINE_CHARS: usize = 400;

/// What is told of one crash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// One line: host, job, what happened.
    pub title: String,
    /// What is looked for first, each with its label.
    pub facts: Vec<(&'static str, String)>,
    /// Why the verdict is what it is, the weightiest first.
    pub reasons: Vec<String>,
    /// The end of the log.
    pub log: Option<Log>,
    /// What could not be collected, and why.
    pub missing: Vec<String>,
    /// The eight digits that people compare.
    pub short_id: String,
    /// The command that shows the whole report.
    pub command: String,
}

/// The end of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// The file.
    pub path: String,
    /// Its last lines, the oldest first.
    pub lines: Vec<String>,
}

impl Message {
    /// What is told of `report`, with at most the last `log_lines` lines of the log.
    pub fn of(report: &CrashReport, log_lines: usize) -> Self {
        let short_id = report.id.short().to_string();
        Self {
            title: aftermath::title(report),
            facts: facts(report),
            reasons: report.verdict.reasons.iter().map(|reason| harmless(reason)).collect(),
            log: report.log.as_ref().filter(|log| !log.lines.is_empty()).map(|log| Log {
                path: harmless(&log.path),
                lines: last(&log.lines, log_lines).iter().map(|line| shown_line(line)).collect(),
            }),
            missing: report
                .incomplete
                .iter()
                .map(|part| harmless(&format!("{}: {}", part.part, part.reason)))
                .collect(),
            command: format!("upstart-crash show {short_id}"),
            short_id,
        }
    }
}

fn facts(report: &CrashReport) -> Vec<(&'static str, String)> {
    let snapshot = &report.snapshot;
    let seconds = humantime::format_rfc3339_seconds(report.time.to_system_time()).to_string();
    let ran = report.job.ran_seconds.and_then(|ran| Duration::try_from_secs_f64(ran).ok());
    let load = snapshot.load.as_ref();
    let facts = [
        ("Host", Some(harmless(&report.host.name))),
        ("Job", Some(harmless(&report.job.title()))),
        ("Verdict", Some(in_words(report.verdict.kind, &report.exit))),
        ("Time", Some(seconds.replace('T', " ").replace('Z', " UTC"))),
        ("Ran", ran.map(duration_in_words)),
        ("Load", load.map(|l| format!("{:.2} {:.2} {:.2}", l.one, l.five, l.fifteen))),
        ("Memory free", snapshot.memory.as_ref().map(memory_free)),
        ("Left behind", aftermath::left_behind(report)),
    ];
    facts.into_iter().filter_map(|(label, value)| Some((label, value?))).collect()
}

/// `0.2 GiB of 7.8 GiB`.
fn memory_free(memory: &Memory) -> String {
    let gib = |bytes: u64| bytes as f64 / f64::from(1 << 30);
    format!("{:.1} GiB of {:.1} GiB", gib(memory.available_bytes), gib(memory.total_bytes))
}

/// The last `count` of `items`.
fn last<T>(items: &[T], count: usize) -> &[T] {
    items.get(items.len().saturating_sub(count)..).unwrap_or_default()
}

/// The last of `lines` whose costs together stay within `budget`: a log loses its beginning, in
/// whole lines.
pub fn last_within(lines: &[String], budget: usize, cost: impl Fn(&str) -> usize) -> &[String] {
    let mut left = budget;
    let fitting = lines
        .iter()
        .rev()
        .take_while(|line| left.checked_sub(cost(line)).map(|rest| left = rest).is_some());
    let count = fitting.count();
    last(lines, count)
}

fn shown_line(line: &str) -> String {
    shortened(&harmless(line), LINE_CHARS)
}

/// `text`, or its beginning and `…` where it has more than `most` characters.
pub fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        text.to_owned()
    } else {
        text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
    }
}

/// `text` without terminal sequences (colours, titles), with U+FFFD in place of what else would
/// act instead of being seen: control characters, line separators, marks that turn the direction.
pub fn harmless(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            ESCAPE => skip_sequence(&mut chars),
            '\t' => shown.push(' '),
            c if acts(c) => shown.push('\u{fffd}'),
            c => shown.push(c),
        }
    }
    shown
}

fn acts(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}'
                | '\u{200e}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}'
        )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sinks::samples;

    #[test]
    fn what_acts_is_made_harmless_and_the_rest_is_left() {
        for (text, shown) in [
            ("plain <b>&amp; ☃ café 🚀", "plain <b>&amp; ☃ café 🚀"),
            ("\u{1b}[1;31mred\u{1b}[0m alert", "red alert"),
            ("\u{1b}]0;title\u{7}after", "after"),
            ("\u{1b}]8;;http://evil/\u{1b}\\link\u{1b}]8;;\u{1b}\\", "link"),
            ("\u{1b}Mup", "up"),
            ("torn \u{1b}[31", "torn 31"),
            ("torn \u{1b}]0;title", "torn 0;title"),
            ("end \u{1b}", "end "),
            ("nul \0 bell \u{7} back \u{8} c1 \u{9b}31m", "nul � bell � back � c1 �31m"),
            ("tab\there", "tab here"),
            ("two\nlines\r", "two�lines�"),
            ("\u{202e}RTL\u{202c} \u{2066}x\u{2069} \u{200f}", "�RTL� �x� �"),
        ] {
            assert_eq!(harmless(text), shown, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_that_acts_comes_through(text in "\\PC*[\u{1b}\u{0}-\u{1f}\u{202a}-\u{202e}\\[\\]]*\\PC*") {
            prop_assert!(!harmless(&text).contains(acts));
        }
    }

    #[test]
    fn a_log_loses_whole_lines_from_its_front() {
        let lines = ["one", "two", "three", "four"].map(str::to_owned);
        for (budget, kept) in
            [(0, 0..0), (3, 0..0), (4, 3..4), (8, 3..4), (9, 2..4), (12, 1..4), (99, 0..4)]
        {
            assert_eq!(last_within(&lines, budget, str::len), &lines[kept], "{budget}");
        }
        assert_eq!(last_within(&[], 9, str::len), [""; 0]);
    }

    #[test]
    fn says_what_people_look_for_first() {
        let message = Message::of(&samples::report(), 2);
        assert_eq!(
            message.title,
            "web-1: nginx (eu-1) crashed: SIGSEGV after 5 h 42 min, back after 0.4 s"
        );
        assert_eq!(
            message.facts,
            [
                ("Host", "web-1"),
                ("Job", "nginx (eu-1)"),
                ("Verdict", "crashed: SIGSEGV"),
                ("Time", "2026-11-21 03:42:17 UTC"),
                ("Ran", "5 h 42 min"),
                ("Load", "8.42 3.10 1.05"),
                ("Memory free", "0.2 GiB of 7.8 GiB"),
                ("Left behind", "4715 /usr/bin/worker --queue mail (tcp 8080)"),
            ]
            .map(|(label, value)| (label, value.to_owned()))
        );
        assert_eq!(message.log.unwrap().lines, ["worker died", "AssertionError: a < b && b > c"]);
        assert_eq!(message.command, "upstart-crash show 6c1d8e40");
    }

    #[test]
    fn what_is_not_known_is_left_out_and_named() {
        let mut report = samples::report();
        report.snapshot.load = None;
        report.job.ran_seconds = None;
        report.log = None;
        let message = Message::of(&report, 20);
        assert!(!message.facts.iter().any(|(label, _)| ["Load", "Ran"].contains(label)));
        assert_eq!(message.log, None);
        assert_eq!(message.missing, ["pressure: not \u{fffd}there"]);
    }

    #[test]
    fn an_endless_line_keeps_its_beginning() {
        let mut report = samples::report();
        report.log.as_mut().unwrap().lines = vec!["x".repeat(64 * 1024)];
        let lines = Message::of(&report, 20).log.unwrap().lines;
        assert_eq!(lines.iter().map(|line| line.chars().count()).collect::<Vec<_>>(), [LINE_CHARS]);
        assert!(lines[0].ends_with('…'));
    }
}
