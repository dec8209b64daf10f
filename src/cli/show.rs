//! `upstart-crash show`.

mod aftermath;

use std::io::Write;
use std::time::Duration;

use clap::Args;

use super::CliError;
use super::find::find;
use super::look::Look;
use super::machine;
use super::page::Page;
use super::text::{size, time};
use crate::report::{CrashReport, Withheld, WithheldBy, duration_in_words};
use crate::spool::{Entry, Owed, Progress, Spool};
use crate::sys;
use crate::verdict::in_words;

/// Show one report: what happened, why we say so, and who has been told
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    upstart-crash show 6c1d8e40\n  \
    upstart-crash show --json 01a1fc32-9a23\n\n\
    Exit status: 0 shown, 1 there is no such report, or more than one may be meant.")]
pub(super) struct Show {
    /// The report's id, as `list` shows it, or the beginning of its long form
    id: String,
    /// Print the report as one line of JSON, as it is stored
    #[arg(long)]
    json: bool,
}

impl Show {
    pub(super) fn run(self, spool: &Spool, out: &mut dyn Write) -> Result<(), CliError> {
        let unknown = || CliError::NoSuchReport(self.id.clone());
        let id = find(spool, &self.id)?;
        let entry = spool.entry(id, sys::now())?.ok_or_else(unknown)?;
        if self.json {
            writeln!(out, "{}", entry.json)?;
            Ok(())
        } else {
            print(&mut Page::new(out, Look::of_stdout(), NAMES), &entry)
        }
    }
}

/// How wide the column of names is, with the space behind it.
const NAMES: usize = 10;

/// First what happened and why, then what it looked like, then who has been told.
fn print(page: &mut Page<'_>, entry: &Entry) -> Result<(), CliError> {
    let report = &entry.report;
    page.title(&report.summary, report.severity)?;
    page.blank()?;
    page.fact("Verdict", &in_words(report.init.kind, report.verdict.kind, &report.exit))?;
    report.verdict.reasons.iter().try_for_each(|reason| page.item(reason))?;
    page.fact("Ended", &time(report.time))?;
    page.fact("Started", &started(report))?;
    page.fact("Id", &format!("{} (short: {})", report.id, report.id.short()))?;
    for link in &report.links {
        page.fact(&heading(&link.text), &link.href)?;
    }
    machine::facts(report).iter().try_for_each(|(name, value)| page.fact(name, value))?;
    log(page, report)?;
    kernel(page, report)?;
    report.aftermath.iter().try_for_each(|aftermath| aftermath::print(page, aftermath))?;
    for gap in &report.incomplete {
        page.fact("Missing", &format!("{}: {}", gap.part, gap.reason))?;
    }
    delivery(page, entry)
}

fn log(page: &mut Page<'_>, report: &CrashReport) -> Result<(), CliError> {
    let Some(log) = &report.log else { return Ok(()) };
    let (path, lines, wrote) = (&log.path, log.lines.len(), size(log.bytes));
    let shown = if log.truncated { "the last" } else { "all" };
    let whose = if log.this_run_only { "that this run wrote" } else { "of this run or earlier" };
    page.fact("Log", &format!("{path}: {shown} {lines} lines of {wrote} {whose}"))?;
    log.lines.iter().try_for_each(|line| page.quote(line))
}

fn kernel(page: &mut Page<'_>, report: &CrashReport) -> Result<(), CliError> {
    let of_this_end: Vec<_> = report.kernel.iter().flat_map(|kernel| &kernel.lines).collect();
    for (lines, what) in [
        (of_this_end, "what its log says of this end, by seconds since the boot"),
        (machine::other_kernel_lines(report), "what else it wrote in the minute before"),
    ] {
        if !lines.is_empty() {
            page.fact("Kernel", what)?;
        }
        lines.into_iter().try_for_each(|line| match line.seconds {
            Some(seconds) => page.quote(&format!("{seconds:.6} {}", line.text)),
            None => page.quote(&line.text),
        })?;
    }
    Ok(())
}

fn delivery(page: &mut Page<'_>, entry: &Entry) -> Result<(), CliError> {
    if entry.progress == Progress::New {
        return page.fact("Delivery", "not begun: `upstart-crash deliver` begins it");
    }
    if let Some(withheld) = &entry.report.withheld {
        return page.fact("Delivery", &kept_back(withheld));
    }
    for owed in &entry.owed {
        page.fact("Delivery", &format!("{}: {}", owed.sink, waiting(owed)))?;
    }
    for sink in &entry.folded {
        let later = "is told of it together with the next crashes of this job";
        page.fact("Delivery", &format!("{sink}: {later}"))?;
    }
    for (sink, record) in &entry.dead {
        let why = record.given_up.as_deref().or(record.last_error.as_deref());
        let why = why.unwrap_or("for a reason that could not be written down");
        page.fact("Delivery", &format!("{sink}: given up: {why}"))?;
    }
    let unsettled = entry.owed.len() + entry.folded.len() + entry.dead.len();
    let rest = if unsettled == 0 { "every sink has it" } else { "every other sink has it" };
    page.fact("Delivery", rest)
}

/// Why nobody was told.
fn kept_back(withheld: &Withheld) -> String {
    let Withheld { by, why, until } = withheld;
    let how = match by {
        WithheldBy::Silence => "nobody was told: the job was silenced",
        WithheldBy::Window => "nobody was told: it was in a planned window",
        WithheldBy::Routing => "nobody was told",
    };
    match until {
        Some(until) => format!("{how} until {}: {why}", time(*until)),
        None => format!("{how}: {why}"),
    }
}

/// `text`, beginning with a capital letter.
fn heading(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn started(report: &CrashReport) -> String {
    let Some(started) = report.job.started_at else {
        return "at a time that nobody noted: the job has no pre-start of ours".to_owned();
    };
    let started = time(started);
    match report.job.ran_seconds.and_then(|ran| Duration::try_from_secs_f64(ran).ok()) {
        Some(ran) => format!("{started}, ran {}", duration_in_words(ran)),
        None => format!("{started}, nobody saw how long it ran"),
    }
}

/// How the delivery to a sink that does not have the report yet stands.
fn waiting(owed: &Owed) -> String {
    let mut words = match &owed.parked {
        Some(parked) => format!(
            "waits since {} for its config or secret to change: {}",
            time(parked.since),
            parked.why
        ),
        None => match owed.record.attempts {
            0 => "not tried yet".to_owned(),
            1 => "tried once".to_owned(),
            tries => format!("tried {tries} times"),
        },
    };
    if let Some(next) = owed.record.next_attempt_at {
        words.push_str(&format!(", next at {}", time(next)));
    }
    if let Some(error) = &owed.record.last_error {
        words.push_str(&format!(": {error}"));
    }
    words
}
