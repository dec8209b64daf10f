//! What is looked for first, each fact with its label.

use std::time::Duration;

use super::tally::{Ends, causes};
use super::text::{harmless, shortened};
use super::title::{all_of, ends_of, in_words as cause_in_words, shown_job, totals};
use super::words::{counted, date, span};
use super::{HOST_CHARS, LINE_CHARS, aftermath};
use crate::aftermath::RecoveryKind;
use crate::notice::{JobName, Notice, Subject, Tally};
use crate::redaction::Redacted;
use crate::report::{CrashReport, duration_in_words};
use crate::snapshot::Memory;
use crate::time::Timestamp;
use crate::verdict::{VerdictKind, in_words};

/// A label and what it says.
type Fact = (&'static str, String);

/// What is told later than this was delayed.
const DELAY: Duration = Duration::from_secs(300);

/// The facts of `told`, which is told at `now`.
pub(super) fn facts(told: &Redacted, now: Timestamp) -> Vec<Fact> {
    let Notice { id: _, time, severity: _, host, subject } = told.notice();
    let mut facts = vec![("Host", shortened(&harmless(host), HOST_CHARS))];
    match subject {
        Subject::Crash { job, .. }
        | Subject::Repeats { job, .. }
        | Subject::Recovered { job, .. } => facts.push(("Job", shown_job(job))),
        Subject::Digest { .. } | Subject::SinkFailed { .. } | Subject::Test { .. } => {}
    }
    let report = told.report().filter(|_| shows_report(subject));
    match (report, subject) {
        (Some(report), _) => {
            facts.push(("Verdict", harmless(&in_words(report.verdict.kind, &report.exit))));
            facts.push(("Time", date(report.time)));
        }
        (None, Subject::Crash { cause, .. }) => {
            facts.extend([("Verdict", cause_in_words(cause)), ("Time", date(*time))]);
        }
        (None, _) => {}
    }
    facts.extend(delayed(*time, now));
    facts.extend(of_subject(told));
    if told.report().is_none() && told.notice().report().is_some() {
        facts.push(("Report", "dropped from the spool; nothing more is known".to_owned()));
    }
    facts.extend(report.into_iter().flat_map(of_machine));
    // Some chats refuse a whole message for a value that is empty.
    facts.retain(|(_, value)| !value.trim().is_empty());
    facts
}

/// Whether the report is told too, and not only its id.
pub(super) fn shows_report(subject: &Subject) -> bool {
    matches!(subject, Subject::Crash { .. } | Subject::Repeats { .. })
}

fn delayed(time: Timestamp, now: Timestamp) -> Option<Fact> {
    let delay = now.since(time);
    (delay > DELAY).then(|| ("Delayed", format!("told {} after it happened", span(delay))))
}

fn of_subject(told: &Redacted) -> Vec<Fact> {
    let subject = &told.notice().subject;
    let ends = ends_of(subject);
    match subject {
        Subject::Crash { job, cause, tally, .. } => {
            let recovery = told.report().and_then(aftermath::recovery);
            let is_back = recovery.is_some_and(|it| it.kind == RecoveryKind::Respawned);
            let down = cause.verdict == VerdictKind::GaveUp && !is_back;
            let next = down.then(|| ("Next", start_command(job)));
            let others = (tally.total() > 1).then(|| ("Since told last", all_of(tally)));
            next.into_iter().chain(others).collect()
        }
        Subject::Repeats { tally, until, total, .. } => {
            let all = format!("{} since its trouble began", ends.counted(*total));
            let time = told.report().is_none().then(|| ("Time", date(*until)));
            time.into_iter().chain(several(tally, ends)).chain([("In all", all)]).collect()
        }
        Subject::Recovered { tally, since, until, .. } => {
            let times = [("First", date(*since)), ("Last", date(*until))];
            several(tally, ends).into_iter().chain(times).collect()
        }
        Subject::Digest { since, until, jobs, more_jobs, more_crashes } => {
            let (jobs, crashes) = totals(jobs, *more_jobs, *more_crashes);
            let counts = [("Jobs", jobs.to_string()), ("In all", ends.counted(crashes))];
            counts.into_iter().chain([("First", date(*since)), ("Last", date(*until))]).collect()
        }
        Subject::SinkFailed { sink, why, since, waiting } => vec![
            ("Sink", harmless(sink)),
            ("Why", shortened(&harmless(why), LINE_CHARS)),
            ("Since", date(*since)),
            ("Waiting", counted(*waiting, "message", "messages")),
            ("Next", "mend the config or the secret; see upstart-crash list".to_owned()),
        ],
        Subject::Test { sink, by } => vec![
            ("Sink", harmless(sink)),
            ("Asked by", shortened(&harmless(by), LINE_CHARS)),
            ("Time", date(told.notice().time)),
            ("Next", "nothing is to be done".to_owned()),
        ],
    }
}

/// The causes, where they are more than one: a title may be cut.
fn several(tally: &Tally, ends: Ends) -> Option<Fact> {
    (tally.0.len() > 1).then(|| ("Causes", causes(tally, ends)))
}

/// The command that starts `job` again. Which variable its instances are named by, only its file
/// tells.
fn start_command(job: &JobName) -> String {
    let start = format!("start {}", quoted(&job.name));
    if job.instance.is_empty() {
        return start;
    }
    let instance = quoted(&job.instance);
    format!("{start} NAME={instance}, with the variable of its `instance` stanza for NAME")
}

/// `text` as one word of a shell.
fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./+:@%".contains(c);
    let text = shortened(&harmless(text), LINE_CHARS);
    if text.chars().all(is_plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// How long the run lasted, and what the machine looked like at its end.
fn of_machine(report: &CrashReport) -> impl Iterator<Item = Fact> {
    let ran = report.job.ran_seconds.and_then(|ran| Duration::try_from_secs_f64(ran).ok());
    let load = report.snapshot.load.as_ref();
    let facts = [
        ("Ran", ran.map(duration_in_words)),
        ("Load", load.map(|l| format!("{:.2} {:.2} {:.2}", l.one, l.five, l.fifteen))),
        ("Memory free", report.snapshot.memory.as_ref().map(memory_free)),
        ("Left behind", aftermath::left_behind(report)),
    ];
    facts.into_iter().filter_map(|(label, value)| Some((label, value?)))
}

/// `0.2 GiB of 7.8 GiB`.
fn memory_free(memory: &Memory) -> String {
    let gib = |bytes: u64| bytes as f64 / f64::from(1 << 30);
    format!("{:.1} GiB of {:.1} GiB", gib(memory.available_bytes), gib(memory.total_bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aftermath::Recovery;
    use crate::sinks::samples::{self, alone, gave_up, on, tally};
    use VerdictKind::Crashed;

    /// The facts of `told`, when it is told at once.
    fn of(told: &Redacted) -> Vec<(&'static str, String)> {
        facts(told, told.notice().time)
    }

    fn owned(facts: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
        facts.iter().map(|(label, value)| (*label, (*value).to_owned())).collect()
    }

    #[test]
    fn each_kind_has_its_facts() {
        let counts = tally(&[(Crashed, Some("exit status 1"), 13), (Crashed, Some("SIGSEGV"), 1)]);
        for (subject, expected) in [
            (
                samples::repeats(counts.clone()),
                &[
                    ("Host", "web-1"),
                    ("Job", "nginx (eu-1)"),
                    ("Time", "2026-11-21 03:45:10 UTC"),
                    ("Causes", "13 × exit status 1, 1 × SIGSEGV"),
                    ("In all", "31 crashes since its trouble began"),
                    ("Report", "dropped from the spool; nothing more is known"),
                ][..],
            ),
            (
                samples::recovered(counts.clone()),
                &[
                    ("Host", "web-1"),
                    ("Job", "nginx (eu-1)"),
                    ("Causes", "13 × exit status 1, 1 × SIGSEGV"),
                    ("First", "2026-11-21 03:42:17 UTC"),
                    ("Last", "2026-11-21 03:45:10 UTC"),
                    ("Report", "dropped from the spool; nothing more is known"),
                ],
            ),
            (
                samples::digest(vec![counts], 36, 398),
                &[
                    ("Host", "web-1"),
                    ("Jobs", "37"),
                    ("In all", "412 crashes"),
                    ("First", "2026-11-21 03:43:10 UTC"),
                    ("Last", "2026-11-21 03:45:10 UTC"),
                ],
            ),
            (
                samples::sink_failed("404 no_service", 12),
                &[
                    ("Host", "web-1"),
                    ("Sink", "slack.ops"),
                    ("Why", "404 no_service"),
                    ("Since", "2026-11-21 03:40:00 UTC"),
                    ("Waiting", "12 messages"),
                    ("Next", "mend the config or the secret; see upstart-crash list"),
                ],
            ),
        ] {
            assert_eq!(of(&alone(&on(subject))), owned(expected));
        }
    }

    #[test]
    fn repeats_come_with_the_facts_of_the_last_one() {
        let report = samples::report();
        let repeats = on(samples::repeats(tally(&[(Crashed, Some("SIGSEGV"), 14)])));
        let labels: Vec<_> = of(&samples::redacted(&repeats, Some(&report)))
            .into_iter()
            .map(|(label, _)| label)
            .collect();
        let expected = ["Host", "Job", "Verdict", "Time", "In all", "Ran", "Load", "Memory free"];
        assert_eq!(labels[..8], expected);
    }

    #[test]
    fn a_crash_of_several_comes_with_their_sum() {
        let [crash, gave_up, ..] = samples::notices();
        let sum = ("Since told last", "2 crashes (1 × SIGSEGV, 1 × exit status 1)".to_owned());
        assert!(of(&alone(&crash)).contains(&sum));
        assert!(!of(&alone(&gave_up)).iter().any(|(label, _)| *label == sum.0));
    }

    #[test]
    fn without_its_report_a_crash_is_told_as_far_as_it_is_known() {
        let expected = [
            ("Host", "web-1"),
            ("Job", "nginx (eu-1)"),
            ("Verdict", "crashed: SIGSEGV"),
            ("Time", "2026-11-21 03:42:17 UTC"),
            ("Report", "dropped from the spool; nothing more is known"),
        ];
        assert_eq!(of(&alone(&Notice::of(&samples::report()))), owned(&expected));
    }

    #[test]
    fn what_stays_down_comes_with_the_command_that_starts_it() {
        for (name, instance, command) in [
            ("api", "", "start api"),
            (
                "worker",
                "eu-1",
                "start worker NAME=eu-1, with the variable of its `instance` stanza for NAME",
            ),
            ("it's; reboot", "", r"start 'it'\''s; reboot'"),
            ("a\n$(reboot)", "", "start 'a\u{fffd}$(reboot)'"),
        ] {
            let mut report = gave_up();
            report.job.name = name.to_owned();
            report.job.instance = instance.to_owned();
            let told = samples::redacted(&Notice::of(&report), Some(&report));
            let next = of(&told).into_iter().find(|(label, _)| *label == "Next");
            assert_eq!(next, Some(("Next", command.to_owned())));
        }
        let with = |kind| {
            let mut report = gave_up();
            let recovery = Recovery { kind, after_seconds: 0.4, known_by: String::new() };
            report.aftermath.as_mut().unwrap().recovery = Some(recovery);
            report
        };
        for (report, is_told) in [
            (with(RecoveryKind::Respawned), false),
            (with(RecoveryKind::CrashedAgain), true),
            (samples::report(), false),
        ] {
            let told = samples::redacted(&Notice::of(&report), Some(&report));
            assert_eq!(of(&told).iter().any(|(label, _)| *label == "Next"), is_told);
        }
    }

    #[test]
    fn what_is_told_late_says_so() {
        let told = alone(&on(samples::sink_failed("gone", 0)));
        for (seconds, words) in [
            (-9, None),
            (300, None),
            (301, Some("told 5 min after it happened")),
            (21_600, Some("told 6 h after it happened")),
        ] {
            let micros = told.notice().time.micros() + seconds * 1_000_000;
            let facts = facts(&told, Timestamp::from_micros(micros));
            let delayed = facts.iter().find(|(label, _)| *label == "Delayed");
            assert_eq!(delayed.map(|(_, value)| value.as_str()), words, "{seconds}");
        }
    }
}
