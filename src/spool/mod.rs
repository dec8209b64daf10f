//! The spool: where a file lies is its state, a rename is the transition.
//!
//! ```text
//! tmp/NAME              being written; what a killed writer left is removed after an hour
//! new/ID.json           captured, complete; examined or not, the notifier has not taken it yet
//! unseen/ID.marker      a marker that pre-start found armed; the notifier makes a report of it
//! archive/ID.json       taken: every sink has its own entry in the queue
//! queue/SINK/ID.json    owed to this sink; says how often it was tried and when next
//! queue/SINK/parked     this sink takes nothing until its config changes, and why
//! dead/SINK/ID.json     given up for this sink, and why
//! metrics.json          what is counted for a time series database
//! silences/NAME.json    what somebody has silenced, until when, and why
//! requests/ID.json      what somebody has asked the notifier for
//! corrupt/NAME          what was found in new/ or unseen/ and is no report
//! lock                  held by the one notifier
//! word                  left by the others: somebody has asked for a delivery
//! ```
//!
//! The way of a report, one rename or unlink after the other:
//!
//! ```text
//! hook ── put ──> unseen/ ── adopt ──> new/ ── take ──> archive/
//!          └───────────────────────────^        └──> queue/SINK/ ── delivered ──> (nothing)
//!                                                         └────── given up ──> dead/SINK/
//! ```
//!
//! What the spool does not take, on a disk that is full or read-only, the hooks put into the
//! emergency spool, which has `tmp/`, `new/` and `unseen/`; the notifier carries it over. There also
//! lies the kick, in `kicks/` (`kick.rs`), on a host where systemd starts the notifier.
//!
//! A report that lies in `archive/` and in no `queue/` is settled: every sink has it, or is named
//! in `dead/`. Of a delivery that was killed on its way nothing is lost: it is made once more.
//!
//! The hooks write `new/` and `unseen/`, the notifier everything else and only under `lock`. This
//! part is the hooks'; it neither allocates nor waits for a disk. The notifier's are `store.rs`
//! (in: adopt and take), `emergency.rs` (in, by the detour), `examination.rs` (before it is taken), `queue.rs` (out: what each sink is
//! owed, told by a `record.rs`), `prune.rs` (what is more than is to be kept, by `limits.rs` and
//! `bounds.rs`), `lock.rs` (one at a time), `entries.rs` (for people to look at) and `disk.rs`
//! (whole files or none). The command alone writes `silences/` (`silences.rs`) and `requests/`
//! (`requests.rs`, and `retry.rs` for one of them), each file in one step; the notifier removes what
//! was over long ago, or is done.

#[cfg(feature = "deliver")]
mod arrivals;
#[cfg(feature = "deliver")]
mod bounds;
#[cfg(feature = "deliver")]
mod counters;
#[cfg(feature = "deliver")]
mod disk;
#[cfg(feature = "deliver")]
mod drafts;
#[cfg(feature = "deliver")]
mod emergency;
#[cfg(feature = "deliver")]
mod entries;
#[cfg(feature = "deliver")]
mod examination;
#[cfg(feature = "deliver")]
mod incidents;
mod kick;
#[cfg(feature = "deliver")]
mod limits;
#[cfg(feature = "deliver")]
mod lock;
#[cfg(feature = "deliver")]
mod prune;
#[cfg(feature = "deliver")]
mod queue;
#[cfg(feature = "deliver")]
mod record;
#[cfg(feature = "deliver")]
mod requests;
#[cfg(feature = "deliver")]
mod retry;
#[cfg(feature = "deliver")]
mod silences;
#[cfg(feature = "deliver")]
mod size;
#[cfg(feature = "deliver")]
mod store;
#[cfg(feature = "deliver")]
mod survey;
#[cfg(test)]
#[cfg(feature = "deliver")]
pub(crate) mod testing;
#[cfg(feature = "deliver")]
mod trouble;

use std::ffi::CStr;

use nix::sys::stat::Mode;

#[cfg(feature = "deliver")]
pub use {
    arrivals::{Step, Taken},
    bounds::Limit,
    disk::SpoolError,
    entries::{Entry, Owed, Progress},
    limits::{KeepFree, Limits},
    lock::Lock,
    prune::{BeforeDrop, Drops, Going, Pruned},
    queue::Undelivered,
    record::{Parked, Record},
    requests::{Again, Request, Surplus},
    retry::Resumed,
    size::Size,
    store::{Say, Spool, Torn},
    trouble::Trouble,
};

pub use kick::leave_kick;

use crate::id::{ReportId, RunId};
use crate::paths::{Place, Places};
use crate::sys::{self, CPath, Errno, Kind};

/// Reports may hold what a service logged: for root alone.
const MODE: Mode = Mode::S_IRUSR.union(Mode::S_IWUSR);

/// How much of a file system hooks leave to others, in bytes: a 64th of it, but no more than this.
/// It is what root can still write, so that crashes on a disk that is full for everybody else are
/// kept in what is set aside for root.
const KEPT_FREE_BYTES: u64 = 8 << 20;

/// The same of the files that it can hold.
const KEPT_FREE_INODES: u64 = 1024;

/// Whether what is left of a file system is for others.
pub fn is_nearly_full(room: &sys::Room) -> bool {
    let too_few = |free: u64, total: u64, most: u64| total > 0 && free < (total / 64).min(most);
    too_few(room.free_bytes, room.total_bytes, KEPT_FREE_BYTES)
        || too_few(room.inodes_free, room.inodes, KEPT_FREE_INODES)
}

/// What a name adds to the size of its directory, in bytes: on tmpfs 20, on file systems of a disk
/// 40 and more, for the names that reports have. (ZFS says how many names there are: there it is
/// the rest of the disk alone that is kept for others.)
const NAME_BYTES: u64 = 20;

/// What a hook leaves in the spool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drop {
    /// A report, as JSON.
    Report,
    /// A marker whose end nobody saw.
    Unseen,
}

impl Drop {
    /// Where it lies, and the end of its name.
    const fn place(self) -> (&'static [u8], &'static [u8]) {
        match self {
            Self::Report => (b"new", b".json"),
            Self::Unseen => (b"unseen", b".marker"),
        }
    }
}

/// Puts `content` into the spool under the name `id`, in one step and without a flush to disk
/// (the notifier does that, where nobody waits). What the spool does not take goes to the emergency
/// spool: the notifier carries it on as soon as it can.
///
/// # Errors
/// What the kernel says of the spool; `ENOSPC` or `EDQUOT` also where others need the room. Then
/// nothing of it is in either.
pub fn put(places: Places, what: Drop, id: ReportId, content: &[u8]) -> Result<(), Errno> {
    let put = |dir| Directory { places, dir }.put(what, id, content);
    put(Place::Spool).or_else(|errno| {
        emergency_spool(places, true).and_then(|()| put(Place::EmergencySpool)).map_err(|_| errno)
    })
}

/// Whether the spool, or the emergency spool, has a report named `id` already, taken or not.
pub fn holds(places: Places, id: ReportId) -> bool {
    // In the order in which a report moves: none is missed while the notifier is at work.
    let emergency = emergency_spool(places, false).is_ok();
    emergency && Directory { places, dir: Place::EmergencySpool }.holds(id)
        || Directory { places, dir: Place::Spool }.holds(id)
}

/// Looks whether the emergency spool can be trusted, and makes it where `make` says so.
///
/// It lies in a directory that others may be allowed to write to, so that it could have been put
/// there by anybody: it is used only where it belongs to whoever it is for, root or the session's
/// user, and to nobody else.
///
/// # Errors
/// `ENOENT` where it is not there; `EPERM` where it is not ours; else what the kernel says.
fn emergency_spool(places: Places, make: bool) -> Result<(), Errno> {
    let us = nix::unistd::geteuid();
    if !us.is_root() && !places.are_of_a_session() {
        return Err(Errno::EPERM);
    }
    let path = places.join(Place::EmergencySpool, &[]).map_err(|_| Errno::ENOENT)?;
    if make {
        sys::make_dir(path.as_c_str())?;
    }
    let stat = sys::stat(path.as_c_str())?;
    let ours = stat.kind == Kind::Directory && stat.owner == us.as_raw() && !stat.others_write;
    if ours { Ok(()) } else { Err(Errno::EPERM) }
}

/// One of the two directories that hooks leave something in, laid out alike.
#[derive(Clone, Copy)]
struct Directory {
    places: Places,
    dir: Place,
}

impl Directory {
    fn put(self, what: Drop, id: ReportId, content: &[u8]) -> Result<(), Errno> {
        let (place, end) = what.place();
        let id = id.text();
        self.has_room(place)?;
        // A name of its own: what a hook that was cut short has still to say is put by another
        // process.
        let writer = RunId(sys::random_bytes()).to_hex();
        let beside = self.path(&[b"/tmp/", id.as_bytes(), b".", writer.as_bytes()])?;
        let target = self.path(&[b"/", place, b"/", id.as_bytes(), end])?;

        self.create(beside.as_c_str(), content)?;
        match sys::rename(beside.as_c_str(), target.as_c_str()) {
            Err(Errno::ENOENT) => {
                sys::make_dirs(self.path(&[b"/", place])?.as_bytes())?;
                sys::rename(beside.as_c_str(), target.as_c_str())
            }
            done => done,
        }
        .inspect_err(|_| {
            let _ = sys::remove(beside.as_c_str());
        })
    }

    /// Looks whether a file more in `place` leaves others enough.
    ///
    /// # Errors
    /// `ENOSPC` where the file system is nearly full, `EDQUOT` where the place holds [`Self::most`]
    /// files: no notifier has worked off what is there.
    // Not inlined: it would be in every hook twice.
    #[inline(never)]
    fn has_room(self, place: &[u8]) -> Result<(), Errno> {
        // What is not there yet is made; what cannot be looked at says so when it is written to.
        if sys::room(self.path(&[])?.as_c_str()).is_ok_and(|room| is_nearly_full(&room)) {
            return Err(Errno::ENOSPC);
        }
        let (place, most) = (self.path(&[b"/", place])?, self.most());
        // What is small need not be counted.
        let full = u64::from(most).saturating_mul(NAME_BYTES);
        let may_be_full = sys::stat(place.as_c_str()).is_ok_and(|dir| dir.size >= full);
        if may_be_full && sys::count_names(place.as_c_str(), most).is_ok_and(|n| n >= most) {
            return Err(Errno::EDQUOT);
        }
        Ok(())
    }

    /// How many files one place takes. Where notifiers work there are far fewer.
    const fn most(self) -> u32 {
        match self.dir {
            // Memory, mostly.
            Place::EmergencySpool => 64,
            _ => 20_000,
        }
    }

    fn holds(self, id: ReportId) -> bool {
        let id = id.text();
        [(&b"/unseen/"[..], &b".marker"[..]), (b"/new/", b".json"), (b"/archive/", b".json")]
            .into_iter()
            .filter_map(|(place, end)| self.path(&[place, id.as_bytes(), end]).ok())
            .any(|path| sys::exists(path.as_c_str()))
    }

    /// Creates `file` in `tmp/`, and the directory on a host that has no spool yet.
    fn create(self, file: &CStr, content: &[u8]) -> Result<(), Errno> {
        match sys::create(file, MODE, content) {
            Err(Errno::ENOENT) => {
                sys::make_dirs(self.path(&[b"/tmp"])?.as_bytes())?;
                sys::create(file, MODE, content)
            }
            done => done,
        }
    }

    /// # Errors
    /// `ENOENT` where there can be no such path.
    fn path(self, parts: &[&[u8]]) -> Result<CPath, Errno> {
        self.places.join(self.dir, parts).map_err(|_| Errno::ENOENT)
    }
}
