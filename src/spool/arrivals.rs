//! The notifier's way in: from what the hooks left to what is counted and archived.
//!
//! Every step may be the last one before a power loss. A report is taken by flushing it, writing
//! a record for every sink that is told of each by itself, counting it into its incident, and then
//! moving it to `archive/`. Until that move the report is new and is taken again, which finds the
//! records that are there and the report counted; after it no record is ever made again. So every
//! sink gets exactly one, and what was delivered stays so. Nothing is sent before the move.

use std::io::ErrorKind;
use std::path::PathBuf;

use super::disk::{self, SpoolError};
use super::record::Record;
use super::store::{Say, Spool, id_of, ids_of, invalid, json_line};
use crate::id::ReportId;
use crate::marker::Content;
use crate::report::CrashReport;
use crate::snapshot::Host;
use crate::time::Timestamp;

/// What is done after one of many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The next one.
    GoOn,
    /// Nothing: the others stay as they are.
    Enough,
}

/// What became of the arrivals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Taken {
    /// How many went on their way.
    pub taken: usize,
    /// How many are held, or the disk did not let go; they are as they were.
    pub left: usize,
}

impl Spool {
    /// Whether a report lies in `new/`.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn has_new(&self) -> Result<bool, SpoolError> {
        let names = disk::names(&self.dir.join("new"))?;
        Ok(ids_of(&names, ".json").next().is_some())
    }

    /// Whether a marker lies in `unseen/`.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn has_unseen(&self) -> Result<bool, SpoolError> {
        let names = disk::names(&self.dir.join("unseen"))?;
        Ok(ids_of(&names, ".marker").next().is_some())
    }

    /// Where hooks leave what they have, and their kicks, and other notifiers their word: the
    /// directories to be watched.
    pub fn arrival_dirs(&self) -> Vec<PathBuf> {
        let mut dirs = vec![self.dir.join("new"), self.dir.join("unseen"), self.dir.clone()];
        dirs.extend(Some(self.kicks()).filter(|kicks| kicks.is_dir()));
        dirs
    }

    /// Where reports arrive for the first time: the directories to be watched by whoever only looks.
    pub fn report_dirs(&self) -> Vec<PathBuf> {
        let arrivals = |spool: &Self| ["new", "unseen"].map(|place| spool.dir.join(place));
        let emergency = self.emergency_spool();
        emergency.iter().chain([self]).flat_map(arrivals).collect()
    }

    /// Makes a new report of every marker in `unseen/`; only then is the marker removed.
    ///
    /// # Errors
    /// Where `unseen/` cannot be read. What is wrong with a single marker is said.
    pub fn adopt_unseen(&self, say: Say<'_>) -> Result<Taken, SpoolError> {
        self.for_each("unseen", ".marker", say, |id| self.adopt(id))
    }

    /// Puts `report`, which no hook made, into `new/`, unless it was made before; tells whether.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn put_new(&self, report: &CrashReport) -> Result<bool, SpoolError> {
        let new = self.report_path("new", report.id);
        if disk::exists(&new) || disk::exists(&self.report_path("archive", report.id)) {
            return Ok(false);
        }
        let json = json_line(report, &new)?;
        disk::write(&self.dir.join("tmp").join(format!("asked.{}.json", report.id)), &new, &json)?;
        Ok(true)
    }

    /// Hands every report in `new/` that is not held to `step`, until that has enough of them, and
    /// puts it on the disk. One that was taken before is only removed; one at which `step` fails stays.
    ///
    /// # Errors
    /// Where `new/` cannot be read, or flushed. What is wrong with a single report is said.
    pub fn for_each_new(
        &self,
        is_held: &dyn Fn(ReportId) -> bool,
        say: Say<'_>,
        mut step: impl FnMut(CrashReport) -> Result<Step, SpoolError>,
    ) -> Result<Taken, SpoolError> {
        let (mut untouched, mut enough, mut handed) = (0, false, false);
        let mut count = self.for_each("new", ".json", say, |id| {
            if enough || is_held(id) {
                untouched += 1;
                return Ok(());
            }
            let (report, _) = self.read_report("new", id)?;
            let path = self.report_path("new", id);
            if disk::exists(&self.report_path("archive", id)) {
                return disk::remove(&path);
            }
            disk::flush_content(&path)?;
            enough = step(report)? == Step::Enough;
            handed = true;
            Ok(())
        })?;
        if handed {
            disk::sync(&self.dir.join("new"))?;
        }
        count.taken -= untouched;
        count.left += untouched;
        Ok(count)
    }

    /// Does `step` with everything in `place`, in the order of the ids. What is no report goes to
    /// `corrupt/`; what the disk refuses is left for the next time. Neither stops the rest.
    pub(super) fn for_each(
        &self,
        place: &str,
        end: &str,
        say: Say<'_>,
        mut step: impl FnMut(ReportId) -> Result<(), SpoolError>,
    ) -> Result<Taken, SpoolError> {
        let mut count = Taken::default();
        for name in disk::names(&self.dir.join(place))? {
            let path = self.dir.join(place).join(&name);
            let id = id_of(&name, end);
            let done = match id {
                Some(id) => step(id),
                None => Err(SpoolError::at("use", &path)(ErrorKind::InvalidData.into())),
            };
            match done {
                Ok(()) => count.taken += 1,
                Err(error) if error.kind() == ErrorKind::InvalidData => {
                    if let Err(second) = self.put_aside(&path, &error, say) {
                        count.left += usize::from(id.is_some());
                        say(format_args!("{error}; {second}"));
                    }
                }
                Err(error) => {
                    count.left += 1;
                    say(format_args!("{error}; it stays where it is"));
                }
            }
        }
        Ok(count)
    }

    /// Makes a new report of the marker named `id`, unless a post-stop got as far as that.
    fn adopt(&self, id: ReportId) -> Result<(), SpoolError> {
        let marker = self.unseen_path(id);
        let content = self.read_unseen(id)?;
        let new = self.report_path("new", id);
        if self.read_report("new", id).is_ok() {
            disk::flush(&new)?;
        } else if !disk::exists(&self.report_path("archive", id)) {
            let json = json_line(&CrashReport::of_unseen(&content, Host::here()), &new)?;
            disk::write(&self.dir.join("tmp").join(format!("unseen.{id}.json")), &new, &json)?;
        }
        disk::remove(&marker)
    }

    /// Writes a fresh record of each of `reports` for `sink`, unless it has one.
    ///
    /// # Errors
    /// What the kernel says; some may be there by then.
    pub fn enqueue(
        &self,
        sink: &str,
        reports: &[ReportId],
        now: Timestamp,
    ) -> Result<(), SpoolError> {
        if reports.is_empty() {
            return Ok(());
        }
        let queue = self.make_queue(sink)?;
        for id in reports {
            let path = self.record_path("queue", sink, *id);
            if !disk::exists(&path) {
                let json = json_line(&Record::fresh(now), &path)?;
                disk::replace(&self.beside(sink, &id.to_string()), &path, &json)?;
            }
        }
        disk::sync(&queue)
    }

    /// Moves reports to `archive/`: they are taken.
    ///
    /// # Errors
    /// What the kernel says; some may be there by then.
    pub fn archive(&self, reports: &[ReportId]) -> Result<(), SpoolError> {
        let places = ["new", "archive"].map(|place| self.dir.join(place));
        let names = reports.iter().map(|id| format!("{id}.json"));
        disk::rename_all(&places[0], &places[1], names)
    }

    /// The marker named `id`.
    ///
    /// # Errors
    /// `InvalidData` where it is not the marker that its name says.
    pub(super) fn read_unseen(&self, id: ReportId) -> Result<Content, SpoolError> {
        let path = self.unseen_path(id);
        let text = disk::read(&path).map_err(SpoolError::at("read", &path))?;
        Content::parse(&text)
            .filter(|content| content.report_id() == id)
            .ok_or_else(|| SpoolError::at("use", &path)(invalid("not the marker its name says")))
    }

    fn unseen_path(&self, id: ReportId) -> PathBuf {
        self.dir.join("unseen").join(format!("{id}.marker"))
    }
}

#[cfg(test)]
mod tests;
