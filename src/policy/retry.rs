//! When a report is tried, tried again, given up. Pure: time and chance are arguments.

use std::time::Duration;

use crate::sinks::{Fidelity, Outcome, Wait};
use crate::spool::Record;
use crate::time::Timestamp;

/// The longest wait between two tries where the service names none.
const LONGEST_BACK_OFF: Duration = Duration::from_secs(300);

/// The longest wait there is, whatever a service asks for.
const LONGEST: Duration = Duration::from_secs(3600);

/// A service that asks for less than this is not tried sooner than the back-off allows.
const SHORTEST_ASKED: Duration = Duration::from_secs(1);

/// How long a notifier tries a sink before it gives anything up, however old that is: after a
/// night without power the network may need a moment.
const PATIENCE: Duration = Duration::from_secs(600);

/// What the policy cannot know by itself.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances {
    /// The time of day after the try.
    pub now: Timestamp,
    /// A random number from 0 to 1.
    pub chance: f64,
    /// For how long every try of this notifier at this sink has failed.
    pub failing_for: Duration,
    /// For how long the operator wants a report to be tried.
    pub retry_for: Duration,
}

/// What follows from a try.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// What becomes of the report.
    pub fate: Fate,
    /// For how long the whole sink is left alone.
    pub pause: Duration,
}

/// What becomes of a report at one sink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// The sink has it.
    Delivered,
    /// It is still owed, as the record now says.
    Owed(Record),
    /// It is given up, for the reason in the record.
    GivenUp(Record),
    /// It is still owed, but the sink is sent nothing until its config changes.
    Parked {
        /// What the service said.
        why: String,
    },
}

/// What follows from `outcome`, which the try of the report with `record` had.
///
/// - Delivered: done.
/// - Retry: again after the wait that the outcome names; given up when the operator's time is over.
/// - Refused: at once in the minimal form; refused in that form too, given up.
/// - Rejected: given up.
/// - Parked: owed until the config changes.
pub fn decide(outcome: Outcome, record: &Record, circumstances: &Circumstances) -> Decision {
    let Circumstances { now, chance, failing_for, retry_for } = *circumstances;
    let tried = |why: &str| Record {
        // A clock that was set back behind the beginning starts the count anew.
        queued_at: record.queued_at.min(now),
        attempts: record.attempts.saturating_add(1),
        tried_at: Some(now),
        next_attempt_at: None,
        last_error: Some(why.to_owned()),
        ..record.clone()
    };
    let at_once = |fate| Decision { fate, pause: Duration::ZERO };
    match outcome {
        Outcome::Delivered { .. } => at_once(Fate::Delivered),
        Outcome::Parked { why } => at_once(Fate::Parked { why }),
        Outcome::Rejected { why } => at_once(Fate::GivenUp(given_up(tried(&why), &why))),
        Outcome::Refused { why } => at_once(match record.fidelity {
            Fidelity::Full => Fate::Owed(Record { fidelity: Fidelity::Minimal, ..tried(&why) }),
            Fidelity::Minimal => Fate::GivenUp(given_up(tried(&why), &why)),
        }),
        Outcome::Retry { why, wait } => {
            let mut record = tried(&why);
            let pause = pause(record.attempts, wait, chance);
            let over =
                now.since(record.queued_at) >= retry_for && failing_for >= PATIENCE.min(retry_for);
            let fate = if over {
                let tries = record.attempts;
                Fate::GivenUp(given_up(record, &format!("no time left after {tries} tries: {why}")))
            } else {
                record.next_attempt_at = Some(later(now, pause));
                Fate::Owed(record)
            };
            Decision { fate, pause }
        }
    }
}

/// How long the report with `record`, which an earlier notifier left, still waits at `now`.
///
/// At a time before its last try the clock was set back, and what the record says of times is
/// worth nothing: then it is due.
pub fn due_in(record: &Record, now: Timestamp) -> Duration {
    match (record.tried_at, record.next_attempt_at) {
        (Some(tried), Some(next)) if tried <= now => next.since(now),
        _ => Duration::ZERO,
    }
}

/// The wait after try number `attempts`, the first being 1: a named one and up to a tenth more, or a
/// random part of 1, 2, 4, ... 300 seconds. At most an hour.
fn pause(attempts: u32, wait: Wait, chance: f64) -> Duration {
    let chance = chance.clamp(0.0, 1.0);
    let times = 1 << attempts.saturating_sub(1).min(16);
    let back_off = || Duration::from_secs(times.into()).min(LONGEST_BACK_OFF).mul_f64(chance);
    let spread = |wait: Duration| wait.min(LONGEST).mul_f64(1.0 + chance / 10.0).min(LONGEST);
    match wait {
        Wait::BackOff => back_off(),
        Wait::For(asked) if asked < SHORTEST_ASKED => spread(asked).max(back_off()),
        Wait::For(asked) => spread(asked),
        Wait::Doubling(first) => spread(first.saturating_mul(times)),
    }
}

fn given_up(record: Record, why: &str) -> Record {
    Record { given_up: Some(why.to_owned()), ..record }
}

fn later(time: Timestamp, wait: Duration) -> Timestamp {
    let micros = i64::try_from(wait.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(time.micros().saturating_add(micros))
}

#[cfg(test)]
mod tests;
