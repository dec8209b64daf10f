//! `upstart-crash list`.

use std::io::Write;

use clap::Args;

use super::text::{harmless, time};
use super::{CliError, warn};
use crate::spool::{Entry, Progress, Spool};
use crate::sys;

/// List the reports in the spool, the newest last
///
/// The state says how far a report has come: `new` (the notifier has not taken it yet, or there is
/// no sink), `queued` (with the sinks that do not have it yet), `delivered`, or `dead` (with the
/// sinks it was given up for). Details: `upstart-crash show ID`.
#[derive(Args)]
pub(super) struct List {
    /// Print each report as one line of JSON, as it is stored
    #[arg(long)]
    json: bool,
}

impl List {
    pub(super) fn run(self, spool: &Spool, out: &mut dyn Write) -> Result<(), CliError> {
        let mut rows = Vec::new();
        for id in spool.ids()? {
            match spool.entry(id, sys::now()) {
                Ok(Some(entry)) if self.json => writeln!(out, "{}", entry.json)?,
                Ok(Some(entry)) => rows.push(row(&entry)),
                Ok(None) => {}
                Err(error) => warn(format_args!("{error}")),
            }
        }
        if !self.json {
            print(&rows, out)?;
        }
        Ok(())
    }
}

/// The columns of the table.
const HEAD: [&str; 5] = ["TIME", "ID", "VERDICT", "JOB", "STATE"];

fn row(entry: &Entry) -> [String; HEAD.len()] {
    let report = &entry.report;
    [
        time(report.time),
        report.id.short().to_string(),
        kind(entry),
        harmless(&report.job.title()),
        state(entry),
    ]
}

/// The verdict in the word that the report has for it.
fn kind(entry: &Entry) -> String {
    let word = serde_json::to_value(entry.report.verdict.kind).unwrap_or_default();
    word.as_str().unwrap_or_default().to_owned()
}

/// `new`, `delivered`, `queued: slack.ops; dead: webhook.audit`.
pub(super) fn state(entry: &Entry) -> String {
    if entry.progress == Progress::New {
        return "new".to_owned();
    }
    let owed: Vec<_> = entry.owed.iter().map(|owed| owed.sink.as_str()).collect();
    let dead: Vec<_> = entry.dead.iter().map(|(sink, _)| sink.as_str()).collect();
    let parts: Vec<_> = [("queued", owed), ("dead", dead)]
        .into_iter()
        .filter(|(_, sinks)| !sinks.is_empty())
        .map(|(state, sinks)| format!("{state}: {}", sinks.join(", ")))
        .collect();
    if parts.is_empty() { "delivered".to_owned() } else { harmless(&parts.join("; ")) }
}

/// Prints a table whose columns are as wide as they must be.
fn print(rows: &[[String; HEAD.len()]], out: &mut dyn Write) -> Result<(), CliError> {
    if rows.is_empty() {
        writeln!(out, "No crash has been reported.")?;
        return Ok(());
    }
    let head = HEAD.map(str::to_owned);
    let mut widths = [0; HEAD.len()];
    for row in std::iter::once(&head).chain(rows) {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    for row in std::iter::once(&head).chain(rows) {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        writeln!(out, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}
