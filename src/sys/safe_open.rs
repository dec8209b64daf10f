//! Opening a file at a path of which others than root may control a part.

use std::ffi::{CStr, CString};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;

use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, openat, readlinkat};
use nix::sys::stat::{Mode, fstatat};

use super::file::{Kind, Stat, WARILY, open, stat_open};

/// The most symbolic links that are followed on one way.
const LINKS: usize = 8;

/// How a directory is opened: to go on from, not to be listed. A kernel older than 2.6.39 does not
/// know `O_PATH`, passes over it, and opens the directory for reading.
const DIRECTORY: OFlag =
    OFlag::O_PATH.union(OFlag::O_DIRECTORY).union(OFlag::O_NOFOLLOW).union(OFlag::O_CLOEXEC);

/// Why a file is not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The way leads through a symbolic link, or a `..`, that others than root may have put there.
    Link,
    /// The file has another name, and it or its directory is not root's alone.
    OtherNames,
    /// A device, a FIFO, a socket or a directory.
    NoFile,
    /// The kernel refuses.
    Kernel(Errno),
}

impl Refused {
    /// The reason, in words.
    pub fn desc(self) -> &'static str {
        match self {
            Self::Link => "behind a symbolic link that is not root's alone: not followed",
            Self::OtherNames => "has another name too (a hard link): not read",
            Self::NoFile => "no plain file: not read",
            Self::Kernel(errno) => errno.desc(),
        }
    }
}

/// Opens the plain file at the absolute `path` for reading, with facts on it.
///
/// Root reads here for a service that may own directories on the way. Whoever may change a
/// directory can let each name in it lead to a file that he may not read himself. Therefore:
///
/// - The way is walked name by name, from one open directory to the next. What was looked at is
///   what is used, whatever is renamed in the meantime.
/// - A symbolic link is followed where root made it in a directory that root alone may change, and
///   so is `..` there. Others are not, wherever they stand in the path.
/// - A file with several names is read only if it is root's, in such a directory.
/// - For a process that is not root's, its own user may do what root may: he plants for himself.
/// - Nothing is waited for: not a FIFO's writer, not the holder of a lease. A device is not read.
///
/// # Errors
/// [`Refused`]; `ENOENT` in it where nothing is there.
pub fn safe_open(path: &CStr) -> Result<(OwnedFd, Stat), Refused> {
    walk(path, DIRECTORY)
}

/// The same, with the flags by which a directory is opened.
fn walk(path: &CStr, directory: OFlag) -> Result<(OwnedFd, Stat), Refused> {
    let from_root = || open(c"/", directory).map_err(Refused::Kernel);
    let mut at = from_root()?;
    // What is still to be gone through, the next one last.
    let mut names = names(path.to_bytes());
    let mut links = 0;
    while let Some(name) = names.pop() {
        if name.as_bytes() == b".." && !is_ours_alone(&at)? {
            return Err(Refused::Link);
        }
        let flags = if names.is_empty() { OFlag::O_RDONLY | WARILY } else { directory };
        match openat(&at, name.as_c_str(), flags, Mode::empty()) {
            Ok(file) if names.is_empty() => return plain(file, &at),
            Ok(next) => at = next,
            // Which of them a link gives, differs between kernels.
            Err(errno @ (Errno::ELOOP | Errno::ENOTDIR)) => {
                let target = our_link(&at, &name, errno)?;
                links += 1;
                if links > LINKS {
                    return Err(Refused::Kernel(Errno::ELOOP));
                }
                if target.first() == Some(&b'/') {
                    at = from_root()?;
                }
                names.extend(self::names(&target));
            }
            // A socket, or a device without a driver.
            Err(Errno::ENXIO) => return Err(Refused::NoFile),
            Err(errno) => return Err(Refused::Kernel(errno)),
        }
    }
    Err(Refused::NoFile)
}

/// The names that `path` consists of, the first one last.
fn names(path: &[u8]) -> Vec<CString> {
    path.rsplit(|byte| *byte == b'/')
        .filter(|name| !name.is_empty() && *name != b".")
        .filter_map(|name| CString::new(name).ok())
        .collect()
}

/// `file`, which was found in the directory `at`, if it may be read.
fn plain(file: OwnedFd, at: &OwnedFd) -> Result<(OwnedFd, Stat), Refused> {
    let stat = stat_open(&file).map_err(Refused::Kernel)?;
    match stat.kind {
        Kind::File => Ok((file, stat)),
        Kind::Linked if stat.is_ours() && is_ours_alone(at)? => Ok((file, stat)),
        Kind::Linked => Err(Refused::OtherNames),
        Kind::Directory | Kind::Foreign => Err(Refused::NoFile),
    }
}

/// Where the symbolic link `name` in the directory `at` leads, if that is ours to say; `errno`
/// is what opening it gave.
fn our_link(at: &OwnedFd, name: &CStr, errno: Errno) -> Result<Vec<u8>, Refused> {
    let link = fstatat(at, name, AtFlags::AT_SYMLINK_NOFOLLOW).map_err(Refused::Kernel)?;
    // Before all else: where others may change the directory, the link may be another one by now.
    let is_ours = is_ours_alone(at)? && Stat::from(link).is_ours();
    match readlinkat(at, name) {
        Ok(target) if is_ours => Ok(target.as_bytes().to_vec()),
        Ok(_) => Err(Refused::Link),
        // No link at all: a file where a directory should be.
        Err(_) => Err(Refused::Kernel(errno)),
    }
}

/// Whether root alone may change the directory `at`, or the user whom this process runs as.
///
/// Asked by the name `.`, since kernels older than 3.6 say nothing of what is open with `O_PATH`.
fn is_ours_alone(at: &OwnedFd) -> Result<bool, Refused> {
    let stat = fstatat(at, c".", AtFlags::empty()).map_err(Refused::Kernel)?;
    Ok(Stat::from(stat).is_for_us_to_write())
}

#[cfg(test)]
mod tests;
