//! One look at the spool: what has arrived is examined, counted and archived, and the notices that
//! are due are put into the queues.

use std::time::Duration;

use super::books::{Books, Reader, Uptime};
use super::clock::Clock;
use super::examinations::Examinations;
use super::given_up::GivenUp;
use super::meters::Meters;
use super::trouble;
use crate::config::Config;
use crate::id::ReportId;
use crate::incident::Crash;
use crate::intake::{self, Wishes};
use crate::notice::JobName;
use crate::quiet::{self, Silence};
use crate::report::CrashReport;
use crate::spool::{Say, Spool, SpoolError, Step};

/// How many reports are taken in one look: the first must not wait for thousands.
const ONE_GO: usize = 256;

/// After how many reports the spool is pruned: to look at all its files takes a moment.
const PRUNE_AFTER: usize = 128;

/// What works off the arrivals, for one config.
pub(super) struct Desk<'a> {
    pub(super) spool: &'a Spool,
    pub(super) config: &'a Config,
    pub(super) examinations: &'a mut Examinations,
    pub(super) given_up: &'a mut GivenUp,
    pub(super) uptime: Uptime<'a>,
    pub(super) clock: Clock<'a>,
    pub(super) say: Say<'a>,
    pub(super) books: Option<Books>,
    pub(super) meters: Option<&'a Meters>,
    /// How many reports were taken since the spool was pruned.
    pub(super) unpruned: usize,
}

/// What a look came to.
#[derive(Debug, Default)]
pub(super) struct Look {
    /// Whether there is something new in a queue.
    pub(super) queued: bool,
    /// Whether there is more to take at once.
    pub(super) more: bool,
    /// Whether something has arrived that could not be taken yet.
    pub(super) left: bool,
    /// When something is due, should nothing happen before; `None` where nothing will be.
    pub(super) again_in: Option<Duration>,
}

/// What was taken in one look.
#[derive(Default)]
struct Arrived {
    /// The crashes that people are to be told of.
    crashes: Vec<Crash>,
    /// The reports on them, and those that are withheld.
    reports: Vec<ReportId>,
    /// How many could not be taken yet.
    left: usize,
}

impl Desk<'_> {
    /// Looks once.
    ///
    /// # Errors
    /// Where a directory of the spool cannot be read. What is wrong with single files is said.
    pub(super) fn look(&mut self) -> Result<Look, SpoolError> {
        let emergency = self.spool.adopt_emergency((self.clock)().time, self.say)?;
        let unseen = self.spool.adopt_unseen(self.say)?;
        let mut look = Look { left: emergency.left + unseen.left > 0, ..Look::default() };
        if self.unpruned >= PRUNE_AFTER {
            self.prune();
        }
        match self.given_up.look(self.spool, (self.clock)(), self.say) {
            Ok(again_in) => look.again_in = again_in,
            Err(error) => {
                look.left = true;
                (self.say)(format_args!("{error}; whether systemd gave up is looked for later"));
            }
        }
        // Without a sink, what has arrived waits for one, and is not examined.
        if self.config.sinks.is_empty() {
            return Ok(look);
        }
        look.more = self.examinations.go_on(&self.config.examination, self.say)?;
        match self.work(&mut look) {
            Ok(()) => {}
            Err(error) => {
                // What is in memory only was not entered: it is read and done again.
                self.books = None;
                look.left = true;
                (self.say)(format_args!("{error}; what has arrived stays where it is"));
            }
        }
        if let Some(meters) = self.meters {
            meters.show(self.spool, &self.config.sinks, self.say);
        }
        Ok(look)
    }

    fn work(&mut self, look: &mut Look) -> Result<(), SpoolError> {
        let mut books = match self.books.take() {
            Some(books) => books,
            None => Books::open(self.spool, self.say)?,
        };
        let readers = self.readers();
        let silences = self.silences();
        let Arrived { crashes, reports, left } = self.take(&silences)?;
        look.left |= left > 0;
        look.more |= reports.len() >= ONE_GO;

        let now = (self.clock)().time;
        for reader in &readers {
            let each = crashes.iter().filter(|crash| reader.is_told_of_each(crash));
            let each: Vec<_> = each.map(|crash| crash.report).collect();
            self.spool.enqueue(&reader.name, &each, now)?;
        }
        for crash in &crashes {
            books.count(crash, &readers, now);
        }
        let folding = &self.config.folding;
        let jobs = books.look_at_jobs(self.spool, &readers, folding, self.uptime, now)?;
        let windows = &self.config.windows;
        let is_quiet = |job: &JobName| {
            quiet::why_at(&job.name, &job.instance, now, &silences, windows).is_some()
        };
        self.keep_count();
        let told = books.settle(self.spool, &readers, folding, &reports, &is_quiet, now)?;
        let announced = trouble::announce(self.spool, &readers, now)?;

        self.unpruned = self.unpruned.saturating_add(reports.len());
        look.queued = told.anything || announced || !reports.is_empty();
        look.again_in = [look.again_in, jobs, told.again_in].into_iter().flatten().min();
        self.books = Some(books);
        Ok(())
    }

    /// Drops what is more than the spool is to keep, and nothing that somebody is still to be told
    /// of. What was not taken yet is counted before. What the disk refuses is said: it is no reason
    /// to deliver nothing.
    fn prune(&mut self) {
        self.unpruned = 0;
        let now = (self.clock)().time;
        let pruned = self.spool.undelivered(now).and_then(|mut kept| {
            let mut books = match self.books.take() {
                Some(books) => books,
                None => Books::open(self.spool, self.say)?,
            };
            kept.extend(books.reports_to_be_told());
            kept.extend(self.examinations.under_way());
            let mut count = |report: &CrashReport| {
                self.count(report);
                self.keep_count();
                books.count(&Crash::of(report), &[], now);
                books.write(self.spool)
            };
            self.spool.prune(&self.config.spool, &kept, now, &mut count, self.say)?;
            self.books = Some(books);
            Ok(())
        });
        if let Err(error) = pruned {
            (self.say)(format_args!("{error}"));
        }
    }

    /// Reads what has arrived, as much as is worked off in one look.
    fn take(&self, silences: &[Silence]) -> Result<Arrived, SpoolError> {
        let mut arrived = Arrived::default();
        let held = |id| self.examinations.holds(id);
        let taken = self.spool.for_each_new(&held, self.say, |mut report| {
            if self.settle_on(&mut report, silences) {
                self.spool.put_examined(&report)?;
            }
            self.count(&report);
            arrived.reports.push(report.id);
            if report.withheld.is_none() {
                arrived.crashes.push(Crash::of(&report));
            }
            Ok(if arrived.reports.len() < ONE_GO { Step::GoOn } else { Step::Enough })
        })?;
        arrived.left = taken.left;
        Ok(arrived)
    }

    /// Counts `report` for the metrics; what was counted before is not counted again.
    fn count(&self, report: &CrashReport) {
        if let Some(meters) = self.meters {
            meters.count_crash(report);
        }
    }

    /// Writes that down: before the reports are moved or removed.
    fn keep_count(&self) {
        if let Some(meters) = self.meters {
            meters.keep(self.spool, self.say);
        }
    }

    /// Settles on `report`; tells whether it has changed.
    fn settle_on(&self, report: &mut CrashReport, silences: &[Silence]) -> bool {
        let wishes = Wishes { jobs: &self.config.jobs, windows: &self.config.windows, silences };
        let sinks: Vec<_> = self.config.sinks.iter().map(|sink| &sink.routing).collect();
        intake::settle_on(report, wishes, &sinks)
    }

    /// What is silenced. Where that cannot be known, nothing is: rather a word too much. What is no
    /// silence was said of when the notifier began.
    fn silences(&self) -> Vec<Silence> {
        self.spool.silences(&|_| ()).unwrap_or_else(|error| {
            (self.say)(format_args!("{error}; nothing is silenced"));
            Vec::new()
        })
    }

    /// The sinks, each with whether it takes something at the moment.
    fn readers(&self) -> Vec<Reader> {
        let reader = |sink: &crate::sinks::NamedSink| Reader {
            name: sink.name.clone(),
            routing: sink.routing.clone(),
            parked: self.spool.parked(&sink.name).is_some(),
        };
        self.config.sinks.iter().map(reader).collect()
    }
}
