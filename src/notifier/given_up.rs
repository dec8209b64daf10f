//! Services of systemd's that crashed lately, watched until it is decided whether systemd gives them
//! up: it runs no hook for that.
//!
//! What is watched follows from the reports alone, whatever became of them, so that a notifier that
//! is started later goes on; and what was found once has the same name the next time.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::clock::Moment;
use crate::examine::{CrashedRun, Outlook};
use crate::id::ReportId;
use crate::incident::REMEMBERED;
use crate::paths::Places;
use crate::report::CrashReport;
use crate::snapshot::Host;
use crate::spool::{Say, Spool, SpoolError};
use crate::supervisor::Supervisor;
use crate::systemd::{Systemd, Unavailable, UnitStatus};
use crate::verdict::VerdictKind;

/// How long systemd may take for one unit.
const PATIENCE: Duration = Duration::from_millis(200);

/// The most reports that a notifier looks at when it starts, the newest first.
const REPORTS: usize = 512;

/// The services that are watched.
pub(super) struct GivenUp {
    places: Places,
    /// By the key of the job.
    watched: BTreeMap<String, Watched>,
    /// The reports in `new/` that were looked at; `None` before the first look.
    seen: Option<BTreeSet<ReportId>>,
}

/// A service whose last crash is this.
struct Watched {
    crash: CrashReport,
    run: CrashedRun,
    /// When the last look was, and how long nothing is to be expected after it.
    looked: Option<(Moment, Duration)>,
}

impl GivenUp {
    /// None yet.
    pub(super) fn new(places: Places) -> Self {
        Self { places, watched: BTreeMap::new(), seen: None }
    }

    /// Puts a report into `spool` on each service that systemd has given up since it crashed. Says
    /// when to look again; `None` where nothing is watched.
    ///
    /// # Errors
    /// What the kernel says of the spool; then it is done again at the next look.
    pub(super) fn look(
        &mut self,
        spool: &Spool,
        now: Moment,
        say: Say<'_>,
    ) -> Result<Option<Duration>, SpoolError> {
        if !self.places.has_systemd() {
            return Ok(None);
        }
        self.watch_what_crashed(spool, now)?;
        let due = self.watched.iter().filter(|(_, watched)| watched.left(now).is_zero());
        for key in due.map(|(key, _)| key.clone()).collect::<Vec<_>>() {
            let Some(watched) = self.watched.get_mut(&key) else { continue };
            let said = watched.ask(self.places);
            match watched.run.outlook(&said, now.time) {
                Outlook::Open(wait) => watched.looked = Some((now, wait)),
                Outlook::Over => drop(self.watched.remove(&key)),
                Outlook::GaveUp(at) => {
                    let report = said.ok().and_then(|status| {
                        CrashReport::of_giving_up(&watched.crash, status, at, Host::here())
                    });
                    if let Some(report) = report
                        && spool.put_new(&report)?
                    {
                        say(format_args!("{}", report.summary));
                    }
                    self.watched.remove(&key);
                }
            }
        }
        Ok(self.watched.values().map(|watched| watched.left(now)).min())
    }

    /// Watches the service of every report that has not been looked at. The last one counts.
    fn watch_what_crashed(&mut self, spool: &Spool, now: Moment) -> Result<(), SpoolError> {
        let waiting: BTreeSet<_> = spool.waiting()?.into_iter().collect();
        let unseen: BTreeSet<_> = match &self.seen {
            Some(seen) => waiting.difference(seen).copied().collect(),
            None => {
                let all = spool.ids()?;
                let lately = |id: &ReportId| now.time.since(id.time()) < REMEMBERED;
                all.into_iter().rev().take_while(lately).take(REPORTS).collect()
            }
        };
        self.seen = Some(waiting);
        for id in unseen {
            let Ok(Some(crash)) = spool.report(id) else { continue };
            if crash.init.kind != Supervisor::Systemd {
                continue;
            }
            let key = crash.key.clone();
            if crash.verdict.kind == VerdictKind::GaveUp {
                self.watched.remove(&key);
            } else {
                let run = CrashedRun::of(&crash);
                self.watched.insert(key, Watched { crash, run, looked: None });
            }
        }
        Ok(())
    }
}

impl Watched {
    /// How long there is nothing to be looked for.
    fn left(&self, now: Moment) -> Duration {
        self.looked.map_or(Duration::ZERO, |(at, wait)| wait.saturating_sub(now.since(at)))
    }

    fn ask(&self, places: Places) -> Result<UnitStatus, Unavailable> {
        Systemd::of(places, PATIENCE)?.unit(self.crash.unit().as_bytes())
    }
}
