//! `upstart-crash queue`.

use std::io::Write;

use anstyle::{AnsiColor, Style};
use clap::Args;
use serde::Serialize;

use super::CliError;
use super::look::Look;
use super::table::Table;
use super::text::{cell, time};
use crate::id::ReportId;
use crate::notice::{JobName, Notice};
use crate::spool::{Parked, Record, Spool, Undelivered};
use crate::sys;
use crate::time::Timestamp;

/// List what each sink does not have yet, one line for each message
///
/// What waits is sent in the order of the list. `NEXT` says when: `now`, a time, `parked` (the sink
/// takes nothing until its config or secret changes) or `given up`: that is sent only if somebody
/// wants it, with `upstart-crash retry`.
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    upstart-crash queue\n  \
    upstart-crash queue slack.ops email.oncall\n  \
    upstart-crash queue --json\n\n\
    Exit status: 0, also where nothing waits.")]
pub(super) struct Queue {
    /// Only of these sinks, by their names in the config: KIND.NAME
    sink: Vec<String>,
    /// Print each message as one line of JSON: docs/command.md names the keys
    #[arg(long)]
    json: bool,
}

/// A message that a sink does not have: the JSON of `queue --json`.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Waiting {
    sink: String,
    id: ReportId,
    /// `crash`, `repeats`, `recovered`, `digest`, `sink_failed`, `test`.
    kind: &'static str,
    /// The job, as Upstart writes it; null where it is of none, or of many.
    job: Option<String>,
    report: Option<ReportId>,
    state: State,
    queued_at: Timestamp,
    attempts: u32,
    tried_at: Option<Timestamp>,
    next_attempt_at: Option<Timestamp>,
    last_error: Option<String>,
    given_up: Option<String>,
    parked_since: Option<Timestamp>,
    parked_why: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Due,
    Waiting,
    Parked,
    Dead,
}

impl Queue {
    pub(super) fn run(self, spool: &Spool, out: &mut dyn Write) -> Result<(), CliError> {
        let now = sys::now();
        let is_wanted = |sink: &String| self.sink.is_empty() || self.sink.contains(sink);
        let known = spool.sinks()?;
        if let Some(unknown) = self.sink.iter().find(|sink| !known.contains(*sink)) {
            return Err(CliError::NoSuchQueue(unknown.clone()));
        }
        let mut waiting = Vec::new();
        for sink in known.into_iter().filter(is_wanted) {
            let parked = spool.parked(&sink);
            for undelivered in spool.undelivered_to(&sink, now)? {
                waiting.push(Waiting::of(spool, &sink, undelivered, parked.as_ref(), now));
            }
        }
        if self.json {
            for message in &waiting {
                writeln!(out, "{}", serde_json::to_string(message).unwrap_or_default())?;
            }
        } else if waiting.is_empty() {
            writeln!(out, "Nothing waits, and nothing was given up.")?;
        } else {
            let rows: Vec<_> = waiting.iter().map(Waiting::row).collect();
            Table::new(HEAD, &[1, 3], Look::of_stdout()).styled(style).print(&rows, out)?;
        }
        Ok(())
    }
}

/// The columns of the table.
const HEAD: [&str; 6] = ["SINK", "ID", "WHAT", "TRIES", "NEXT", "LAST ANSWER"];

fn style(column: usize, text: &str) -> Style {
    match (column, text) {
        (4, "given up" | "parked") => AnsiColor::Red.on_default(),
        _ => Style::new(),
    }
}

impl Waiting {
    fn of(
        spool: &Spool,
        sink: &str,
        undelivered: Undelivered,
        parked: Option<&Parked>,
        now: Timestamp,
    ) -> Self {
        let Undelivered { id, record, is_dead } = undelivered;
        let Record { queued_at, attempts, tried_at, next_attempt_at, .. } = record;
        let is_due = next_attempt_at.is_none_or(|next| next <= now);
        let state = match parked {
            _ if is_dead => State::Dead,
            Some(_) => State::Parked,
            None if is_due => State::Due,
            None => State::Waiting,
        };
        let parked = parked.filter(|_| !is_dead);
        let notice = record.notice.or_else(|| spool.taken_report(id).ok().as_ref().map(Notice::of));
        Self {
            sink: sink.to_owned(),
            id,
            kind: notice.as_ref().map_or("crash", |notice| notice.subject.word()),
            job: notice.as_ref().and_then(|notice| notice.subject.job()).map(JobName::title),
            report: notice.map_or(Some(id), |notice| notice.report()),
            state,
            queued_at,
            attempts,
            tried_at,
            next_attempt_at,
            last_error: record.last_error,
            given_up: record.given_up,
            parked_since: parked.map(|parked| parked.since),
            parked_why: parked.map(|parked| parked.why.clone()),
        }
    }

    fn row(&self) -> [String; HEAD.len()] {
        let next = match (self.state, self.next_attempt_at) {
            (State::Dead, _) => "given up".to_owned(),
            (State::Parked, _) => "parked".to_owned(),
            (State::Waiting, Some(next)) => time(next),
            _ => "now".to_owned(),
        };
        let what = match &self.job {
            Some(job) => format!("{} of {job}", self.kind),
            None => self.kind.to_owned(),
        };
        let said = [&self.parked_why, &self.given_up, &self.last_error].into_iter().flatten();
        [
            cell(&self.sink),
            self.id.short().to_string(),
            cell(&what),
            self.attempts.to_string(),
            next,
            cell(said.map(String::as_str).next().unwrap_or_default()),
        ]
    }
}
