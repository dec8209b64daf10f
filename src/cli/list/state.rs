//! How far a report has come, in a word.

use clap::ValueEnum;

use crate::report::WithheldBy;
use crate::spool::{Entry, Progress};

/// How far a report has come; with the one sink it may have come farther than with another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum State {
    /// The notifier has not taken it yet, or there is no sink
    New,
    /// A sink does not have it yet
    Queued,
    /// A sink is told of it together with the next crashes of its job
    Folded,
    /// Every sink has it
    Delivered,
    /// It was given up for a sink
    Dead,
    /// Nobody was told, as somebody wished
    Silenced,
    /// No sink takes such a report
    NoSink,
}

/// The states of a report, each with the sinks that it holds for; none where it holds for all.
fn states(entry: &Entry) -> Vec<(State, Vec<&str>)> {
    if entry.progress == Progress::New {
        return vec![(State::New, Vec::new())];
    }
    if let Some(withheld) = &entry.report.withheld {
        let state = match withheld.by {
            WithheldBy::Silence | WithheldBy::Window => State::Silenced,
            WithheldBy::Routing => State::NoSink,
        };
        return vec![(state, Vec::new())];
    }
    let mut states = vec![
        (State::Queued, entry.owed.iter().map(|owed| owed.sink.as_str()).collect::<Vec<_>>()),
        (State::Folded, entry.folded.iter().map(String::as_str).collect()),
        (State::Dead, entry.dead.iter().map(|(sink, _)| sink.as_str()).collect()),
    ];
    states.retain(|(_, sinks)| !sinks.is_empty());
    if states.is_empty() { vec![(State::Delivered, Vec::new())] } else { states }
}

impl State {
    /// Whether `entry` is in this state, with any sink.
    pub(super) fn is_of(self, entry: &Entry) -> bool {
        states(entry).iter().any(|(state, _)| *state == self)
    }

    fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Queued => "queued",
            Self::Folded => "folded",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
            Self::Silenced => "silenced",
            Self::NoSink => "no sink",
        }
    }
}

/// `new`, `silenced`, `delivered`, `queued: slack.ops; folded: slack.web; dead: webhook.audit`.
pub(super) fn in_words(entry: &Entry) -> String {
    let in_words = |(state, sinks): &(State, Vec<&str>)| match sinks.as_slice() {
        [] => state.word().to_owned(),
        sinks => format!("{}: {}", state.word(), sinks.join(", ")),
    };
    states(entry).iter().map(in_words).collect::<Vec<_>>().join("; ")
}
