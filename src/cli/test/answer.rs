//! What a sink answered, for people and for programs.

use std::io::{self, Write};

use humantime::format_duration;
use serde_json::{Value, json};

use super::trial::Trial;
use crate::cli::text::{harmless, time};
use crate::sinks::{NamedSink, Outcome, Wait};
use crate::spool::{Parked, Spool};

/// The version of the JSON.
const VERSION: u32 = 1;

/// What became of the test of one sink.
pub(super) struct Answer<'a> {
    sink: &'a str,
    trial: Trial,
    /// That it is parked, and whether it stays so with the config and the secret that it has.
    parked: Option<(Parked, bool)>,
}

impl<'a> Answer<'a> {
    /// What `trial` of `sink` showed, and what `spool` knows of it.
    pub(super) fn of(sink: &'a NamedSink, trial: Trial, spool: &Spool) -> Self {
        let parked = spool.parked(&sink.name).map(|parked| {
            let stays = parked.fingerprint == sink.sink.fingerprint();
            (parked, stays)
        });
        Self { sink: &sink.name, trial, parked }
    }

    /// Whether the sink took one of the forms.
    pub(super) fn is_delivered(&self) -> bool {
        matches!(self.trial.outcome, Outcome::Delivered { .. })
    }

    /// Prints it: a line, and below that what follows, as far as it is not as it should be.
    pub(super) fn print(&self, width: usize, out: &mut dyn Write) -> io::Result<()> {
        let seconds = self.trial.took.as_secs_f64();
        let said = match &self.trial.outcome {
            Outcome::Delivered { answer } => format!("delivered in {seconds:.1} s ({answer})"),
            Outcome::Retry { why, .. }
            | Outcome::Refused { why }
            | Outcome::Parked { why }
            | Outcome::Rejected { why } => format!("not delivered, after {seconds:.1} s: {why}"),
        };
        writeln!(out, "{:width$}  {}", self.sink, harmless(&said))?;
        for note in self.notes() {
            writeln!(out, "{:width$}  {}", "", harmless(&note))?;
        }
        Ok(())
    }

    /// What follows from it, a line each.
    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some(why) = &self.trial.full_refused {
            notes.push(format!("That was the plain form. It refused the full one: {why}"));
        }
        notes.extend(match &self.trial.outcome {
            Outcome::Delivered { .. } => None,
            Outcome::Retry { wait, .. } => Some(tried_again(*wait)),
            Outcome::Parked { .. } => Some(
                "A crash would park it: it is sent nothing until its config or secret changes."
                    .to_owned(),
            ),
            Outcome::Refused { .. } | Outcome::Rejected { .. } => {
                Some("A crash would be given up for it.".to_owned())
            }
        });
        notes.extend(self.parked.as_ref().map(|(parked, stays)| {
            let since = time(parked.since);
            if *stays {
                format!(
                    "It is parked since {since}, and no test sets it free: a change of its config \
                     or secret does."
                )
            } else {
                format!(
                    "It is parked since {since}. Its config or secret has changed: `upstart-crash \
                     deliver` sets it free."
                )
            }
        }));
        notes
    }

    /// The same on one line.
    pub(super) fn json(&self) -> Value {
        let Trial { id, full_refused, outcome, took } = &self.trial;
        let (word, answer, why, wait) = match outcome {
            Outcome::Delivered { answer } => ("delivered", Some(answer), None, None),
            Outcome::Retry { why, wait } => ("retry", None, Some(why), Some(*wait)),
            Outcome::Refused { why } => ("refused", None, Some(why), None),
            Outcome::Parked { why } => ("parked", None, Some(why), None),
            Outcome::Rejected { why } => ("rejected", None, Some(why), None),
        };
        let wait = wait.and_then(|wait| match wait {
            Wait::BackOff => None,
            Wait::For(wait) | Wait::Doubling(wait) => Some(wait.as_secs_f64()),
        });
        json!({
            "version": VERSION,
            "sink": self.sink,
            "id": id,
            "outcome": word,
            "form": if full_refused.is_some() { "minimal" } else { "full" },
            "seconds": took.as_millis() as f64 / 1000.0,
            "answer": answer,
            "why": why,
            "wait_seconds": wait,
            "full_refused": full_refused,
            "parked": self.parked.as_ref().map(|(parked, stays)| json!({
                "since": parked.since,
                "why": parked.why,
                "stays": stays,
            })),
        })
    }
}

/// When a crash would be tried again that met with this.
fn tried_again(wait: Wait) -> String {
    match wait {
        Wait::BackOff => "A crash would be tried again within 1, 2, 4, ... 300 s.".to_owned(),
        Wait::For(wait) => format!("A crash would be tried again after {}.", format_duration(wait)),
        Wait::Doubling(first) => format!(
            "A crash would be tried again after {}, then twice as long each time.",
            format_duration(first)
        ),
    }
}
