//! What is looked for first, each fact with its label.

use std::time::Duration;

use super::tally::{Ends, causes};
use super::text::{harmless, shortened};
use super::title::{all_of, ends_of, in_words as cause_in_words, shown_job, totals};
use super::words::{bytes, counted, moment, span};
use super::{HOST_CHARS, LINE_CHARS, aftermath};
use crate::aftermath::RecoveryKind;
use crate::job_settings::OWN_LABELS;
use crate::notice::{JobName, Notice, Subject, Tally};
use crate::redaction::Redacted;
use crate::report::{CrashReport, duration_in_words};
use crate::snapshot::Memory;
use crate::supervisor::Supervisor;
use crate::time::Timestamp;
use crate::verdict::{VerdictKind, in_words};
use crate::zone::Zone;

/// A label and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What it is on.
    pub label: &'static str,
    /// What it says.
    pub value: String,
    /// The moment that the value names: some services show it by the reader's own clock, too.
    pub time: Option<Timestamp>,
}

impl Fact {
    fn new(label: &'static str, value: impl Into<String>) -> Self {
        Self { label, value: value.into(), time: None }
    }

    /// A moment, by the clocks of UTC and of a host in `zone`.
    fn at(label: &'static str, time: Timestamp, zone: &Zone) -> Self {
        Self { label, value: moment(time, zone), time: Some(time) }
    }
}

/// What is told later than this was delayed.
const DELAY: Duration = Duration::from_secs(300);

/// The facts of `told`, which is told at `now` by a host in `zone`.
pub(super) fn facts(told: &Redacted, now: Timestamp, zone: &Zone) -> Vec<Fact> {
    let Notice { id: _, time, severity: _, host, subject } = told.notice();
    let mut facts = vec![Fact::new("Host", shortened(&harmless(host), HOST_CHARS))];
    match subject {
        Subject::Crash { job, .. }
        | Subject::Repeats { job, .. }
        | Subject::Recovered { job, .. } => facts.push(Fact::new("Job", shown_job(job))),
        Subject::Digest { .. } | Subject::SinkFailed { .. } | Subject::Test { .. } => {}
    }
    let report = told.report().filter(|_| shows_report(subject));
    match (report, subject) {
        (Some(report), _) => {
            let verdict = in_words(report.init.kind, report.verdict.kind, &report.exit);
            facts.push(Fact::new("Verdict", harmless(&verdict)));
            facts.push(Fact::at("Time", report.time, zone));
        }
        (None, Subject::Crash { job, cause, .. }) => {
            facts.push(Fact::new("Verdict", cause_in_words(job, cause)));
            facts.push(Fact::at("Time", *time, zone));
        }
        (None, _) => {}
    }
    facts.extend(delayed(*time, now));
    facts.extend(of_subject(told, zone));
    if told.report().is_none() && told.notice().report().is_some() {
        facts.push(Fact::new("Report", "dropped from the spool; nothing more is known"));
    }
    facts.extend(report.into_iter().flat_map(of_run));
    // Some chats refuse a whole message for a value that is empty.
    facts.retain(|fact| !fact.value.trim().is_empty());
    facts
}

/// Whether the report is told too, and not only its id.
pub(super) fn shows_report(subject: &Subject) -> bool {
    matches!(subject, Subject::Crash { .. } | Subject::Repeats { .. })
}

fn delayed(time: Timestamp, now: Timestamp) -> Option<Fact> {
    let delay = now.since(time);
    (delay > DELAY).then(|| Fact::new("Delayed", format!("told {} after it happened", span(delay))))
}

fn of_subject(told: &Redacted, zone: &Zone) -> Vec<Fact> {
    let subject = &told.notice().subject;
    let ends = ends_of(subject);
    match subject {
        Subject::Crash { job, cause, tally, .. } => {
            let recovery = told.report().and_then(aftermath::recovery);
            let is_back = recovery.is_some_and(|it| it.kind == RecoveryKind::Respawned);
            let down = cause.verdict == VerdictKind::GaveUp && !is_back;
            let next = down.then(|| Fact::new("Next", start_command(job)));
            let others = (tally.total() > 1).then(|| Fact::new("Since told last", all_of(tally)));
            next.into_iter().chain(others).collect()
        }
        Subject::Repeats { tally, until, total, .. } => {
            let all = format!("{} since its trouble began", ends.counted(*total));
            let time = told.report().is_none().then(|| Fact::at("Time", *until, zone));
            let all = Fact::new("In all", all);
            time.into_iter().chain(several(tally, ends)).chain([all]).collect()
        }
        Subject::Recovered { tally, since, until, .. } => {
            several(tally, ends).into_iter().chain(times(*since, *until, zone)).collect()
        }
        Subject::Digest { since, until, jobs, more_jobs, more_crashes } => {
            let (jobs, crashes) = totals(jobs, *more_jobs, *more_crashes);
            let counts =
                [Fact::new("Jobs", jobs.to_string()), Fact::new("In all", ends.counted(crashes))];
            counts.into_iter().chain(times(*since, *until, zone)).collect()
        }
        Subject::SinkFailed { sink, why, since, waiting } => vec![
            Fact::new("Sink", harmless(sink)),
            Fact::new("Why", shortened(&harmless(why), LINE_CHARS)),
            Fact::at("Since", *since, zone),
            Fact::new("Waiting", counted(*waiting, "message", "messages")),
            Fact::new("Next", "mend the config or the secret; see upstart-crash list"),
        ],
        Subject::Test { sink, by } => vec![
            Fact::new("Sink", harmless(sink)),
            Fact::new("Asked by", shortened(&harmless(by), LINE_CHARS)),
            Fact::at("Time", told.notice().time, zone),
            Fact::new("Next", "nothing is to be done"),
        ],
    }
}

/// When the first of several crashes was, and the last.
fn times(first: Timestamp, last: Timestamp, zone: &Zone) -> [Fact; 2] {
    [Fact::at("First", first, zone), Fact::at("Last", last, zone)]
}

/// The causes, where they are more than one: a title may be cut.
fn several(tally: &Tally, ends: Ends) -> Option<Fact> {
    (tally.0.len() > 1).then(|| Fact::new("Causes", causes(tally, ends)))
}

/// The command that starts `job` again.
fn start_command(job: &JobName) -> String {
    let name = |parts: &[&str]| quoted(&parts.concat());
    match (job.supervisor, job.instance.as_str()) {
        (Supervisor::Upstart, _) => upstarts_start_command(job),
        // The start limit holds for everybody until it is reset.
        (Supervisor::Systemd, instance) => {
            let at = if instance.is_empty() { "" } else { "@" };
            let unit = name(&[&job.name, at, instance, ".service"]);
            format!("systemctl reset-failed {unit}; systemctl start {unit}")
        }
        (Supervisor::Runit, _) => format!("sv up {}", name(&[&job.name])),
        (Supervisor::S6, _) => format!("s6-svc -u {}", name(&["/run/service/", &job.name])),
    }
}

/// The same for Upstart. Which variable its instances are named by, only the job's file tells.
fn upstarts_start_command(job: &JobName) -> String {
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

/// How long the run lasted, what is left of it, and whose it was.
fn of_run(report: &CrashReport) -> impl Iterator<Item = Fact> {
    let ran = report.job.ran_seconds.and_then(|ran| Duration::try_from_secs_f64(ran).ok());
    let facts = [
        ("Ran", ran.map(duration_in_words)),
        ("Left behind", aftermath::left_behind(report)),
        ("Core", aftermath::core(report)),
        ("Labels", labels(report)),
    ];
    facts.into_iter().filter_map(|(label, value)| Some(Fact::new(label, value?)))
}

/// The operator's own labels: `team=web, tier=1`.
fn labels(report: &CrashReport) -> Option<String> {
    let own = report.labels.iter().filter(|(name, _)| !OWN_LABELS.contains(&name.as_str()));
    let labels: Vec<_> = own.map(|(name, value)| format!("{name}={value}")).collect();
    (!labels.is_empty()).then(|| shortened(&harmless(&labels.join(", ")), LINE_CHARS))
}

/// The machine in figures, whether these are ordinary or not.
pub(super) fn machine(report: &CrashReport) -> Vec<Fact> {
    let load = report.snapshot.load.as_ref();
    let facts = [
        ("Load", load.map(|l| format!("{:.2} {:.2} {:.2}", l.one, l.five, l.fifteen))),
        ("Memory free", report.snapshot.memory.as_ref().map(memory_free)),
    ];
    facts.into_iter().filter_map(|(label, value)| Some(Fact::new(label, value?))).collect()
}

/// `202 MiB of 7.8 GiB`.
fn memory_free(memory: &Memory) -> String {
    format!("{} of {}", bytes(memory.available_bytes), bytes(memory.total_bytes))
}

#[cfg(test)]
mod tests;
