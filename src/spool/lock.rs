//! One notifier at a time, and word for it from the others.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use super::disk::{self, SpoolError};
use super::store::Spool;

/// Held by the one notifier; given back when dropped, or when its process ends.
#[derive(Debug)]
pub struct Lock {
    held: File,
}

impl Drop for Lock {
    /// At once, even where a child that is just being started has the file open too.
    fn drop(&mut self) {
        let _ = self.held.unlock();
    }
}

impl Spool {
    /// Makes what is missing of the spool and asks for its lock; `None` where another notifier
    /// has it.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn lock(&self) -> Result<Option<Lock>, SpoolError> {
        for place in ["tmp", "new", "unseen", "archive", "incidents", "queue", "dead", "corrupt"] {
            disk::make_dirs(&self.dir.join(place))?;
        }
        let path = self.dir.join("lock");
        let file = open_empty(&path).map_err(SpoolError::at("open", &path))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Lock { held: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(SpoolError::at("lock", &path)(error)),
        }
    }

    /// The process that holds the lock; `None` where none does, or the kernel does not tell. The lock
    /// is not touched: a notifier that found it taken would step back.
    pub fn holder_of_the_lock(&self) -> Option<u32> {
        let inode = fs::symlink_metadata(self.dir.join("lock")).ok()?.ino();
        holder(&fs::read_to_string("/proc/locks").ok()?, inode)
    }

    /// Leaves word for the notifier at work that somebody has asked for a delivery. A spool that
    /// takes no file has no notifier at work that could miss it for long.
    pub fn leave_word(&self) {
        let _ = disk::make_dirs(&self.dir);
        let _ = open_empty(&self.dir.join("word"));
    }

    /// Whether somebody has left word, or a kick, which comes to the same: not to be told again.
    pub fn take_word(&self) -> bool {
        let kicked = self.take_kick();
        fs::remove_file(self.dir.join("word")).is_ok() || kicked
    }

    /// Whether somebody has left word. For a kick that comes this late the next notifier is started.
    pub fn has_word(&self) -> bool {
        self.dir.join("word").exists()
    }
}

/// The process that holds a lock of flock(2) on the file `inode`, by `locks` of /proc (proc(5)):
/// `1: FLOCK  ADVISORY  WRITE 4711 fd:01:131073 0 EOF`.
fn holder(locks: &str, inode: u64) -> Option<u32> {
    locks.lines().find_map(|line| {
        let mut words = line.split_ascii_whitespace().skip(1);
        // One that waits for it has an arrow here.
        (words.next()? == "FLOCK").then_some(())?;
        let pid = words.nth(2)?.parse().ok()?;
        let held = words.next()?.rsplit(':').next()?.parse();
        (held == Ok(inode)).then_some(pid)
    })
}

/// Opens the empty file at `path`, making it where it is missing.
fn open_empty(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600);
    options.custom_flags(nix::libc::O_NOFOLLOW).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_tells_who_holds_a_lock() {
        let locks = "1: POSIX  ADVISORY  WRITE 1 fd:01:7 0 EOF\n\
                     2: FLOCK  ADVISORY  WRITE 4711 fd:01:8 0 EOF\n\
                     2: -> FLOCK  ADVISORY  WRITE 4712 fd:01:9 0 EOF\nx\n";
        for (inode, pid) in [(7, None), (8, Some(4711)), (9, None), (10, None)] {
            assert_eq!(holder(locks, inode), pid, "{inode}");
        }
    }

    #[test]
    fn one_holds_the_lock_and_the_other_leaves_word() {
        let dir = tempfile::tempdir().unwrap();
        let spool = Spool::at(dir.path().join("spool"));
        let held = spool.lock().unwrap();
        assert!(held.is_some());
        assert!(spool.lock().unwrap().is_none());

        spool.leave_word();
        spool.leave_word();
        assert!(spool.has_word());
        assert!(spool.take_word(), "it is told");
        assert!(!spool.take_word(), "and not told again");
        assert!(!spool.has_word());

        drop(held);
        assert!(spool.lock().unwrap().is_some());
    }
}
