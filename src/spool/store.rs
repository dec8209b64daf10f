//! The notifier's way in: from what the hooks left to what is counted and archived.
//!
//! Every step may be the last one before a power loss. A report is taken by flushing it, writing
//! a record for every sink that is told of each by itself, counting it into its incident, and then
//! moving it to `archive/`. Until that move the report is new and is taken again, which finds the
//! records that are there and the report counted; after it no record is ever made again. So every
//! sink gets exactly one, and what was delivered stays so. Nothing is sent before the move.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::disk::{self, SpoolError};
use super::record::Record;
use crate::id::ReportId;
use crate::marker::Content;
use crate::paths::{NoPath, Place, Places};
use crate::report::CrashReport;
use crate::snapshot::Host;
use crate::time::Timestamp;

/// How old a file in `tmp/` is before it is certain that its writer was killed.
const LEFTOVER: Duration = Duration::from_secs(3600);

/// Where the notifier says, a line at a time, what it met and did.
pub type Say<'a> = &'a (dyn Fn(fmt::Arguments<'_>) + Sync);

/// The spool as the notifier and the command see it.
#[derive(Debug, Clone)]
pub struct Spool {
    pub(super) dir: PathBuf,
    /// Where hooks leave what `dir` does not take.
    pub(super) emergency: Option<PathBuf>,
}

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
    /// The spool in its place.
    ///
    /// # Errors
    /// [`NoPath`] where a session does not say where it is.
    pub fn of(places: Places) -> Result<Self, NoPath> {
        let emergency = places.path(Place::EmergencySpool, "").ok();
        Ok(Self { dir: places.path(Place::Spool, "")?, emergency })
    }

    /// The spool in the directory `dir`, without an emergency spool.
    pub fn at(dir: PathBuf) -> Self {
        Self { dir, emergency: None }
    }

    /// Removes from `tmp/` what killed writers left there. What cannot be removed is said.
    ///
    /// # Errors
    /// Where `tmp/` cannot be read.
    pub fn remove_leftovers(&self, now: Timestamp, say: Say<'_>) -> Result<(), SpoolError> {
        let tmp = self.dir.join("tmp");
        for name in disk::names(&tmp)? {
            let path = tmp.join(name);
            let modified = fs::symlink_metadata(&path).and_then(|facts| facts.modified());
            if modified.is_ok_and(|then| now.since(then.into()) > LEFTOVER)
                && let Err(error) = disk::remove(&path)
            {
                say(format_args!("{error}"));
            }
        }
        Ok(())
    }

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

    /// Where hooks leave what they have, and other notifiers their word: the directories to be
    /// watched.
    pub fn arrival_dirs(&self) -> [PathBuf; 3] {
        [self.dir.join("new"), self.dir.join("unseen"), self.dir.clone()]
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

    /// Moves what is of no use, for the reason `why`, to `corrupt/`.
    ///
    /// # Errors
    /// What the kernel says; then it lies where it was.
    pub(super) fn put_aside(
        &self,
        path: &Path,
        why: &SpoolError,
        say: Say<'_>,
    ) -> Result<(), SpoolError> {
        let corrupt = self.dir.join("corrupt");
        disk::make_dirs(&corrupt)?;
        let target = corrupt.join(path.file_name().unwrap_or_default());
        disk::rename(path, &target)?;
        say(format_args!("{why}; kept as {}", target.display()));
        Ok(())
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

    /// Whether report `id` lies in `new/`.
    pub fn is_new(&self, id: ReportId) -> bool {
        disk::exists(&self.report_path("new", id))
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

    /// The report named `id` in `place`, and the text it was read from.
    ///
    /// # Errors
    /// `InvalidData` where it is not the report that its name says.
    pub(super) fn read_report(
        &self,
        place: &str,
        id: ReportId,
    ) -> Result<(CrashReport, Vec<u8>), SpoolError> {
        let path = self.report_path(place, id);
        let json = disk::read(&path).map_err(SpoolError::at("read", &path))?;
        let refused = |why: &str| SpoolError::at("use", &path)(invalid(why));
        let report: CrashReport = serde_json::from_slice(&json)
            .map_err(|error| refused(&format!("not a whole report ({error})")))?;
        if report.id == id { Ok((report, json)) } else { Err(refused("its name is another's")) }
    }

    pub(super) fn report_path(&self, place: &str, id: ReportId) -> PathBuf {
        self.dir.join(place).join(format!("{id}.json"))
    }

    pub(super) fn record_path(&self, place: &str, sink: &str, id: ReportId) -> PathBuf {
        self.dir.join(place).join(sink).join(format!("{id}.json"))
    }

    fn unseen_path(&self, id: ReportId) -> PathBuf {
        self.dir.join("unseen").join(format!("{id}.marker"))
    }
}

/// The ids of the files in `names` that end in `end`.
pub(super) fn ids_of(names: &[OsString], end: &str) -> impl Iterator<Item = ReportId> {
    names.iter().filter_map(move |name| id_of(name, end))
}

/// The id that a file's name consists of, before `end`.
pub(super) fn id_of(name: &OsStr, end: &str) -> Option<ReportId> {
    ReportId::parse(name.to_str()?.strip_suffix(end)?)
}

/// `value` as one line of JSON, for the file `path`.
pub(super) fn json_line(
    value: &impl serde::Serialize,
    path: &std::path::Path,
) -> Result<Vec<u8>, SpoolError> {
    let mut json =
        serde_json::to_vec(value).map_err(|error| SpoolError::at("write", path)(error.into()))?;
    json.push(b'\n');
    Ok(json)
}

fn invalid(why: &str) -> std::io::Error {
    std::io::Error::new(ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests;
