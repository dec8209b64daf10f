//! `upstart-crash retry`.

use std::collections::BTreeSet;
use std::io::Write;

use clap::Args;

use super::CliError;
use super::request::have_done;
use super::text::harmless;
use crate::id::ReportId;
use crate::notice::Notice;
use crate::paths::Places;
use crate::spool::{Again, Request, Spool, Undelivered};
use crate::sys;
use crate::time::Timestamp;

/// Send again, and now: what was given up, what waits for its next try, to a sink that was parked
///
/// What was given up goes back into the queue of its sink, as if it had never been tried; a sink
/// that was parked is set free; what waits is due at once. Then the notifier is started, or the one
/// that is at work is told. Nothing is lost by it, and nothing that a sink has taken is sent twice.
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    upstart-crash retry slack.ops\n  \
    upstart-crash retry 6c1d8e40\n  \
    upstart-crash retry --all\n\n\
    What there is to send, and how it goes: upstart-crash queue\n\
    Exit status: 0 asked for, also where there was nothing to send; 1 no such sink or message.")]
pub(super) struct Retry {
    /// A sink by its name in the config, KIND.NAME, or the id of a message or report
    #[arg(value_name = "SINK|ID", required_unless_present = "all")]
    what: Vec<String>,
    /// Everything, to every sink
    #[arg(long, conflicts_with = "what")]
    all: bool,
}

impl Retry {
    pub(super) fn run(
        self,
        places: Places,
        spool: &Spool,
        out: &mut dyn Write,
    ) -> Result<(), CliError> {
        let now = sys::now();
        let sinks = spool.sinks()?;
        let mut targets = Vec::new();
        if self.all {
            targets.extend(sinks.iter().map(|sink| Again { sink: sink.clone(), notice: None }));
        }
        for what in &self.what {
            if sinks.contains(what) {
                targets.push(Again { sink: what.clone(), notice: None });
                continue;
            }
            let found = meant(spool, &sinks, what, now)?;
            if found.is_empty() {
                return Err(CliError::NoSuchMessage(what.clone()));
            }
            targets.extend(found);
        }
        let mut lines = Vec::new();
        for again in &targets {
            lines.extend(plan(spool, again, now)?);
        }
        if lines.is_empty() {
            writeln!(out, "There is nothing to send.")?;
            return Ok(());
        }
        let done = have_done(places, spool, &Request::Retry(targets), None)?;
        lines.iter().try_for_each(|line| writeln!(out, "{}", harmless(line)))?;
        if !done {
            writeln!(out, "The notifier does it when the try that it is at is over.")?;
        }
        writeln!(out, "How it goes: upstart-crash queue")?;
        Ok(())
    }
}

/// The messages that `wanted` means: by their own id, or by that of the report they tell of.
fn meant(
    spool: &Spool,
    sinks: &BTreeSet<String>,
    wanted: &str,
    now: Timestamp,
) -> Result<Vec<Again>, CliError> {
    let lower = wanted.to_ascii_lowercase();
    // A few digits could be the beginning of any: it is the time.
    let is_long = lower.len() >= 13;
    let is =
        |id: ReportId| id.short().as_str() == lower || is_long && id.text().starts_with(&lower);
    let mut found = Vec::new();
    for sink in sinks {
        for Undelivered { id, record, .. } in spool.undelivered_to(sink, now)? {
            if is(id) || record.notice.as_ref().and_then(Notice::report).is_some_and(is) {
                found.push(Again { sink: sink.clone(), notice: Some(id) });
            }
        }
    }
    Ok(found)
}

/// What comes of it, in a line; `None` where there is nothing to be done.
fn plan(spool: &Spool, again: &Again, now: Timestamp) -> Result<Option<String>, CliError> {
    let mut undelivered = spool.undelivered_to(&again.sink, now)?;
    undelivered.retain(|it| again.notice.is_none_or(|wanted| wanted == it.id));
    let (dead, owed): (Vec<_>, Vec<_>) = undelivered.iter().partition(|it| it.is_dead);
    let parts = [
        spool.parked(&again.sink).map(|_| "the sink is set free".to_owned()),
        (!dead.is_empty()).then(|| format!("{} that had been given up", dead.len())),
        (!owed.is_empty()).then(|| format!("{} that waited", owed.len())),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    Ok((!parts.is_empty()).then(|| format!("{}: sent again: {}", again.sink, parts.join(", "))))
}
