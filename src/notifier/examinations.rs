//! Which reports are examined before they are taken, and which examinations are under way.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use super::watch::Bell;
use crate::examine::{Found, Scene, Settings, examine};
use crate::id::ReportId;
use crate::paths::Places;
use crate::report::CrashReport;
use crate::snapshot::Incomplete;
use crate::spool::{Say, Spool, SpoolError};
use crate::sys;
use crate::time::Timestamp;

/// Later than this after the crash nothing of it is left to be seen.
const FRESH: Duration = Duration::from_secs(30);

/// More reports at once are not examined: what they tell of is the machine's state, and each
/// examination adds to its load.
const AT_ONCE: usize = 5;

/// How many arrivals are looked at before any is taken: the first must not wait for thousands.
const ONE_GO: usize = 64;

/// What `incomplete` calls a whole examination.
const PART: &str = "aftermath";

/// The examinations that are under way.
///
/// A report is held in `new/` while it is examined, and so are later ones of the same job. Killed,
/// the notifier leaves it there as it was: the next one examines it, or takes it as it is.
pub(super) struct Examinations {
    places: Places,
    spool: Spool,
    bell: Bell,
    /// The reports in `new/` that were looked at, and their keys (`host/job/instance`).
    seen: BTreeMap<ReportId, String>,
    /// Those of them that are being examined.
    under_way: BTreeSet<ReportId>,
    done: Receiver<Done>,
    sender: Sender<Done>,
}

/// What an examination found.
struct Done {
    report: CrashReport,
    found: Option<Found>,
    gaps: Vec<Incomplete>,
}

impl Examinations {
    /// None yet; each one that is done rings the bell.
    ///
    /// # Errors
    /// What the kernel says: there can be no bell.
    pub(super) fn new(places: Places, spool: &Spool) -> io::Result<Self> {
        let (sender, done) = channel();
        let (spool, bell) = (spool.clone(), Bell::new()?);
        let (seen, under_way) = (BTreeMap::new(), BTreeSet::new());
        Ok(Self { places, spool, bell, seen, under_way, done, sender })
    }

    /// What is rung when one is done.
    pub(super) fn bell(&self) -> &Bell {
        &self.bell
    }

    /// Writes down what was found, and begins to examine what has arrived. Tells whether more has
    /// arrived than is looked at in one go.
    ///
    /// # Errors
    /// Where `new/` cannot be read. What is wrong with a single report is said.
    pub(super) fn go_on(
        &mut self,
        settings: &Arc<Settings>,
        say: Say<'_>,
    ) -> Result<bool, SpoolError> {
        while let Ok(done) = self.done.try_recv() {
            self.finish(done, say);
        }
        let waiting = self.spool.waiting()?;
        self.seen.retain(|id, _| waiting.binary_search(id).is_ok());
        let mut arrived = waiting.iter().filter(|id| !self.seen.contains_key(id)).copied();
        let now: Vec<_> = arrived.by_ref().take(ONE_GO).collect();
        let more = arrived.next().is_some();
        for id in now {
            match self.spool.waiting_report(id) {
                Ok(report) => {
                    self.seen.insert(id, report.key.clone());
                    self.begin(report, waiting.len(), settings, say);
                }
                // What is no report is put aside when it is taken.
                Err(_) => {
                    self.seen.insert(id, String::new());
                }
            }
        }
        Ok(more)
    }

    /// Whether report `id` must not be taken yet: it, or an earlier one of its job, is being
    /// examined, or it has arrived since the last look.
    pub(super) fn holds(&self, id: ReportId) -> bool {
        let Some(key) = self.seen.get(&id) else { return true };
        self.under_way.range(..=id).any(|other| self.seen.get(other) == Some(key))
    }

    /// The reports that are being examined.
    pub(super) fn under_way(&self) -> impl Iterator<Item = ReportId> {
        self.under_way.iter().copied()
    }

    /// Examines `report` in a thread of its own, or says in it why not.
    fn begin(
        &mut self,
        report: CrashReport,
        waiting: usize,
        settings: &Arc<Settings>,
        say: Say<'_>,
    ) {
        if was_examined(&report) {
            return;
        }
        let why_not = why_not(report.time, sys::now(), waiting);
        let scene = Arc::new(Scene {
            places: self.places,
            spool: self.spool.clone(),
            report,
            settings: Arc::clone(settings),
        });
        match why_not.map_or_else(|| self.start(&scene), Err) {
            Ok(()) => {
                self.under_way.insert(scene.report.id);
            }
            Err(reason) => {
                let gaps = vec![Incomplete { part: PART.to_owned(), reason }];
                self.finish(Done { report: scene.report.clone(), found: None, gaps }, say);
            }
        }
    }

    /// # Errors
    /// That there is no thread for it, in words.
    fn start(&self, scene: &Arc<Scene>) -> Result<(), String> {
        let (scene, sender, bell) = (Arc::clone(scene), self.sender.clone(), self.bell.clone());
        let examination = move || {
            let (found, gaps) = examine(&scene);
            let report = scene.report.clone();
            let _ = sender.send(Done { report, found: Some(found), gaps });
            bell.ring();
        };
        let started = thread::Builder::new().spawn(examination);
        started.map(|_| ()).map_err(|error| format!("no thread: {error}"))
    }

    /// Writes into the report what was found. Where the disk refuses, it goes as it is.
    fn finish(&mut self, done: Done, say: Say<'_>) {
        let Done { mut report, found, gaps } = done;
        if let Some(Found { aftermath, log, version }) = found {
            report.aftermath = Some(aftermath);
            report.init.version = report.init.version.take().or(version);
            if log.is_some() {
                report.incomplete.retain(|gap| gap.part != "log");
                report.log = log;
            }
        }
        report.incomplete.extend(gaps);
        if let Err(error) = self.spool.put_examined(&report) {
            say(format_args!("{error}; the report goes without what was found after the crash"));
        }
        self.under_way.remove(&report.id);
    }
}

/// Whether it is known of `report` what an examination found, or why there was none.
fn was_examined(report: &CrashReport) -> bool {
    report.aftermath.is_some() || report.incomplete.iter().any(|gap| gap.part == PART)
}

/// Why the report on a crash at `crash` is not examined at `now`, when so many wait; `None` where
/// it is. A crash that lies ahead of the clock is as far away as one that lies behind it.
fn why_not(crash: Timestamp, now: Timestamp, waiting: usize) -> Option<String> {
    if now.since(crash).max(crash.since(now)) > FRESH {
        Some(format!("the report waited for more than {} s", FRESH.as_secs()))
    } else if waiting > AT_ONCE {
        Some(format!("{waiting} reports waited at the same time"))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_fresh_and_not_one_of_many_is_examined() {
        let at = |seconds: i64| Timestamp::from_micros(1_795_000_000_000_000 + seconds * 1_000_000);
        let too_late = Some("the report waited for more than 30 s");
        for (now, waiting, expected) in [
            (0, 1, None),
            (30, 5, None),
            (31, 1, too_late),
            (-30, 1, None),
            (-31, 1, too_late),
            (86400, 99, too_late),
            (0, 6, Some("6 reports waited at the same time")),
        ] {
            assert_eq!(why_not(at(0), at(now), waiting).as_deref(), expected, "{now} {waiting}");
        }
    }
}
