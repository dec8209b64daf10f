//! One sink's worker: sends what the sink is owed, in order, one at a time.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use crate::id::ReportId;
use crate::notice::Notice;
use crate::policy::{self, Circumstances, Fate};
use crate::redaction::Redaction;
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
    /// How long a report is tried.
    pub(super) retry_for: Duration,
    /// A message is a new report, the end of the line is the end of the work.
    pub(super) wake: Receiver<()>,
    /// Where it says what happens.
    pub(super) say: Say<'a>,
}

/// What a worker knows of the sink beyond the queue.
#[derive(Default)]
struct Memory {
    /// Until then the sink is left alone. By a clock that nobody sets; what the records say of
    /// times is for the next notifier.
    pause_until: Option<Instant>,
    /// Since when every try has failed.
    failing_since: Option<Instant>,
    /// The record of the report that was tried last: a full disk may not have taken it.
    tried: Option<(ReportId, Record)>,
}

/// What a worker does next.
enum Next {
    /// Looks again after this time, or when woken.
    After(Duration),
    /// Nothing more: the sink is parked.
    Leave,
}

impl Worker<'_> {
    /// Works until told to end, or until the sink is parked.
    pub(super) fn run(self) {
        let mut memory = Memory::default();
        loop {
            let wait = match self.step(&mut memory) {
                Ok(Next::After(wait)) => wait,
                Ok(Next::Leave) => return,
                Err(error) => {
                    (self.say)(format_args!("{}: {error}", self.sink.name));
                    DISK_PAUSE
                }
            };
            if self.wake.recv_timeout(wait) == Err(RecvTimeoutError::Disconnected) {
                return;
            }
        }
    }

    /// Tries the first report of the queue, if it is due.
    fn step(&self, memory: &mut Memory) -> Result<Next, SpoolError> {
        let pause = memory.pause_until.map(|until| until.saturating_duration_since(Instant::now()));
        if let Some(pause) = pause.filter(|pause| !pause.is_zero()) {
            return Ok(Next::After(pause));
        }
        let name = self.sink.name.as_str();
        let Some(id) = self.spool.head(name)? else { return Ok(Next::After(IDLE)) };
        let record = match memory.tried.take() {
            Some((tried, record)) if tried == id => record,
            _ => {
                let record = self.spool.record(name, id, sys::now())?;
                let wait = policy::due_in(&record, sys::now());
                if !wait.is_zero() {
                    return Ok(Next::After(wait));
                }
                record
            }
        };
        if record.given_up.is_some() {
            return self.spool.give_up(name, id, &record).map(|()| Next::After(Duration::ZERO));
        }
        let outcome = self.attempt(id, &record)?;
        memory.failing_since = match outcome {
            Outcome::Retry { .. } => memory.failing_since.or_else(|| Some(Instant::now())),
            _ => None,
        };
        let decision = policy::decide(
            outcome,
            &record,
            &Circumstances {
                now: sys::now(),
                chance: chance(),
                failing_for: memory.failing_since.map_or(Duration::ZERO, |since| since.elapsed()),
                retry_for: self.retry_for,
            },
        );
        memory.pause_until = Instant::now().checked_add(decision.pause);
        self.tell(id, &decision);
        Ok(self.settle(id, decision.fate, memory))
    }

    /// Hands the report over once. One that has been lost from the archive can never be.
    fn attempt(&self, id: ReportId, record: &Record) -> Result<Outcome, SpoolError> {
        use std::io::ErrorKind::{InvalidData, NotFound};
        match self.spool.taken_report(id) {
            Ok(report) => Ok(self.sink.sink.deliver(&Attempt {
                notice: &self.redaction.redact_notice(&Notice::of(&report), Some(&report)),
                fidelity: record.fidelity,
                now: sys::now(),
            })),
            Err(error) if matches!(error.kind(), InvalidData | NotFound) => {
                Ok(Outcome::Rejected { why: error.to_string() })
            }
            Err(error) => Err(error),
        }
    }

    /// Writes down what became of the report. A disk that refuses is asked again and again, with
    /// nothing sent in between: what was delivered must not be delivered once more.
    fn settle(&self, id: ReportId, fate: Fate, memory: &mut Memory) -> Next {
        let name = self.sink.name.as_str();
        let parked = |why: &str| Parked {
            fingerprint: self.sink.sink.fingerprint(),
            why: why.to_owned(),
            since: sys::now(),
        };
        loop {
            let settled = match &fate {
                Fate::Delivered => self.spool.delivered(name, id),
                Fate::GivenUp(record) => self.spool.give_up(name, id, record),
                Fate::Parked { why } => self.spool.park(name, &parked(why)),
                Fate::Owed(record) => {
                    let kept = self.spool.keep(name, id, record);
                    memory.tried = Some((id, record.clone()));
                    if let Err(error) = kept {
                        (self.say)(format_args!("{name}: {error}; tried again all the same"));
                    }
                    Ok(())
                }
            };
            let Err(error) = settled else { break };
            (self.say)(format_args!("{name}: {error}; nothing is sent until it can be"));
            if self.wake.recv_timeout(DISK_PAUSE) == Err(RecvTimeoutError::Disconnected) {
                return Next::Leave;
            }
        }
        if matches!(fate, Fate::Parked { .. }) { Next::Leave } else { Next::After(Duration::ZERO) }
    }

    /// One line on what became of a try.
    fn tell(&self, id: ReportId, decision: &policy::Decision) {
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

/// A random number from 0 to 1.
fn chance() -> f64 {
    f64::from(u32::from_ne_bytes(sys::random_bytes())) / f64::from(u32::MAX)
}
