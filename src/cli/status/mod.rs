//! `upstart-crash status`.

mod facts;

use std::io::Write;

use clap::Args;

use super::CliError;
use super::look::Look;
use super::page::Page;
use super::text::{size, time};
use crate::host_supervisors::in_words;
use crate::message::counted;
use crate::paths::Places;
use crate::spool::Spool;
use crate::sys;
use facts::{Facts, SinkFacts};

/// Show whether the monitor works: the last crashes, what waits, what is wrong
///
/// Something waits for a person where a sink is parked, something was given up, the config is
/// broken, or something could not be sent for an hour.
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    upstart-crash status\n  \
    upstart-crash status --json\n  \
    upstart-crash status >/dev/null || echo 'look after the monitor'\n\n\
    Exit status: 0 all is well, 1 something waits for a person, or cannot be read.")]
pub(super) struct Status {
    /// Print it as one line of JSON: docs/command.md names the keys
    #[arg(long)]
    json: bool,
}

impl Status {
    pub(super) fn run(
        self,
        places: Places,
        spool: &Spool,
        out: &mut dyn Write,
    ) -> Result<(), CliError> {
        let facts = Facts::gather(places, spool, sys::now())?;
        if self.json {
            writeln!(out, "{}", serde_json::to_string(&facts).unwrap_or_default())?;
        } else {
            print(&facts, &mut Page::new(out, Look::of_stdout(), 11))?;
        }
        out.flush()?;
        match facts.attention.len() {
            0 => Ok(()),
            count => Err(CliError::Attention(count)),
        }
    }
}

fn print(facts: &Facts, page: &mut Page<'_>) -> Result<(), CliError> {
    match facts.attention.as_slice() {
        [] => page.fact("State", "all is well")?,
        some => {
            page.fact("State", "this waits for a person:")?;
            some.iter().try_for_each(|what| page.item(what))?;
        }
    }
    page.fact("Services", &format!("of {}", in_words(&facts.supervisors)))?;
    match &facts.last_crash {
        None => page.fact("Last crash", "none has been reported")?,
        Some(last) => {
            let (when, summary, id) = (time(last.time), &last.summary, last.id.short());
            page.fact("Last crash", &format!("{when}: {summary} ({id})"))?;
        }
    }
    let (day, week) = (facts.crashes_in_24_hours, facts.crashes_in_7_days);
    page.fact("Crashes", &format!("{day} in 24 h, {week} in 7 d"))?;
    for job in &facts.jobs {
        let (day, week) = (job.crashes_in_24_hours, job.crashes_in_7_days);
        let open = job.in_trouble_since.map(|since| format!("; in trouble since {}", time(since)));
        let open = open.unwrap_or_default();
        page.item(&format!("{}: {day} in 24 h, {week} in 7 d{open}", job.job))?;
    }
    page.fact("New", &format!("{} that the notifier has not taken yet", facts.new))?;
    for sink in &facts.sinks {
        page.fact("Sink", &of_sink(sink))?;
    }
    for silence in &facts.silences {
        let (glob, until, by) = (&silence.glob, time(silence.until), &silence.by);
        page.fact("Silence", &format!("{glob} until {until} by {by}: {}", silence.why))?;
    }
    page.fact(
        "Notifier",
        &match (facts.notifier_pid, facts.notifier_since) {
            (Some(pid), Some(since)) => {
                format!("at work since {}, process {pid}", time(since))
            }
            (Some(pid), None) => format!("at work, process {pid}"),
            (None, _) => "not at work: each crash starts it, and upstart-crash deliver".to_owned(),
        },
    )?;
    let (files, bytes) = (facts.spool_files, size(facts.spool_bytes));
    let most = facts.max_files.zip(facts.max_bytes);
    let most = most.map(|(files, bytes)| format!("; at most {files} and {}", size(bytes)));
    page.fact(
        "Spool",
        &format!("{}, {bytes}{}", counted(files as u64, "file", "files"), most.unwrap_or_default()),
    )?;
    if facts.emergency_reports > 0 {
        let what = "in the emergency spool: the spool took nothing";
        page.fact("Emergency", &format!("{} {what}", facts.emergency_reports))?;
    }
    page.fact(
        "Config",
        match facts.config_problems.len() {
            0 => "in order",
            _ => "broken",
        },
    )
}

fn of_sink(sink: &SinkFacts) -> String {
    let mut words = vec![match sink.waiting {
        0 => format!("{}: nothing waits", sink.name),
        count => format!("{}: {count} waiting", sink.name),
    }];
    words.extend(sink.oldest_queued_at.map(|since| format!("the oldest since {}", time(since))));
    words.extend(sink.next_attempt_at.map(|next| format!("next try at {}", time(next))));
    words.extend((sink.dead > 0).then(|| format!("{} given up", sink.dead)));
    words.extend(sink.parked_since.map(|since| format!("parked since {}", time(since))));
    words.extend((!sink.in_config).then(|| "in no config".to_owned()));
    words.join(", ")
}
