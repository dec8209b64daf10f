//! Dropping what is more than the spool is to keep. What goes is decided in `bounds.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;

use super::bounds::{Area, Held, Limit, Volume, surplus};
use super::disk::{self, SpoolError};
use super::limits::Limits;
use super::requests::Surplus;
use super::store::{Say, Spool, id_of, ids_of};
use crate::globs::JobGlobs;
use crate::id::ReportId;
use crate::report::CrashReport;
use crate::sys::{self, CPath, Room};
use crate::time::Timestamp;

/// The job of reports that name none.
const UNREADABLE: &str = "a job that cannot be read";

/// What a prune has dropped.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pruned(pub Vec<Drops>);

/// What was dropped of one job, or of one directory, for one limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drops {
    /// The limit.
    pub limit: Limit,
    /// Of reports, the job's key; of other files, their directory in the spool.
    pub owner: String,
    /// Whether they were reports.
    pub reports: bool,
    /// How many.
    pub count: u64,
    /// When the first of them was: the crash, of a report; else the writing.
    pub oldest: Timestamp,
    /// When the last was.
    pub newest: Timestamp,
}

/// What is called before a report goes that the notifier has not taken: counts it, or refuses.
pub type BeforeDrop<'a> = &'a mut dyn FnMut(&CrashReport) -> Result<(), SpoolError>;

impl Spool {
    /// Drops what is more than `limits` allow, but for the reports in `protected`, and says how
    /// much that was. A report in `new/` is first handed to `before_drop_of_new`.
    ///
    /// Where nothing is too much, only names and sizes are read.
    ///
    /// # Errors
    /// What the kernel says, or what `before_drop_of_new` does; what is gone by then is said.
    pub fn prune(
        &self,
        limits: &Limits,
        protected: &BTreeSet<ReportId>,
        now: Timestamp,
        before_drop_of_new: BeforeDrop<'_>,
        say: Say<'_>,
    ) -> Result<Pruned, SpoolError> {
        let mut files = self.survey(protected)?;
        let volume = self.volume();
        if surplus(&files, limits, now, volume).is_empty() {
            return Ok(Pruned::default());
        }
        for report in files.iter_mut().filter(|file| file.area >= Area::Archive) {
            report.owner = key_of(&report.path);
        }
        self.remove(&surplus(&files, limits, now, volume), before_drop_of_new, say)
    }

    /// Removes the files in `going`, and says how much that was.
    fn remove(
        &self,
        going: &[(&Held, Limit)],
        before_drop_of_new: BeforeDrop<'_>,
        say: Say<'_>,
    ) -> Result<Pruned, SpoolError> {
        let mut gone = Vec::new();
        let done = going.iter().try_for_each(|(file, limit)| {
            self.let_go(file, before_drop_of_new)?;
            gone.push((*file, *limit));
            Ok(())
        });
        let parents: BTreeSet<_> = gone.iter().filter_map(|(file, _)| file.path.parent()).collect();
        let flushed = parents.into_iter().try_for_each(disk::sync);
        let pruned = Pruned::of(&gone);
        pruned.0.iter().for_each(|drops| say(format_args!("{drops}")));
        done.and(flushed).map(|()| pruned)
    }

    /// What `surplus` asks to be dropped, but for the reports in `protected` and for what was not
    /// taken yet: the files, with the limit that each goes for. Read without changing anything.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn surplus(
        &self,
        surplus: &Surplus,
        limits: Option<&Limits>,
        protected: &BTreeSet<ReportId>,
        now: Timestamp,
    ) -> Result<Pruned, SpoolError> {
        Ok(Pruned::of(&wanted(&self.held(protected)?, surplus, limits, now, self.volume())))
    }

    /// Drops it, and says how much that was.
    ///
    /// # Errors
    /// What the kernel says; some of it may be gone by then.
    pub fn drop_surplus(
        &self,
        surplus: &Surplus,
        limits: Option<&Limits>,
        protected: &BTreeSet<ReportId>,
        now: Timestamp,
        say: Say<'_>,
    ) -> Result<Pruned, SpoolError> {
        let files = self.held(protected)?;
        let going = wanted(&files, surplus, limits, now, self.volume());
        self.remove(&going, &mut |_| Ok(()), say)
    }

    /// All files that are counted, with their owners; what was not taken yet is protected.
    fn held(&self, protected: &BTreeSet<ReportId>) -> Result<Vec<Held>, SpoolError> {
        let mut files = self.survey(protected)?;
        for file in files.iter_mut().filter(|file| file.area >= Area::Archive) {
            file.owner = key_of(&file.path);
            file.protected |= file.area == Area::New;
        }
        Ok(files)
    }

    /// The reports that some sink is still to be sent.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn undelivered(&self, now: Timestamp) -> Result<BTreeSet<ReportId>, SpoolError> {
        let mut reports = BTreeSet::new();
        for sink in self.queues()? {
            for id in ids_of(&disk::names(&self.queue(&sink))?, ".json") {
                reports.insert(id);
                // Not the notice on one crash, which has that report's name.
                if !disk::exists(&self.report_path("archive", id)) {
                    let notice = match self.record(&sink, id, now) {
                        // A worker has just settled it.
                        Err(error) if error.kind() == ErrorKind::NotFound => None,
                        record => record?.notice,
                    };
                    reports.extend(notice.and_then(|notice| notice.report()));
                }
            }
        }
        Ok(reports)
    }

    /// How many files the limits count, and how many bytes these take on the disk.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn usage(&self) -> Result<(usize, u64), SpoolError> {
        let files = self.survey(&BTreeSet::new())?;
        Ok((files.len(), files.iter().map(|file| file.bytes).fold(0, u64::saturating_add)))
    }

    /// All files that are counted; whose the reports are is not known yet.
    fn survey(&self, protected: &BTreeSet<ReportId>) -> Result<Vec<Held>, SpoolError> {
        let mut files = Vec::new();
        let other = |area, owner: &str, path, facts: &Metadata| Held {
            path,
            area,
            owner: owner.to_owned(),
            time: facts.modified().map_or(Timestamp::from_micros(0), Timestamp::from),
            bytes: on_disk(facts),
            protected: false,
        };
        for (path, facts) in disk::files(&self.dir.join("corrupt"))? {
            files.push(other(Area::Corrupt, "corrupt", path, &facts));
        }
        for sink in disk::names(&self.dir.join("dead"))? {
            let owner = format!("dead/{}", sink.to_string_lossy());
            for (path, facts) in disk::files(&self.dir.join("dead").join(&sink))? {
                files.push(other(Area::Dead, &owner, path, &facts));
            }
        }
        for (area, place) in [(Area::Archive, "archive"), (Area::New, "new")] {
            for (path, facts) in disk::files(&self.dir.join(place))? {
                let Some(id) = path.file_name().and_then(|name| id_of(name, ".json")) else {
                    continue;
                };
                let (bytes, protected) = (on_disk(&facts), protected.contains(&id));
                let (time, owner) = (id.time(), String::new());
                files.push(Held { path, area, owner, time, bytes, protected });
            }
        }
        Ok(files)
    }

    /// How full the disk is that the spool lies on; `None` where that is not known.
    pub(super) fn room(&self) -> Option<Room> {
        let path = CPath::concat([self.dir.as_os_str().as_bytes()]).ok()?;
        sys::room(path.as_c_str()).ok()
    }

    fn volume(&self) -> Option<Volume> {
        let room = self.room()?;
        let Room { total_bytes, available_bytes, .. } = room;
        Some(Volume { total_bytes, available_bytes })
    }

    fn let_go(&self, file: &Held, before_drop_of_new: BeforeDrop<'_>) -> Result<(), SpoolError> {
        if file.area == Area::New
            && let Some(id) = file.path.file_name().and_then(|name| id_of(name, ".json"))
        {
            match self.waiting_report(id) {
                Ok(report) => before_drop_of_new(&report)?,
                // It is gone already, or it tells nothing.
                Err(error)
                    if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::InvalidData) => {}
                Err(error) => return Err(error),
            }
        }
        match fs::remove_file(&file.path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(SpoolError::at("remove", &file.path)(error))
            }
            _ => Ok(()),
        }
    }
}

/// What of `files` is asked to go: what is older than somebody wants, or what is more than `limits`
/// allow, of the jobs that are meant.
fn wanted<'a>(
    files: &'a [Held],
    asked: &Surplus,
    limits: Option<&Limits>,
    now: Timestamp,
    volume: Option<Volume>,
) -> Vec<(&'a Held, Limit)> {
    let jobs = JobGlobs::of(&asked.jobs);
    let is_meant = |file: &Held| {
        asked.jobs.is_empty() || file.area >= Area::Archive && is_on(&file.path, &jobs)
    };
    let mut going = match (asked.older_than_seconds, limits) {
        (Some(seconds), _) => {
            let age = Duration::from_secs(seconds);
            let old = files.iter().filter(|file| !file.protected);
            let old = old.filter(|file| now.since(file.time) > age);
            old.map(|file| (file, Limit::Asked)).collect()
        }
        (None, Some(limits)) => surplus(files, limits, now, volume),
        (None, None) => Vec::new(),
    };
    going.retain(|(file, _)| is_meant(file));
    going
}

/// Whether the report at `path` is on one of `jobs`. One that cannot be read is on none.
fn is_on(path: &Path, jobs: &JobGlobs) -> bool {
    #[derive(Deserialize)]
    struct Report {
        job: Job,
    }
    #[derive(Deserialize)]
    struct Job {
        name: String,
        instance: String,
    }
    let report =
        disk::read(path).ok().and_then(|json| serde_json::from_slice::<Report>(&json).ok());
    report.is_some_and(|Report { job }| jobs.mean(&job.name, &job.instance))
}

/// What a file takes on the disk, in bytes. Some file systems do not tell before it is flushed.
fn on_disk(facts: &Metadata) -> u64 {
    facts.len().max(facts.blocks().saturating_mul(512))
}

/// The key of the job that the report at `path` is on; nothing else of it is looked at.
fn key_of(path: &Path) -> String {
    #[derive(Deserialize)]
    struct Keyed {
        key: String,
    }
    let keyed = disk::read(path).ok().and_then(|json| serde_json::from_slice::<Keyed>(&json).ok());
    keyed.map_or_else(|| UNREADABLE.to_owned(), |keyed| keyed.key)
}

impl Pruned {
    fn of(gone: &[(&Held, Limit)]) -> Self {
        let mut drops: BTreeMap<_, Drops> = BTreeMap::new();
        for (file, limit) in gone {
            let (reports, time) = (file.area >= Area::Archive, file.time);
            let drops = drops.entry((*limit, reports, &file.owner)).or_insert_with(|| Drops {
                limit: *limit,
                owner: file.owner.clone(),
                reports,
                count: 0,
                oldest: time,
                newest: time,
            });
            drops.count += 1;
            drops.oldest = drops.oldest.min(time);
            drops.newest = drops.newest.max(time);
        }
        Self(drops.into_values().collect())
    }
}

impl fmt::Display for Drops {
    /// `the spool is over max_bytes: dropped 431 reports on web-1/api, the oldest of ..., the
    /// newest of ...`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { limit, owner, reports, count, oldest, newest } = self;
        f.write_str(match limit {
            Limit::Asked => "older than asked for",
            Limit::Age => "older than max_age",
            Limit::Reports => "the spool is over max_reports",
            Limit::Bytes => "the spool is over max_bytes",
            Limit::Free => "the spool's disk has less than keep_free",
        })?;
        let plural = if *count == 1 { "" } else { "s" };
        let what = if *reports { "report" } else { "file" };
        let preposition = if *reports { "on" } else { "in" };
        write!(f, ": dropped {count} {what}{plural} {preposition} {owner}, ")?;
        write!(f, "the oldest of {oldest}, the newest of {newest}")
    }
}

#[cfg(test)]
mod tests;
