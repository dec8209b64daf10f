//! `upstart-crash list`.

mod filter;
mod follow;
mod state;

use std::collections::BTreeSet;
use std::io::Write;

use anstyle::{AnsiColor, Style};
use clap::Args;

use super::look::Look;
use super::table::Table;
use super::text::{cell, time, time_in_short};
use super::{CliError, warn};
use crate::id::ReportId;
use crate::spool::{Entry, Spool};
use crate::sys;
use filter::{Filter, Wanted};

/// List the reports in the spool, the newest last
///
/// The state says how far a report has come: `new` (the notifier has not taken it yet, or there is
/// no sink), `queued` (with the sinks that do not have it yet), `folded` (with the sinks that are
/// told of it together with the next crashes of its job), `delivered`, `dead` (with the sinks it was
/// given up for), `silenced` (nobody was told, as somebody wished), or `no sink` (none takes such a
/// report). Details: `upstart-crash show ID`.
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    upstart-crash list --since 1d\n  \
    upstart-crash list --job 'shop*' --job '!shop-canary' --verdict gave_up,crashed\n  \
    upstart-crash list --job 'shop (eu-*)' --since '2026-11-21 03:00' --until '2026-11-21 04:00'\n  \
    upstart-crash list --state dead,queued\n  \
    upstart-crash list --follow --last 0 --json\n\n\
    Times are in UTC, as the list shows them. Exit status: 0, also where there is nothing to list.")]
pub(super) struct List {
    #[command(flatten)]
    wanted: Wanted,
    /// List only the newest N of them
    #[arg(short = 'n', long, value_name = "N")]
    last: Option<usize>,
    /// Go on, and list each new report as it comes; Ctrl-C ends it
    #[arg(short, long)]
    follow: bool,
    /// Print each report as one line of JSON, as it is stored
    #[arg(long)]
    json: bool,
}

impl List {
    pub(super) fn run(self, spool: &Spool, out: &mut dyn Write) -> Result<(), CliError> {
        let filter = Filter::new(self.wanted, sys::now());
        let mut printer = Printer::new(self.json);
        if self.follow {
            return follow::follow(spool, &filter, self.last, &mut printer, out);
        }
        let ids = spool.ids()?;
        let found = print(spool, &ids, &filter, self.last, &mut printer, out)?;
        match (found, ids.len()) {
            _ if self.json => {}
            (true, _) => {}
            (false, 0) => writeln!(out, "No crash has been reported.")?,
            (false, 1) => writeln!(out, "The only report in the spool is not one of these.")?,
            (false, all) => {
                writeln!(out, "None of the {all} reports in the spool is one of these.")?
            }
        }
        Ok(())
    }
}

/// Prints what `filter` takes of the reports `ids`, only the `last` of it where that is given. Tells
/// whether there was any.
fn print(
    spool: &Spool,
    ids: &BTreeSet<ReportId>,
    filter: &Filter,
    last: Option<usize>,
    printer: &mut Printer,
    out: &mut dyn Write,
) -> Result<bool, CliError> {
    let in_time = ids.iter().filter(|id| filter.takes_time_of(**id));
    match last {
        // A page may be long, but what waits to be printed in one piece is not.
        None => {
            let mut entries = in_time.filter_map(|id| read(spool, *id, filter));
            loop {
                let some: Vec<_> = entries.by_ref().take(AT_ONCE).collect();
                if some.is_empty() {
                    return Ok(printer.has_printed);
                }
                printer.print(&some, out)?;
            }
        }
        // From the newest on, so that the older ones are not read.
        Some(last) => {
            let newest = in_time.rev().filter_map(|id| read(spool, *id, filter));
            let mut entries: Vec<_> = newest.take(last).collect();
            entries.reverse();
            printer.print(&entries, out)?;
            Ok(printer.has_printed)
        }
    }
}

/// How many reports are held in memory at a time. The columns of a table are as wide as these need.
const AT_ONCE: usize = 1000;

/// The report `id`, where `filter` takes it. What is wrong with it is said.
fn read(spool: &Spool, id: ReportId, filter: &Filter) -> Option<Entry> {
    match spool.entry(id, sys::now()) {
        Ok(entry) => entry.filter(|entry| filter.takes(entry)),
        Err(error) => {
            warn(format_args!("{error}"));
            None
        }
    }
}

/// The columns of the table.
const HEAD: [&str; 5] = ["TIME", "ID", "VERDICT", "JOB", "STATE"];

/// On a terminal that is narrower than this, times are short.
const ROOM_FOR_TIMES: usize = 72;

/// Where reports are printed, one after the other.
struct Printer {
    /// `None` where each is a line of JSON.
    table: Option<Table<{ HEAD.len() }>>,
    short_times: bool,
    has_printed: bool,
}

impl Printer {
    fn new(json: bool) -> Self {
        let look = Look::of_stdout();
        let table = (!json).then(|| Table::new(HEAD, &[0, 1], look).styled(style));
        let short_times = look.width.is_some_and(|width| width < ROOM_FOR_TIMES);
        Self { table, short_times, has_printed: false }
    }

    fn print(&mut self, entries: &[Entry], out: &mut dyn Write) -> Result<(), CliError> {
        if entries.is_empty() {
            return Ok(());
        }
        self.has_printed = true;
        let rows = || entries.iter().map(|entry| row(entry, self.short_times)).collect::<Vec<_>>();
        match self.table.as_mut() {
            Some(table) => table.print(&rows(), out),
            None => entries.iter().try_for_each(|entry| Ok(writeln!(out, "{}", entry.json)?)),
        }
    }
}

fn row(entry: &Entry, short_times: bool) -> [String; HEAD.len()] {
    let report = &entry.report;
    [
        if short_times { time_in_short(report.time) } else { time(report.time) },
        report.id.short().to_string(),
        report.verdict.kind.word().to_owned(),
        cell(&report.job.title()),
        cell(&state::in_words(entry)),
    ]
}

/// Red is what stays down, and what a sink will never have; yellow what may have been a crash.
fn style(column: usize, text: &str) -> Style {
    let colour = match (column, text) {
        (2, "gave_up" | "start_failed") => AnsiColor::Red,
        (2, "unseen" | "unclear") => AnsiColor::Yellow,
        (4, text) if text.contains("dead: ") => AnsiColor::Red,
        _ => return Style::new(),
    };
    colour.on_default()
}
