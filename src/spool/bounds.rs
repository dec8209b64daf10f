//! What goes where the spool keeps too much. Pure: time and room are arguments.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::path::PathBuf;

use super::limits::Limits;
use crate::time::Timestamp;

/// However full others make the file system, so many of the newest reports stay.
const STAY: usize = 16;

/// Where a file lies. What stands first goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Area {
    /// `corrupt/`
    Corrupt,
    /// `dead/SINK/`
    Dead,
    /// `archive/`
    Archive,
    /// `new/`
    New,
}

/// A file that the spool keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held {
    /// Its path.
    pub(super) path: PathBuf,
    /// Where that is.
    pub(super) area: Area,
    /// Of a report, its job's key; of another file, the directory it lies in.
    pub(super) owner: String,
    /// Of a report, when the job died; of another file, when it was written.
    pub(super) time: Timestamp,
    /// What it takes on the disk, in bytes.
    pub(super) bytes: u64,
    /// Whether it must stay.
    pub(super) protected: bool,
}

/// The file system that the spool lies on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Volume {
    /// All of it, in bytes.
    pub(super) total_bytes: u64,
    /// What users other than root can still write, in bytes.
    pub(super) available_bytes: u64,
}

/// A limit of the operator's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Limit {
    /// Somebody asked for it.
    Asked,
    /// `max_age`
    Age,
    /// `max_reports`
    Reports,
    /// `max_bytes`
    Bytes,
    /// `keep_free`
    Free,
}

/// What of `files` is to go, and the limit that it goes for, in the order in which it goes.
///
/// First what is too old. Then, until every limit is kept, with a tenth to spare so that this is
/// not done at every crash: `corrupt/`, then `dead/`, the oldest of it first; then, of the job that
/// keeps most bytes, the oldest report in `archive/`, again and again; and only then in the same
/// way what lies in `new/`, of which the first report on each job stays.
pub(super) fn surplus<'a>(
    files: &'a [Held],
    limits: &Limits,
    now: Timestamp,
    volume: Option<Volume>,
) -> Vec<(&'a Held, Limit)> {
    let firsts = first_new_of_each_job(files);
    let may_go = files.iter().enumerate().filter(|(index, file)| {
        !(file.protected || file.area == Area::New && firsts.contains(index))
    });
    let (old, mut rest): (Vec<_>, Vec<_>) =
        may_go.partition(|(_, file)| now.since(file.time) > limits.max_age.0);

    let mut over = Excess::of(files, volume);
    let mut going = Vec::new();
    for (_, file) in &old {
        over.without(file);
        going.push((*file, Limit::Age));
    }
    over.measure(limits);
    if over.passed().is_none() {
        return going;
    }

    let old: BTreeSet<usize> = old.into_iter().map(|(index, _)| index).collect();
    let staying = files.iter().enumerate().filter(|(index, _)| !old.contains(index));
    let newest = newest_reports(staying.clone());
    let mut bytes_of_job = BTreeMap::new();
    for (_, file) in staying.filter(|(_, file)| file.area >= Area::Archive) {
        let bytes = bytes_of_job.entry(file.owner.as_str()).or_insert(0_u64);
        *bytes = bytes.saturating_add(file.bytes);
    }
    rest.sort_by_key(|(_, file)| (file.area, file.time));
    for area in [Area::Corrupt, Area::Dead, Area::Archive, Area::New] {
        let here = rest.iter().copied().filter(|(_, file)| file.area == area);
        let ordered = if area < Area::Archive {
            here.collect()
        } else {
            worst_offenders_first(here, &mut bytes_of_job)
        };
        for (index, file) in ordered {
            let Some(limit) = over.passed() else { return going };
            if limit != Limit::Free || !newest.contains(&index) {
                over.without(file);
                going.push((file, limit));
            }
        }
    }
    going
}

/// A file and its place among all.
type Numbered<'a> = (usize, &'a Held);

/// `reports`, which are sorted by time, in the order in which they go: always the oldest of the job
/// that has most bytes, by `bytes_of_job`, and of two such jobs the older one.
fn worst_offenders_first<'a>(
    reports: impl DoubleEndedIterator<Item = Numbered<'a>>,
    bytes_of_job: &mut BTreeMap<&'a str, u64>,
) -> Vec<Numbered<'a>> {
    let mut of_job: BTreeMap<&str, Vec<Numbered<'a>>> = BTreeMap::new();
    // Back to front: the oldest of a job is its last.
    for report in reports.rev() {
        of_job.entry(report.1.owner.as_str()).or_default().push(report);
    }
    let mut ordered = Vec::new();
    let mut jobs = BinaryHeap::new();
    let rank = |owner: &'a str, reports: &[Numbered<'_>], bytes: u64| {
        reports.last().map(|(_, oldest)| (bytes, Reverse((oldest.time, owner))))
    };
    for (owner, reports) in &of_job {
        jobs.extend(rank(owner, reports, bytes_of_job.get(owner).copied().unwrap_or_default()));
    }
    while let Some((_, Reverse((_, owner)))) = jobs.pop() {
        let Some(reports) = of_job.get_mut(owner) else { continue };
        let Some(oldest) = reports.pop() else { continue };
        let bytes = bytes_of_job.entry(owner).or_default();
        *bytes = bytes.saturating_sub(oldest.1.bytes);
        ordered.push(oldest);
        jobs.extend(rank(owner, reports, *bytes));
    }
    ordered
}

/// The first report on each job in `new/`: nobody has been told of it.
fn first_new_of_each_job(files: &[Held]) -> BTreeSet<usize> {
    let mut first: BTreeMap<&str, (Timestamp, usize)> = BTreeMap::new();
    for (index, file) in files.iter().enumerate().filter(|(_, file)| file.area == Area::New) {
        let this = (file.time, index);
        let known = first.entry(file.owner.as_str()).or_insert(this);
        *known = this.min(*known);
    }
    first.into_values().map(|(_, index)| index).collect()
}

/// The newest reports: [`STAY`] of them.
fn newest_reports<'a>(files: impl Iterator<Item = Numbered<'a>>) -> BTreeSet<usize> {
    let reports = files.filter(|(_, file)| file.area >= Area::Archive);
    let mut reports: Vec<_> = reports.map(|(index, file)| (Reverse(file.time), index)).collect();
    reports.sort_unstable();
    reports.into_iter().take(STAY).map(|(_, index)| index).collect()
}

/// How much the spool keeps, and how much of that is too much.
struct Excess {
    files: u64,
    bytes: u64,
    volume: Option<Volume>,
    /// How many files are to stay.
    files_goal: u64,
    /// How many bytes are.
    bytes_goal: u64,
    /// How much of the volume is to become free, in bytes.
    free_goal: u64,
}

impl Excess {
    fn of(files: &[Held], volume: Option<Volume>) -> Self {
        Self {
            files: files.len() as u64,
            // A sparse file may claim any length.
            bytes: files.iter().fold(0, |sum, file| sum.saturating_add(file.bytes)),
            volume,
            files_goal: u64::MAX,
            bytes_goal: u64::MAX,
            free_goal: 0,
        }
    }

    fn without(&mut self, file: &Held) {
        self.files = self.files.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(file.bytes);
        if let Some(volume) = &mut self.volume {
            volume.available_bytes = volume.available_bytes.saturating_add(file.bytes);
        }
    }

    /// Holds what there is against `limits`.
    fn measure(&mut self, limits: &Limits) {
        let (most_files, most_bytes) = (limits.max_reports, limits.max_bytes.0);
        if self.files > most_files {
            self.files_goal = most_files - most_files / 10;
        }
        if self.bytes > most_bytes {
            self.bytes_goal = most_bytes - most_bytes / 10;
        }
        if let Some(volume) = self.volume {
            let kept_free = limits.keep_free.of(volume.total_bytes);
            if volume.available_bytes < kept_free {
                self.free_goal = kept_free.saturating_add(kept_free / 10);
            }
        }
    }

    /// The limit that is still passed; the one for the sake of others comes last.
    fn passed(&self) -> Option<Limit> {
        let available = self.volume.map_or(u64::MAX, |volume| volume.available_bytes);
        let passed = [
            (Limit::Reports, self.files > self.files_goal),
            (Limit::Bytes, self.bytes > self.bytes_goal),
            (Limit::Free, available < self.free_goal),
        ];
        passed.into_iter().find(|(_, passed)| *passed).map(|(limit, _)| limit)
    }
}

#[cfg(test)]
mod tests;
