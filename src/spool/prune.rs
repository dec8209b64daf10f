//! Dropping what is more than the spool is to keep. What goes is decided in `bounds.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;

use super::bounds::{Area, Held, Limit, Volume, surplus};
use super::disk::{self, SpoolError};
use super::limits::Limits;
use super::requests::Surplus;
use super::store::{Say, Spool, id_of};
use super::survey::key_of;
use crate::globs::JobGlobs;
use crate::id::ReportId;
use crate::report::CrashReport;
use crate::time::Timestamp;

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

/// Files that are to be dropped, each for a limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Going(Vec<(Held, Limit)>);

impl Going {
    /// What is dropped if all of it is.
    pub fn all(&self) -> Pruned {
        Pruned::of(self.0.iter().map(|(file, limit)| (file, *limit)))
    }

    /// What is there no more.
    pub fn gone(&self) -> Pruned {
        let gone = self.0.iter().filter(|(file, _)| !disk::exists(&file.path));
        Pruned::of(gone.map(|(file, limit)| (file, *limit)))
    }
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
        let pruned = Pruned::of(gone.iter().copied());
        pruned.0.iter().for_each(|drops| say(format_args!("{}", drops.told("dropped"))));
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
    ) -> Result<Going, SpoolError> {
        let files = self.held(protected)?;
        let going = wanted(&files, surplus, limits, now, self.volume()).into_iter();
        Ok(Going(going.map(|(file, limit)| (file.clone(), limit)).collect()))
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

impl Pruned {
    fn of<'a>(gone: impl Iterator<Item = (&'a Held, Limit)>) -> Self {
        let mut drops: BTreeMap<_, Drops> = BTreeMap::new();
        for (file, limit) in gone {
            let (reports, time) = (file.area >= Area::Archive, file.time);
            let drops = drops.entry((limit, reports, &file.owner)).or_insert_with(|| Drops {
                limit,
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

impl Drops {
    /// `the spool is over max_bytes: VERB 431 reports on web-1/api, the oldest of ..., the newest
    /// of ...`
    pub fn told(&self, verb: &str) -> String {
        let Self { limit, owner, reports, count, oldest, newest } = self;
        let why = match limit {
            Limit::Asked => "older than asked for",
            Limit::Age => "older than max_age",
            Limit::Reports => "the spool is over max_reports",
            Limit::Bytes => "the spool is over max_bytes",
            Limit::Free => "the spool's disk has less than keep_free",
        };
        let plural = if *count == 1 { "" } else { "s" };
        let (what, preposition) = if *reports { ("report", "on") } else { ("file", "in") };
        format!(
            "{why}: {verb} {count} {what}{plural} {preposition} {owner}, the oldest of {oldest}, \
             the newest of {newest}"
        )
    }
}

#[cfg(test)]
mod tests;
