//! Files, opened so that nothing planted in their place is followed, trusted or waited for.

use std::ffi::CStr;
use std::ops::Range;
use std::os::fd::{FromRawFd, OwnedFd};

use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, AtFlags, OFlag};
use nix::sys::stat::{FileStat, Mode, SFlag};

use crate::time::Timestamp;

/// What lies at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file with this one name.
    File,
    /// A file that has other names too.
    Linked,
    /// A directory.
    Directory,
    /// A symbolic link, FIFO, socket, device, or a file that has lost its name.
    Foreign,
}

/// Facts on a file.
#[derive(Debug, Clone, Copy)]
pub struct Stat {
    /// What it is.
    pub kind: Kind,
    /// The device it lies on.
    pub device: u64,
    /// Its number there.
    pub inode: u64,
    /// Its length in bytes.
    pub size: u64,
    /// The user id of its owner.
    pub owner: u32,
    /// Whether others than its owner may write to it.
    pub others_write: bool,
    /// When its content last changed.
    pub modified: Timestamp,
}

impl Stat {
    /// Whether it belongs to root or to the user whom this process runs as.
    pub fn is_ours(&self) -> bool {
        self.owner == 0 || self.owner == nix::unistd::geteuid().as_raw()
    }

    /// Whether nobody else may write to it.
    pub fn is_for_us_to_write(&self) -> bool {
        self.is_ours() && !self.others_write
    }
}

impl From<FileStat> for Stat {
    #[allow(clippy::useless_conversion, reason = "the fields' types differ between targets")]
    fn from(stat: FileStat) -> Self {
        let kind = match SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT {
            SFlag::S_IFREG if stat.st_nlink == 1 => Kind::File,
            SFlag::S_IFREG if stat.st_nlink > 1 => Kind::Linked,
            SFlag::S_IFDIR => Kind::Directory,
            _ => Kind::Foreign,
        };
        Self {
            kind,
            device: stat.st_dev.into(),
            inode: stat.st_ino.into(),
            size: i64::from(stat.st_size).max(0).unsigned_abs(),
            owner: stat.st_uid,
            others_write: stat.st_mode & 0o022 != 0,
            modified: Timestamp::from_micros(
                i64::from(stat.st_mtime)
                    .saturating_mul(1_000_000)
                    .saturating_add(i64::from(stat.st_mtime_nsec) / 1000),
            ),
        }
    }
}

/// Facts on what lies at `path` itself, not where it points.
///
/// # Errors
/// What the kernel says; `ENOENT` where nothing is there.
pub fn stat(path: &CStr) -> Result<Stat, Errno> {
    nix::sys::stat::fstatat(AT_FDCWD, path, AtFlags::AT_SYMLINK_NOFOLLOW).map(Stat::from)
}

/// Facts on an open file.
///
/// # Errors
/// What the kernel says.
pub fn stat_open(file: &OwnedFd) -> Result<Stat, Errno> {
    nix::sys::stat::fstat(file).map(Stat::from)
}

/// Whether anything lies at `path`.
pub fn exists(path: &CStr) -> bool {
    stat(path).is_ok()
}

/// How a file is opened where something may be planted: not through a symbolic link at its end,
/// not waiting for a FIFO's writer or a device, not as controlling terminal, not for children.
pub(super) const WARILY: OFlag =
    OFlag::O_CLOEXEC.union(OFlag::O_NOCTTY).union(OFlag::O_NOFOLLOW).union(OFlag::O_NONBLOCK);

/// Opens `path`, warily as to its last name; the directories before it are trusted.
///
/// # Errors
/// What the kernel says; `ELOOP` for a symbolic link.
pub fn open(path: &CStr, flags: OFlag) -> Result<OwnedFd, Errno> {
    open_as(path, flags | WARILY, Mode::empty())
}

/// `open(2)`. Not nix's, whose conversion of the descriptor keeps a panic path in the program.
fn open_as(path: &CStr, flags: OFlag, mode: Mode) -> Result<OwnedFd, Errno> {
    // SAFETY: `path` ends in NUL; a descriptor other than -1 is open and nobody else's.
    unsafe {
        match libc::open(path.as_ptr(), flags.bits(), mode.bits()) {
            -1 => Err(Errno::last()),
            fd => Ok(OwnedFd::from_raw_fd(fd)),
        }
    }
}

/// Reads until `buffer` is full or the file ends.
///
/// # Errors
/// What the kernel says.
pub fn read(file: &OwnedFd, buffer: &mut [u8]) -> Result<usize, Errno> {
    fill(buffer, |rest, _| nix::unistd::read(file, rest))
}

/// What stands in `range` of the file, as far as that is there.
///
/// # Errors
/// What the kernel says.
pub fn read_range(file: &OwnedFd, range: Range<u64>) -> Result<Vec<u8>, Errno> {
    let length = range.end.saturating_sub(range.start);
    let mut bytes = vec![0; usize::try_from(length).map_err(|_| Errno::EFBIG)?];
    let filled = fill(&mut bytes, |rest, filled| {
        let at = i64::try_from(range.start.saturating_add(filled as u64));
        nix::sys::uio::pread(file, rest, at.map_err(|_| Errno::EOVERFLOW)?)
    })?;
    bytes.truncate(filled);
    Ok(bytes)
}

/// Calls `read`, with what is not filled yet and how much is, until all is or nothing more comes.
fn fill(
    buffer: &mut [u8],
    mut read: impl FnMut(&mut [u8], usize) -> Result<usize, Errno>,
) -> Result<usize, Errno> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match read(rest, filled) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(filled)
}

/// Hands `line` to what is open for writing, in one piece; no error is of any use to the caller.
pub fn write_line(file: &OwnedFd, line: &[u8]) {
    let _ = nix::unistd::write(file, line);
}

/// Creates `path`, which nothing may lie at, with `content`.
///
/// # Errors
/// What the kernel says; `EEXIST` where something lies there. A file that could not be written
/// whole is removed again.
pub fn create(path: &CStr, mode: Mode, content: &[u8]) -> Result<(), Errno> {
    let flags = OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_WRONLY | OFlag::O_CLOEXEC;
    let file = open_as(path, flags, mode)?;
    let mut rest = content;
    while !rest.is_empty() {
        match nix::unistd::write(&file, rest) {
            Ok(count) => rest = rest.get(count..).unwrap_or_default(),
            Err(Errno::EINTR) => {}
            Err(errno) => {
                let _ = remove(path);
                return Err(errno);
            }
        }
    }
    Ok(())
}

/// Removes the name `path`; never what it points to.
///
/// # Errors
/// What the kernel says.
pub fn remove(path: &CStr) -> Result<(), Errno> {
    nix::unistd::unlink(path)
}

/// Makes `to` the name of what is called `from`, in one step, replacing what had it.
///
/// # Errors
/// What the kernel says.
pub fn rename(from: &CStr, to: &CStr) -> Result<(), Errno> {
    nix::fcntl::renameat(AT_FDCWD, from, AT_FDCWD, to)
}

/// Frees the name `path` from something that has no business there: removes it, or, where it is
/// a directory with content, gives it the name `aside`.
///
/// # Errors
/// What the kernel says.
pub fn set_aside(path: &CStr, aside: &CStr) -> Result<(), Errno> {
    match nix::unistd::unlink(path) {
        Err(Errno::EISDIR | Errno::EPERM) => {
            nix::unistd::unlinkat(AT_FDCWD, path, nix::unistd::UnlinkatFlags::RemoveDir)
                .or_else(|_| rename(path, aside))
        }
        done => done,
    }
}

/// Creates the directory `path` and those above it that are missing, for their owner alone.
///
/// # Errors
/// What the kernel says of the first one that could not be made.
pub fn make_dirs(path: &[u8]) -> Result<(), Errno> {
    let ends = path.iter().enumerate().skip(1).filter(|(_, byte)| **byte == b'/');
    let mut done = Ok(());
    for end in ends.map(|(position, _)| position).chain([path.len()]) {
        let Some(directory) = path.get(..end) else { continue };
        let name = super::CPath::concat([directory]).map_err(|_| Errno::ENAMETOOLONG)?;
        done = match make_dir(name.as_c_str()) {
            Ok(()) => Ok(()),
            refused => done.and(refused),
        };
    }
    done
}

/// Creates the directory `path`, for its owner alone, unless something has that name already.
///
/// # Errors
/// What the kernel says.
pub fn make_dir(path: &CStr) -> Result<(), Errno> {
    match nix::unistd::mkdir(path, Mode::S_IRWXU) {
        Err(Errno::EEXIST) => Ok(()),
        done => done,
    }
}
