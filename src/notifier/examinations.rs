//! Which reports are examined before they are taken, and which examinations are under way.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use super::watch::Bell;
use crate::aftermath::Aftermath;
use crate::examine::{Scene, Settings, examine};
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
    known: BTreeMap<ReportId, Known>,
    done: Receiver<Done>,
    sender: Sender<Done>,
}

/// A report that waits in `new/`.
struct Known {
    /// `host/job/instance`.
    key: String,
    is_examined: bool,
}

/// What an examination found.
struct Done {
    report: CrashReport,
    aftermath: Option<Aftermath>,
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
        Ok(Self { places, spool, bell, known: BTreeMap::new(), done, sender })
    }

    /// What is rung when one is done.
    pub(super) fn bell(&self) -> &Bell {
        &self.bell
    }

    /// Writes down what was found, and begins to examine what has arrived.
    ///
    /// # Errors
    /// Where `new/` cannot be read. What is wrong with a single report is said.
    pub(super) fn go_on(
        &mut self,
        settings: &Arc<Settings>,
        say: Say<'_>,
    ) -> Result<(), SpoolError> {
        while let Ok(done) = self.done.try_recv() {
            self.finish(done, say);
        }
        let waiting = self.spool.waiting()?;
        self.known.retain(|id, _| waiting.contains(id));
        for id in &waiting {
            if self.known.contains_key(id) {
                continue;
            }
            // What is no report is put aside when it is taken.
            let Ok(report) = self.spool.waiting_report(*id) else { continue };
            self.known.insert(*id, Known { key: report.key.clone(), is_examined: false });
            self.begin(report, waiting.len(), settings, say);
        }
        Ok(())
    }

    /// Whether report `id` must not be taken yet.
    pub(super) fn holds(&self, id: ReportId) -> bool {
        let Some(known) = self.known.get(&id) else { return false };
        self.known.range(..=id).any(|(_, other)| !other.is_examined && other.key == known.key)
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
            return self.mark(report.id);
        }
        let under_way = self.known.values().filter(|known| !known.is_examined).count();
        let why_not = why_not(report.time, sys::now(), waiting.max(under_way));
        let scene = Arc::new(Scene {
            places: self.places,
            spool: self.spool.clone(),
            report,
            settings: Arc::clone(settings),
        });
        let why_not = why_not.or_else(|| self.start(&scene).err());
        if let Some(reason) = why_not {
            let gaps = vec![Incomplete { part: PART.to_owned(), reason }];
            self.finish(Done { report: scene.report.clone(), aftermath: None, gaps }, say);
        }
    }

    /// # Errors
    /// That there is no thread for it, in words.
    fn start(&self, scene: &Arc<Scene>) -> Result<(), String> {
        let (scene, sender, bell) = (Arc::clone(scene), self.sender.clone(), self.bell.clone());
        let examination = move || {
            let (aftermath, gaps) = examine(&scene);
            let report = scene.report.clone();
            let _ = sender.send(Done { report, aftermath: Some(aftermath), gaps });
            bell.ring();
        };
        let started = thread::Builder::new().spawn(examination);
        started.map(|_| ()).map_err(|error| format!("no thread: {error}"))
    }

    /// Writes into the report what was found. Where the disk refuses, it goes as it is.
    fn finish(&mut self, done: Done, say: Say<'_>) {
        let Done { mut report, aftermath, gaps } = done;
        report.aftermath = aftermath;
        report.incomplete.extend(gaps);
        if let Err(error) = self.spool.put_examined(&report) {
            say(format_args!("{error}; the report goes without what was found after the crash"));
        }
        self.mark(report.id);
    }

    fn mark(&mut self, id: ReportId) {
        if let Some(known) = self.known.get_mut(&id) {
            known.is_examined = true;
        }
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
