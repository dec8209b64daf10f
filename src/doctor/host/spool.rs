//! The spool: who may read it, what lies in it and for how long. Read without its lock.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::id::ReportId;
use crate::paths::{Place, Places};
use crate::spool::{Parked, Spool, SpoolError};
use crate::sys::{self, Room};
use crate::time::Timestamp;

/// The most files that are looked at.
const MOST: usize = 50_000;

/// What is in the spool.
#[derive(Debug, Clone, Default)]
pub struct SpoolFacts {
    /// Where it is.
    pub dir: PathBuf,
    /// Whether it is there.
    pub exists: bool,
    /// Files that others may read or write, or own.
    pub wrong: Vec<Wrong>,
    /// What room its file system has; none where that is not known.
    pub room: Option<Room>,
    /// Whether its file system takes nothing.
    pub is_read_only: bool,
    /// How many files are no reports.
    pub corrupt: usize,
    /// How many reports lie in the emergency spool.
    pub emergency: usize,
    /// When the oldest report was written that no notifier has taken.
    pub new_since: Option<Timestamp>,
    /// How many of those there are.
    pub new: usize,
    /// The sinks that are owed something, or were.
    pub sinks: Vec<SinkFacts>,
    /// A report that was written later than now.
    pub from_the_future: Option<(ReportId, Timestamp)>,
    /// The version of the hooks that wrote the last report.
    pub agent: Option<String>,
    /// The notifier at work.
    pub notifier: Option<u32>,
}

/// A file with a mode or an owner that it is not to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// Which one.
    pub path: PathBuf,
    /// Its mode, without its kind.
    pub mode: u32,
    /// Its owner.
    pub owner: u32,
}

/// What one sink is owed.
#[derive(Debug, Clone)]
pub struct SinkFacts {
    /// Its name.
    pub name: String,
    /// How many notices.
    pub owed: usize,
    /// When the oldest of them was made.
    pub since: Option<Timestamp>,
    /// When that is to be tried next; none is at once.
    pub next_attempt_at: Option<Timestamp>,
    /// What the sink said to it.
    pub last_error: Option<String>,
    /// Why it is sent nothing.
    pub parked: Option<Parked>,
    /// How many notices were given up.
    pub dead: usize,
}

impl SpoolFacts {
    /// Looks at the spool.
    ///
    /// # Errors
    /// Why it cannot be looked at, in words.
    pub(super) fn look(places: Places) -> Result<Self, String> {
        let words = |error: SpoolError| error.to_string();
        let spool = Spool::of(places).map_err(|why| why.words().to_owned())?;
        let dir = places.path(Place::Spool, "").map_err(|why| why.words().to_owned())?;
        if !dir.exists() {
            return Ok(Self { dir, ..Self::default() });
        }
        fs::read_dir(&dir).map_err(|error| format!("{}: {error}", dir.display()))?;
        let now = sys::now();
        let path = places.join(Place::Spool, &[]).map_err(|why| why.words().to_owned())?;
        let all = spool.ids().map_err(words)?;
        let newest = all.last().copied();
        let last = newest.and_then(|id| spool.report(id).ok().flatten());
        let mut sinks = Vec::new();
        for name in spool.sinks().map_err(words)? {
            sinks.push(SinkFacts::look(&spool, name, now).map_err(words)?);
        }
        Ok(Self {
            exists: true,
            wrong: wrong(&dir),
            room: sys::room(path.as_c_str()).ok(),
            is_read_only: sys::is_read_only(path.as_c_str()).unwrap_or(false),
            corrupt: fs::read_dir(dir.join("corrupt")).map_or(0, Iterator::count),
            emergency: spool.emergency_ids().map_err(words)?.len(),
            new_since: spool.waiting().map_err(words)?.first().map(|id| id.time()),
            new: spool.new_count().map_err(words)?,
            sinks,
            from_the_future: newest.map(|id| (id, id.time())).filter(|(_, time)| *time > now),
            agent: last.map(|report| report.agent.version),
            notifier: spool.holder_of_the_lock(),
            dir,
        })
    }
}

impl SinkFacts {
    fn look(spool: &Spool, name: String, now: Timestamp) -> Result<Self, SpoolError> {
        let (dead, owed): (Vec<_>, Vec<_>) =
            spool.undelivered_to(&name, now)?.into_iter().partition(|it| it.is_dead);
        let oldest = owed.iter().min_by_key(|it| it.id);
        Ok(Self {
            owed: owed.len(),
            since: oldest.map(|it| it.id.time()),
            next_attempt_at: oldest.and_then(|it| it.record.next_attempt_at),
            last_error: oldest.and_then(|it| it.record.last_error.clone()),
            parked: spool.parked(&name),
            dead: dead.len(),
            name,
        })
    }
}

/// What in the spool others than its owner may read or write, or somebody else owns.
fn wrong(dir: &Path) -> Vec<Wrong> {
    let us = nix::unistd::geteuid().as_raw();
    let (mut wrong, mut left, mut directories) = (Vec::new(), MOST, vec![dir.to_owned()]);
    while let Some(path) = directories.pop() {
        let Ok(facts) = fs::symlink_metadata(&path) else { continue };
        let (mode, owner) = (facts.mode() & 0o7777, facts.uid());
        if !facts.is_symlink() && (mode & 0o077 != 0 || owner != us) {
            wrong.push(Wrong { path: path.clone(), mode, owner });
        }
        if facts.is_dir() && left > 0 {
            let entries: Vec<_> =
                fs::read_dir(&path).into_iter().flatten().flatten().take(left).collect();
            left -= entries.len();
            directories.extend(entries.iter().map(fs::DirEntry::path));
        }
    }
    wrong.sort_by(|one, other| one.path.cmp(&other.path));
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn what_others_may_read_is_found_at_any_depth() {
        let dir = tempfile::tempdir().unwrap();
        let mode = |name: &str, mode| {
            fs::set_permissions(dir.path().join(name), fs::Permissions::from_mode(mode)).unwrap();
        };
        fs::create_dir(dir.path().join("new")).unwrap();
        fs::write(dir.path().join("new/a"), "").unwrap();
        mode("", 0o700);
        mode("new", 0o700);
        mode("new/a", 0o600);
        assert_eq!(wrong(dir.path()), []);
        mode("new", 0o755);
        mode("new/a", 0o640);
        let found: Vec<_> = wrong(dir.path()).into_iter().map(|file| file.mode).collect();
        assert_eq!(found, [0o755, 0o640]);
    }
}
