//! One sink's worker: sends what the sink is owed, in order, one at a time.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use super::clock::{Clock, Moment};
use super::meters::Meters;
use crate::id::ReportId;
use crate::metrics;
use crate::notice::Notice;
use crate::policy::{self, Circumstances, Decision, Fate};
use crate::redaction::Redaction;
use crate::report::CrashReport;
use crate::sinks::{Attempt, NamedSink, Outcome};
use crate::spool::{Parked, Record, Say, Spool, SpoolError};
use crate::sys;

/// How long to wait for a disk that refuses.
const DISK_PAUSE: Duration = Duration::from_secs(60);

/// How long to wait where there is nothing to do; a wake-up ends it.
const IDLE: Duration = Duration::from_secs(3600);

/// What a worker works with.
pub(super) struct Worker<'a> {
    /// Where the queue is.
    pub(super) spool: &'a Spool,
    /// Where it goes.
    pub(super) sink: &'a NamedSink,
    /// What does not go there.
    pub(super) redaction: &'a Redaction,
    /// How long a notice is tried.
    pub(super) retry_for: Duration,
    /// The time.
    pub(super) clock: Clock<'a>,
    /// What its tries are counted by.
    pub(super) meters: Option<&'a Meters>,
    /// Where it says what happens.
    pub(super) say: Say<'a>,
}

/// What a worker knows of the sink beyond the queue.
#[derive(Default)]
pub(super) struct Memory {
    /// What was in the queue when it was looked at last, and was not sent since.
    pending: VecDeque<ReportId>,
    /// Until then the sink is left alone. What the records say of times is for the next notifier.
    paused: Option<(Moment, Duration)>,
    /// Since when every try has failed.
    failing_since: Option<Moment>,
    /// The record of the notice that was tried last: a full disk may not have taken it.
    tried: Option<(ReportId, Record)>,
    /// What became of the last notice, where the disk did not take that.
    unsettled: Option<(ReportId, Fate)>,
    /// The sink's fingerprint before the last try: with another one a parked sink is set free, and
    /// the secret may have been mended while the try was under way.
    fingerprint: String,
}

/// What a worker does next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Looks again after this time, or when woken.
    After(Duration),
    /// Nothing more: the sink is parked.
    Leave,
}

impl Worker<'_> {
    /// Works until told to end, or until the sink is parked. A message on `wake` is something new
    /// in the queue, the end of the line is the end of the work.
    pub(super) fn run(self, wake: &Receiver<()>) {
        let mut memory = Memory::default();
        loop {
            let wait = match self.step(&mut memory) {
                Next::After(wait) => wait,
                Next::Leave => return,
            };
            if wake.recv_timeout(wait) == Err(RecvTimeoutError::Disconnected) {
                return;
            }
        }
    }

    /// Does one thing: tries the first notice of the queue, if it is due.
    pub(super) fn step(&self, memory: &mut Memory) -> Next {
        let done = match memory.unsettled.take() {
            Some((id, fate)) => Ok(self.settle(id, fate, memory)),
            None => self.try_next(memory),
        };
        done.unwrap_or_else(|error| {
            (self.say)(format_args!("{}: {error}", self.sink.name));
            Next::After(DISK_PAUSE)
        })
    }

    fn try_next(&self, memory: &mut Memory) -> Result<Next, SpoolError> {
        let now = (self.clock)();
        if let Some((since, pause)) = memory.paused {
            let left = pause.saturating_sub(now.since(since));
            if !left.is_zero() {
                return Ok(Next::After(left));
            }
        }
        let name = self.sink.name.as_str();
        if memory.pending.is_empty() {
            memory.pending = self.spool.owed(name)?.into();
        }
        let Some(id) = memory.pending.front().copied() else { return Ok(Next::After(IDLE)) };
        let record = match memory.tried.take() {
            Some((tried, record)) if tried == id => record,
            _ => {
                let record = self.spool.record(name, id, now.time)?;
                let wait = policy::due_in(&record, now.time);
                if !wait.is_zero() {
                    return Ok(Next::After(wait));
                }
                record
            }
        };
        if record.given_up.is_some() {
            return Ok(self.settle(id, Fate::GivenUp(record), memory));
        }
        memory.fingerprint = self.sink.sink.fingerprint();
        let outcome = self.attempt(id, &record)?;
        let now = (self.clock)();
        memory.failing_since = match outcome {
            Outcome::Retry { .. } => memory.failing_since.or(Some(now)),
            _ => None,
        };
        let decision = policy::decide(
            outcome,
            &record,
            &Circumstances {
                now: now.time,
                chance: chance(),
                failing_for: memory.failing_since.map_or(Duration::ZERO, |since| now.since(since)),
                retry_for: self.retry_for,
            },
        );
        memory.paused = Some((now, decision.pause));
        self.tell(id, &decision);
        if let Some(meters) = self.meters {
            meters.count_try(self.sink, outcome_of(&decision.fate));
        }
        Ok(self.settle(id, decision.fate, memory))
    }

    /// Hands the notice over once. One on a report that has been lost can never be.
    fn attempt(&self, id: ReportId, record: &Record) -> Result<Outcome, SpoolError> {
        let (notice, report) = match (&record.notice, self.report(record, id)?) {
            (Some(notice), report) => (notice.clone(), report.ok()),
            (None, Ok(report)) => (Notice::of(&report), Some(report)),
            (None, Err(why)) => return Ok(Outcome::Rejected { why }),
        };
        Ok(self.sink.sink.deliver(&Attempt {
            notice: &self.redaction.redact_notice(&notice, report.as_ref()),
            fidelity: record.fidelity,
            now: (self.clock)().time,
        }))
    }

    /// The report that goes with the notice, or why there is none.
    fn report(
        &self,
        record: &Record,
        id: ReportId,
    ) -> Result<Result<CrashReport, String>, SpoolError> {
        use std::io::ErrorKind::{InvalidData, NotFound};
        let named = record.notice.as_ref().map_or(Some(id), Notice::report);
        let Some(named) = named else { return Ok(Err("it is on no report".to_owned())) };
        match self.spool.taken_report(named) {
            Ok(report) => Ok(Ok(report)),
            Err(error) if matches!(error.kind(), InvalidData | NotFound) => {
                Ok(Err(error.to_string()))
            }
            Err(error) => Err(error),
        }
    }

    /// Writes down what became of the notice. A disk that refuses is asked again and again, with
    /// nothing sent in between: what was delivered must not be delivered once more.
    fn settle(&self, id: ReportId, fate: Fate, memory: &mut Memory) -> Next {
        let name = self.sink.name.as_str();
        let now = (self.clock)().time;
        let settled = match &fate {
            Fate::Delivered => {
                self.spool.delivered(name, id).and_then(|()| self.spool.forget_failing(name))
            }
            Fate::GivenUp(record) => {
                let why = record.given_up.as_deref().unwrap_or_default();
                let noted = self.spool.note_failing(name, why, now);
                noted.and_then(|()| self.spool.give_up(name, id, record))
            }
            Fate::Parked { why } => {
                let fingerprint = memory.fingerprint.clone();
                let parked = Parked { fingerprint, why: why.clone(), since: now };
                self.spool.park(name, &parked)
            }
            Fate::Owed(record) => {
                memory.tried = Some((id, record.clone()));
                if let Err(error) = self.spool.keep(name, id, record) {
                    (self.say)(format_args!("{name}: {error}; tried again all the same"));
                }
                Ok(())
            }
        };
        if let Err(error) = settled {
            (self.say)(format_args!("{name}: {error}; nothing is sent until it can be"));
            memory.unsettled = Some((id, fate));
            return Next::After(DISK_PAUSE);
        }
        match fate {
            Fate::Parked { .. } => return Next::Leave,
            Fate::Delivered | Fate::GivenUp(_) => memory.pending.retain(|pending| *pending != id),
            Fate::Owed(_) => {}
        }
        Next::After(Duration::ZERO)
    }

    /// One line on what became of a try.
    fn tell(&self, id: ReportId, decision: &Decision) {
        let name = &self.sink.name;
        let because = |record: &Record| record.last_error.clone().unwrap_or_default();
        let seconds = decision.pause.as_secs_f64();
        match &decision.fate {
            Fate::Delivered => (self.say)(format_args!("{name}: delivered {id}")),
            Fate::Owed(record) => (self.say)(format_args!(
                "{name}: {id} is tried again in {seconds:.1} s: {}",
                because(record)
            )),
            Fate::GivenUp(record) => {
                let why = record.given_up.as_deref().unwrap_or_default();
                (self.say)(format_args!("{name}: gave up {id}: {why}"));
            }
            Fate::Parked { why } => (self.say)(format_args!(
                "{name}: is sent nothing more until its config or secret changes: {why}"
            )),
        }
    }
}

/// What a try is counted as that had this end.
fn outcome_of(fate: &Fate) -> metrics::Outcome {
    match fate {
        Fate::Delivered => metrics::Outcome::Delivered,
        Fate::Owed(_) => metrics::Outcome::Retried,
        Fate::GivenUp(_) => metrics::Outcome::GivenUp,
        Fate::Parked { .. } => metrics::Outcome::Parked,
    }
}

/// A random number from 0 to 1.
fn chance() -> f64 {
    f64::from(u32::from_ne_bytes(sys::random_bytes())) / f64::from(u32::MAX)
}
