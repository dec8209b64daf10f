//! The marker of a job: a file that is there while the job runs and nobody has asked it to stop.
//!
//! Life cycle: pre-start creates it (*armed*), pre-stop removes it (*disarmed*: this stop is
//! wanted). A post-stop that finds it writes the end into it, files the report and only then
//! removes it. A pre-start that finds it knows that no post-stop did so. Every change is one
//! `open(O_EXCL)`, `rename` or `unlink`, so a killed hook leaves either the old or the new state.
//!
//! The name is described in `name.rs`, what is known in `content.rs`, how it is
//! written in `text.rs`; all of it in `docs/markers.md`.

mod content;
mod name;
mod text;

use std::ffi::CStr;

use nix::fcntl::OFlag;
use nix::sys::stat::Mode;
use sha2::{Digest, Sha256};

pub use content::{Content, Instant, LogStart, Supervise, kept};
pub use text::decimal;

use crate::id::RunId;
use crate::job::Job;
use crate::paths::{NoPath, Place, Places};
use crate::sys::{self, CPath, Errno, Kind, Stat};

/// Markers are readable by all, as pid files are: they hold no secret.
const MODE: Mode = Mode::from_bits_truncate(0o644);

/// Where the marker of one job lies.
#[derive(Debug)]
pub struct Marker {
    path: CPath,
    /// Beside it: a marker that is being replaced, or what was found in its place.
    spare: CPath,
}

/// Why a marker could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    /// Something lies there that pre-start did not make: a link, a FIFO, a directory, a file of
    /// somebody else's.
    Foreign,
    /// The kernel refused.
    Refused(Errno),
}

impl Marker {
    /// The marker of `job`.
    ///
    /// # Errors
    /// [`NoPath`] where the root leaves no room for it, or a session does not say where it is.
    pub fn of(job: &Job<'_>, places: Places) -> Result<Self, NoPath> {
        let stem = name::stem(job);
        let path = |end: &[u8]| places.join(Place::Run, &[b"/", &stem, name::SUFFIX, end]);
        Ok(Self { path: path(b"")?, spare: path(b"~")? })
    }

    /// The file's path.
    pub fn path(&self) -> &CStr {
        self.path.as_c_str()
    }

    /// Creates the marker; nothing may lie there.
    ///
    /// # Errors
    /// `EEXIST` where something does; else what the kernel says. Under a file size limit that may
    /// not be lifted the marker stays empty, which is an armed marker too.
    pub fn arm(&self, content: &Content) -> Result<(), Errno> {
        let text = content.write().unwrap_or_default();
        match sys::create(self.path(), MODE, &text) {
            Err(Errno::EFBIG | Errno::ENOSPC | Errno::EDQUOT) => {
                sys::create(self.path(), MODE, b"")
            }
            done => done,
        }
    }

    /// Reads the marker of `job`; `None` where there is none.
    ///
    /// An empty one, as `touch` makes it, began when it was last changed; so did one that cannot
    /// be understood.
    ///
    /// # Errors
    /// [`Unreadable`] where what lies there is not to be trusted, or not to be read.
    pub fn read(&self, job: &Job<'_>) -> Result<Option<Content>, Unreadable> {
        let file = match sys::open(self.path(), OFlag::O_RDONLY) {
            Ok(file) => file,
            Err(Errno::ENOENT) => return Ok(None),
            Err(Errno::ELOOP | Errno::ENXIO) => return Err(Unreadable::Foreign),
            Err(errno) => return Err(Unreadable::Refused(errno)),
        };
        let stat = sys::stat_open(&file).map_err(Unreadable::Refused)?;
        if stat.kind != Kind::File || !stat.is_ours() {
            return Err(Unreadable::Foreign);
        }
        let mut bytes = [0; text::TEXT_LEN];
        let filled = sys::read(&file, &mut bytes).map_err(Unreadable::Refused)?;
        let read = bytes.get(..filled).unwrap_or_default();
        Ok(Some(Content::parse(read).unwrap_or_else(|| without_text(job, &stat))))
    }

    /// Puts `content` in the marker's place, in one step.
    ///
    /// # Errors
    /// What the kernel says; then the marker is as it was.
    pub fn replace(&self, content: &Content) -> Result<(), Errno> {
        let text = content.write().ok_or(Errno::E2BIG)?;
        let spare = self.spare.as_c_str();
        match sys::create(spare, MODE, &text) {
            Err(Errno::EEXIST) => {
                sys::remove(spare)?;
                sys::create(spare, MODE, &text)?;
            }
            done => done?,
        }
        sys::rename(spare, self.path())
    }

    /// Removes the marker, whatever lies there; what a link points to is not touched.
    ///
    /// # Errors
    /// What the kernel says; not that there was none.
    pub fn remove(&self) -> Result<(), Errno> {
        match sys::set_aside(self.path(), self.spare.as_c_str()) {
            Err(Errno::ENOENT) => Ok(()),
            done => done,
        }
    }
}

/// What is known from a marker that does not say it: made by `touch`, cut off, or not ours to
/// understand. The run's name follows from the file, so that every look gives the same one.
fn without_text(job: &Job<'_>, stat: &Stat) -> Content {
    let hash = Sha256::new()
        .chain_update(job.name)
        .chain_update([0])
        .chain_update(job.instance)
        .chain_update(stat.inode.to_be_bytes())
        .chain_update(stat.modified.micros().to_be_bytes())
        .finalize();
    let mut run = [0; 10];
    run.iter_mut().zip(hash).for_each(|(byte, hashed)| *byte = hashed);
    let boot_micros = sys::boot_micros()
        .saturating_sub(sys::now().micros().saturating_sub(stat.modified.micros()));
    Content::of(job, RunId(run), Instant { wall: stat.modified, boot_micros })
}
