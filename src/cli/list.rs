//! `upstart-crash list`.

use std::io::Write;

use clap::Args;

use super::text::{harmless, time};
use super::{CliError, table, warn};
use crate::report::WithheldBy;
use crate::spool::{Entry, Progress, Spool};
use crate::sys;

/// List the reports in the spool, the newest last
///
/// The state says how far a report has come: `new` (the notifier has not taken it yet, or there is
/// no sink), `queued` (with the sinks that do not have it yet), `folded` (with the sinks that are
/// told of it together with the next crashes of its job), `delivered`, `dead` (with the sinks it was
/// given up for), `silenced` (nobody was told, as somebody wished), or `no sink` (none takes such a
/// report). Details: `upstart-crash show ID`.
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
        if self.json {
            return Ok(());
        }
        if rows.is_empty() {
            writeln!(out, "No crash has been reported.")?;
            return Ok(());
        }
        table::print(HEAD, &rows, out)
    }
}

/// The columns of the table.
const HEAD: [&str; 5] = ["TIME", "ID", "VERDICT", "JOB", "STATE"];

fn row(entry: &Entry) -> [String; HEAD.len()] {
    let report = &entry.report;
    [
        time(report.time),
        report.id.short().to_string(),
        report.verdict.kind.word().to_owned(),
        harmless(&report.job.title()),
        state(entry),
    ]
}

/// `new`, `silenced`, `delivered`, `queued: slack.ops; folded: slack.web; dead: webhook.audit`.
pub(super) fn state(entry: &Entry) -> String {
    if entry.progress == Progress::New {
        return "new".to_owned();
    }
    if let Some(withheld) = &entry.report.withheld {
        return match withheld.by {
            WithheldBy::Silence | WithheldBy::Window => "silenced".to_owned(),
            WithheldBy::Routing => "no sink".to_owned(),
        };
    }
    let owed: Vec<_> = entry.owed.iter().map(|owed| owed.sink.as_str()).collect();
    let dead: Vec<_> = entry.dead.iter().map(|(sink, _)| sink.as_str()).collect();
    let folded: Vec<_> = entry.folded.iter().map(String::as_str).collect();
    let parts: Vec<_> = [("queued", owed), ("folded", folded), ("dead", dead)]
        .into_iter()
        .filter(|(_, sinks)| !sinks.is_empty())
        .map(|(state, sinks)| format!("{state}: {}", sinks.join(", ")))
        .collect();
    if parts.is_empty() { "delivered".to_owned() } else { harmless(&parts.join("; ")) }
}
