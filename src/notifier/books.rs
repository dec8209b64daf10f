//! What is counted of each job, and what each sink has been told of it.
//!
//! The books are read once and kept in memory; on the disk they are changed in steps of which each
//! may be the last: drafts of notices, which hold what they change in the books; the books; the
//! reports' move to `archive/`; the drafts' way into the queues. The next notifier goes on from
//! there, and neither counts a crash twice nor makes a notice of it twice.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::id::{ReportId, RunId};
use crate::incident::{Account, Crash, Incident, REMEMBERED};
use crate::notice::JobName;
use crate::policy::{self, Composed, Folding, Incidents, Plan};
use crate::routing::Routing;
use crate::spool::{Record, Say, Spool, SpoolError, Torn};
use crate::sys;
use crate::time::Timestamp;

/// How often to look whether a job that is down is up again.
const LOOK_FOR_JOB: Duration = Duration::from_secs(30);

/// For how long a job has been up; `None` where it is not, or nobody knows.
pub(super) type Uptime<'a> = &'a dyn Fn(&JobName) -> Option<Duration>;

/// A sink as the books know it.
#[derive(Debug, Clone)]
pub(super) struct Reader {
    /// Its name.
    pub(super) name: String,
    /// What it is sent.
    pub(super) routing: Routing,
    /// Whether it takes nothing at the moment.
    pub(super) parked: bool,
}

impl Reader {
    /// Whether it is told of `crash` by itself, however many there are.
    pub(super) fn is_told_of_each(&self, crash: &Crash) -> bool {
        !self.routing.fold && self.takes(crash)
    }

    /// Whether it is told of `crash`, together with others.
    fn is_told_folded(&self, crash: &Crash) -> bool {
        self.routing.fold && self.takes(crash)
    }

    fn takes(&self, crash: &Crash) -> bool {
        self.routing.takes(&crash.job.name, &crash.job.instance, &crash.cause)
    }

    /// Whether it is told that a job has recovered from so many crashes. After a single one, the
    /// message on that has said that the job is back: nothing but an open alert needs more.
    fn is_told_of_recovery(&self, crashes: u64) -> bool {
        self.routing.recovered && (crashes > 1 || self.routing.resolves)
    }
}

/// What is counted, and what was told.
pub(super) struct Books {
    incidents: Incidents,
    /// The keys of those that are not on the disk as they are here.
    changed: BTreeSet<String>,
    /// Notices that are not in their queues yet.
    drafts: Vec<Draft>,
}

/// A draft on the disk: its sink, its name, and what its sink has been told of with it.
struct Draft {
    sink: String,
    id: ReportId,
    accounts: Vec<(String, Account)>,
}

/// What follows from a look into the books.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// Whether there are new notices.
    pub(super) anything: bool,
    /// When to look again.
    pub(super) again_in: Option<Duration>,
}

impl Books {
    /// The books as they lie in `spool`, with what a notifier that was killed had still to enter.
    /// What cannot be read is put aside.
    ///
    /// # Errors
    /// What the kernel says.
    pub(super) fn open(spool: &Spool, say: Say<'_>) -> Result<Self, SpoolError> {
        let mut torn = Vec::new();
        let books = Self::read(spool, &mut torn)?;
        spool.put_torn_aside(&torn, say)?;
        Ok(books)
    }

    /// The same for whoever only looks, without the lock: what cannot be read goes to `torn`.
    ///
    /// # Errors
    /// What the kernel says.
    pub(super) fn read(spool: &Spool, torn: &mut Vec<Torn>) -> Result<Self, SpoolError> {
        let incidents = spool.incidents(torn)?;
        let mut books = Self { incidents, changed: BTreeSet::new(), drafts: Vec::new() };
        for (sink, id, draft) in spool.drafts(torn)? {
            books.enter(&sink, &draft.accounts);
            books.drafts.push(Draft { sink, id, accounts: draft.accounts });
        }
        Ok(books)
    }

    /// Counts `crash`, which is taken at `now`.
    pub(super) fn count(&mut self, crash: &Crash, readers: &[Reader], now: Timestamp) {
        let key = &crash.job.key;
        let incident = self.incidents.entry(key.clone()).or_insert_with(|| {
            let mut incident = Incident::begun_by(crash);
            // The notice on it was made, and then there was no time to write down the count.
            for Draft { sink, accounts, .. } in &self.drafts {
                let account = accounts.iter().find(|(of, _)| of == key);
                let account = account.map(|(_, account)| (sink.clone(), account.clone()));
                incident.accounts.extend(account);
            }
            incident
        });
        let sinks = readers.iter().map(|it| (it.name.as_str(), it.is_told_folded(crash)));
        incident.count(crash, sinks, now);
        self.changed.insert(key.clone());
    }

    /// Makes the notices that are due at `now`, writes everything down and has `taken` archived.
    ///
    /// # Errors
    /// What the kernel says. Then the books in memory are worth nothing: they are to be opened
    /// again.
    pub(super) fn settle(
        &mut self,
        spool: &Spool,
        readers: &[Reader],
        folding: &Folding,
        taken: &[ReportId],
        is_quiet: &dyn Fn(&JobName) -> bool,
        now: Timestamp,
    ) -> Result<Told, SpoolError> {
        let mut told = Told::default();
        let quiet = self.incidents.iter().filter(|(_, incident)| is_quiet(&incident.job));
        let quiet = quiet.map(|(key, _)| key.clone()).collect();
        for reader in readers.iter().filter(|reader| !reader.parked) {
            let plan = |waiting: &BTreeSet<ReportId>| {
                policy::plan(&reader.name, &self.incidents, waiting, &quiet, folding, now)
            };
            // Where nothing would be told, it does not matter what waits, which may be thousands.
            if plan(&BTreeSet::new()) == Plan::default() {
                continue;
            }
            let drafts = self.drafts.iter().filter(|draft| draft.sink == reader.name);
            let drafts = drafts.map(|draft| draft.id);
            let waiting = spool.owed(&reader.name)?.into_iter().chain(drafts).collect();
            let plan = plan(&waiting);
            told.again_in = sooner(told.again_in, plan.again_in);
            for tell in &plan.now {
                let id = ReportId::new(now, RunId(sys::random_bytes()));
                let sink = &reader.name;
                let composed = policy::compose(tell, sink, &self.incidents, folding, now, id);
                let Some(Composed { notice, accounts }) = composed else { continue };
                let (id, record) = (notice.id, Record::of(notice, accounts, now));
                spool.put_draft(sink, id, &record)?;
                self.enter(sink, &record.accounts);
                let (sink, accounts) = (sink.clone(), record.accounts);
                self.drafts.push(Draft { sink, id, accounts });
            }
        }
        self.write(spool)?;
        spool.archive(taken)?;
        for Draft { sink, id, .. } in self.drafts.drain(..) {
            spool.enqueue_draft(&sink, id)?;
            told.anything = true;
        }
        Ok(told)
    }

    /// Closes the incidents of the jobs that are stable at `now`, and forgets those that are over.
    /// Says when to look again, should nothing happen before.
    ///
    /// # Errors
    /// What the kernel says.
    pub(super) fn look_at_jobs(
        &mut self,
        spool: &Spool,
        readers: &[Reader],
        folding: &Folding,
        uptime: Uptime<'_>,
        now: Timestamp,
    ) -> Result<Option<Duration>, SpoolError> {
        let mut again_in = None;
        for (key, incident) in &mut self.incidents {
            let crashes = incident.since_cleared().total();
            let tells = |sink: &str| {
                readers.iter().any(|it| it.name == sink && it.is_told_of_recovery(crashes))
            };
            let awaited = incident.accounts.iter().any(|(sink, account)| {
                tells(sink) && (account.alarmed || account.untold_since.is_some())
            });
            let since = now.since(incident.last);
            if incident.closed_at.is_some() || !awaited || since > REMEMBERED {
                continue;
            }
            let needed = folding.stable_for(incident);
            let left = needed.saturating_sub(since);
            let left = if left.is_zero() {
                match uptime(&incident.job) {
                    Some(up) if up >= needed => {
                        incident.close(now, up, tells);
                        self.changed.insert(key.clone());
                        continue;
                    }
                    Some(up) => needed.saturating_sub(up),
                    None => LOOK_FOR_JOB,
                }
            } else {
                left
            };
            again_in = sooner(again_in, Some(left));
        }
        let is_served = |sink: &str| readers.iter().any(|reader| reader.name == sink);
        let over = self.incidents.iter().filter(|(_, incident)| incident.is_over(now, is_served));
        for key in over.map(|(key, _)| key.clone()).collect::<Vec<_>>() {
            spool.forget_incident(&key)?;
            self.changed.remove(&key);
            self.incidents.remove(&key);
        }
        Ok(again_in)
    }

    /// The reports that a notice still to be made may name.
    pub(super) fn reports_to_be_told(&self) -> impl Iterator<Item = ReportId> {
        let untold = self.incidents.values().filter(|incident| {
            incident.accounts.values().any(|account| account.untold_since.is_some())
        });
        untold.flat_map(|incident| {
            let causes = incident.causes.iter().map(|met| met.latest);
            causes.chain([incident.latest])
        })
    }

    /// Enters what `sink` has been told.
    fn enter(&mut self, sink: &str, accounts: &[(String, Account)]) {
        for (key, account) in accounts {
            if let Some(incident) = self.incidents.get_mut(key) {
                incident.accounts.insert(sink.to_owned(), account.clone());
                self.changed.insert(key.clone());
            }
        }
    }

    /// Writes down what has changed.
    ///
    /// # Errors
    /// What the kernel says.
    pub(super) fn write(&mut self, spool: &Spool) -> Result<(), SpoolError> {
        for key in &self.changed {
            if let Some(incident) = self.incidents.get_mut(key) {
                incident.counted.retain(|report| spool.is_new(*report));
            }
        }
        spool.keep_incidents(self.changed.iter().filter_map(|key| self.incidents.get(key)))?;
        self.changed.clear();
        Ok(())
    }
}

/// The earlier of two times to look again.
fn sooner(one: Option<Duration>, other: Option<Duration>) -> Option<Duration> {
    [one, other].into_iter().flatten().min()
}
