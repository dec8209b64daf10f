//! A notice as a person reads it: what every chat says, before each says it in its own format.
//!
//! All texts are harmless to show: a log holds what a stranger made the service write.

mod aftermath;
mod changed;
mod facts;
mod jobs;
mod kernel;
mod log;
mod pages;
mod section;
mod tally;
mod text;
mod title;
mod tone;
mod unusual;
mod words;

pub use aftermath::{core_in_words, left_behind_in_words, recovery_in_words};
pub use facts::Fact;
pub use jobs::Jobs;
pub use section::{Log, Page, Section, Whose};
pub use text::{harmless, last_within, shortened};
pub use tone::Tone;
pub use words::{counted, date};

use crate::notice::Notice;
use crate::redaction::Redacted;
use crate::report::CrashReport;
use crate::snapshot::Incomplete;
use crate::time::Timestamp;
use crate::zone::Zone;

/// The longest line of a log that is shown, in characters; what is longer loses its end.
const LINE_CHARS: usize = 400;

/// The longest name of a job that is shown, in characters.
const JOB_CHARS: usize = 100;

/// The longest name of a host: what Linux allows.
const HOST_CHARS: usize = 64;

/// How the messages of one host show what they tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// How many lines of the log.
    pub log_lines: usize,
    /// The zone that the host lives by.
    pub zone: Zone,
}

/// What is told in one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// What it is, at a glance.
    pub tone: Tone,
    /// One line: host, job, what happened.
    pub title: String,
    /// What is looked for first.
    pub facts: Vec<Fact>,
    /// The machine in figures, for those who show also what is ordinary.
    pub machine: Vec<Fact>,
    /// What is looked for next, in this order; none of them is empty.
    pub sections: Vec<Section>,
    /// What could not be collected, and why.
    pub missing: Vec<String>,
    /// What the digits below name: `report` or `notice`.
    pub names: &'static str,
    /// The eight digits that people compare.
    pub short_id: String,
    /// The command that shows more.
    pub command: String,
}

impl Message {
    /// What is told of `told` at `now`, in this view.
    pub fn of(told: &Redacted, now: Timestamp, view: &View) -> Self {
        let Notice { id, subject, .. } = told.notice();
        let report = told.report().filter(|_| facts::shows_report(subject));
        let named = told.notice().report();
        let short_id = named.unwrap_or(*id).short().to_string();
        let jobs = Jobs::of(subject).map(Section::Jobs);
        let of_report = report.map(|report| sections(report, view.log_lines)).unwrap_or_default();
        Self {
            tone: Tone::of(told.notice()),
            title: title(told),
            facts: facts::facts(told, now, &view.zone),
            machine: report.map(facts::machine).unwrap_or_default(),
            sections: jobs.into_iter().chain(of_report).collect(),
            missing: report.map(missing).unwrap_or_default(),
            names: if named.is_some() { "report" } else { "notice" },
            command: match told.report() {
                Some(_) => format!("upstart-crash show {short_id}"),
                None => "upstart-crash list".to_owned(),
            },
            short_id,
        }
    }

    /// The jobs of a digest.
    pub fn jobs(&self) -> Option<&Jobs> {
        self.sections.iter().find_map(|section| match section {
            Section::Jobs(jobs) => Some(jobs),
            _ => None,
        })
    }

    /// The pages that belong to it.
    pub fn pages(&self) -> &[Page] {
        let pages = self.sections.iter().find_map(|section| match section {
            Section::Links(pages) => Some(pages.as_slice()),
            _ => None,
        });
        pages.unwrap_or_default()
    }

    /// The end of the log.
    pub fn log(&self) -> Option<&Log> {
        self.sections.iter().find_map(|section| match section {
            Section::Log(log) => Some(log),
            _ => None,
        })
    }

    /// The title behind what tells at a glance what it is about.
    pub fn headed(&self) -> String {
        format!("{} {}", self.tone.icon(), self.title)
    }

    /// The title behind the word for what it is about, and the facts: a line each.
    pub fn plain(&self) -> Vec<String> {
        let title = format!("[{}] {}", self.tone.word(), self.title);
        let facts = self.facts.iter().map(|Fact { label, value, .. }| format!("{label}: {value}"));
        std::iter::once(title).chain(facts).collect()
    }

    /// What could not be collected, if there is anything.
    pub fn not_collected(&self) -> Option<String> {
        let parts = self.missing.join("; ");
        (!parts.is_empty()).then(|| format!("not collected: {parts}"))
    }
}

/// The title of a message on `told`: one line, the same at every try.
pub fn title(told: &Redacted) -> String {
    title::title(told)
}

/// What is looked for next on the crash that `report` is on, in the order of its use.
fn sections(report: &CrashReport, log_lines: usize) -> Vec<Section> {
    let sections = [
        Some(Section::Kernel(kernel::kernel(report))),
        log::log(report, log_lines).map(Section::Log),
        Some(Section::Unusual(unusual::unusual(report))),
        Some(Section::Changed(changed::changed(report))),
        Some(Section::Why(report.verdict.reasons.iter().map(|why| harmless(why)).collect())),
        Some(Section::Links(pages::pages(&report.links))),
    ];
    sections.into_iter().flatten().filter(|section| !section.is_empty()).collect()
}

/// What could not be collected. That the console has nothing is no loss where the service writes
/// elsewhere, and that log is shown.
fn missing(report: &CrashReport) -> Vec<String> {
    let is_made_good = |part: &Incomplete| part.part == "log" && log::is_another(report);
    let parts = report.incomplete.iter().filter(|part| !is_made_good(part));
    parts.map(|part| harmless(&format!("{}: {}", part.part, part.reason))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sinks::samples;

    /// What is told of the crash that `report` is on, at once.
    fn of_crash(report: &CrashReport, log_lines: usize) -> Message {
        let told = samples::redacted(&Notice::of(report), Some(report));
        Message::of(&told, report.time, &samples::view(log_lines))
    }

    #[test]
    fn says_what_people_look_for_first() {
        let message = of_crash(&samples::report(), 2);
        assert_eq!(
            message.title,
            "web-1: nginx (eu-1) crashed: SIGSEGV after 5 h 42 min, back after 0.4 s"
        );
        assert_eq!(
            message.plain()[1..],
            [
                "Host: web-1",
                "Job: nginx (eu-1)",
                "Verdict: crashed: SIGSEGV",
                "Time: 2026-11-21 03:42:17 UTC",
                "Ran: 5 h 42 min",
                "Left behind: 4715 /usr/bin/worker --queue mail (tcp 8080)",
                "Labels: team=web",
            ]
        );
        let machine: Vec<_> = message.machine.iter().map(|fact| fact.value.as_str()).collect();
        assert_eq!(machine, ["8.42 3.10 1.05", "202 MiB of 7.8 GiB"]);
        let headings: Vec<_> = message.sections.iter().map(Section::heading).collect();
        assert_eq!(headings, ["Kernel", "Log", "Unusual", "Changed", "Why", "Links"]);
        let log = message.log().unwrap();
        assert_eq!(log.lines, ["worker died", "AssertionError: a < b && b > c"]);
        assert_eq!(message.command, "upstart-crash show 6c1d8e40");
    }

    #[test]
    fn what_is_not_known_is_left_out_and_named() {
        let mut report = samples::report();
        report.snapshot.load = None;
        report.job.ran_seconds = None;
        report.log = None;
        report.aftermath.as_mut().unwrap().logs = None;
        let message = of_crash(&report, 20);
        let facts = message.facts.iter().chain(&message.machine);
        assert!(!facts.map(|fact| fact.label).any(|label| ["Load", "Ran"].contains(&label)));
        assert_eq!(message.log(), None);
        assert_eq!(message.missing, ["pressure: not \u{fffd}there"]);
    }

    #[test]
    fn a_report_with_nothing_more_to_say_has_no_sections() {
        let mut report = samples::report();
        (report.kernel, report.log, report.aftermath) = (None, None, None);
        report.snapshot = crate::snapshot::Snapshot::missed(report.time);
        (report.verdict.reasons, report.links) = (Vec::new(), Vec::new());
        assert_eq!(of_crash(&report, 20).sections, []);
    }

    #[test]
    fn each_kind_has_its_tone_and_says_where_there_is_more() {
        let report = samples::report();
        let list = "upstart-crash list";
        let show = "upstart-crash show 6c1d8e40";
        let tones = samples::notices().map(|notice| {
            let names_report = notice.report().is_some();
            let report = names_report.then_some(&report);
            let message =
                Message::of(&samples::redacted(&notice, report), notice.time, &samples::view(20));
            let (names, command) = if names_report { ("report", show) } else { ("notice", list) };
            assert_eq!((message.names, &*message.command), (names, command), "{message:?}");
            let named = notice.report().unwrap_or(notice.id);
            assert_eq!(message.short_id, named.short().as_str());
            let of_log = matches!(message.tone, Tone::Crash | Tone::GaveUp | Tone::Repeats);
            assert_eq!(message.log().is_some(), of_log, "{:?}", message.tone);
            assert_eq!(message.jobs().is_some(), message.tone == Tone::Digest);
            let dropped = Message::of(&samples::alone(&notice), notice.time, &samples::view(20));
            assert_eq!((&*dropped.command, dropped.log()), (list, None));
            message.tone
        });
        let expected = [
            Tone::Crash,
            Tone::GaveUp,
            Tone::Repeats,
            Tone::Recovered,
            Tone::Digest,
            Tone::SinkFailed,
            Tone::Test,
        ];
        assert_eq!(tones, expected);
    }

    #[test]
    fn the_page_on_notices_shows_what_is_told() {
        let page = include_str!("../docs/notices.md");
        let (report, gave_up) = (samples::report(), samples::gave_up());
        for notice in samples::notices() {
            let report = if notice.severity == gave_up.severity { &gave_up } else { &report };
            let report = notice.report().is_some().then_some(report);
            let message =
                Message::of(&samples::redacted(&notice, report), notice.time, &samples::view(20));
            let line = format!("\n    {} {}\n", message.tone.icon(), message.title);
            assert!(page.contains(&line), "{line}");
        }
    }

    #[test]
    fn that_the_console_has_nothing_is_no_loss_where_another_log_is_shown() {
        let mut report = samples::report();
        let (console, aftermath) = (report.log.take(), report.aftermath.take());
        report.incomplete = ["log", "memory"]
            .map(|part| Incomplete { part: part.into(), reason: "x".into() })
            .into();
        let told = |report: &CrashReport| of_crash(report, 9).not_collected().unwrap();
        assert_eq!(told(&report), "not collected: log: x; memory: x");
        report.aftermath = aftermath;
        report.aftermath.as_mut().unwrap().logs = console.map(|log| vec![log]);
        assert_eq!(told(&report), "not collected: memory: x");
    }
}
