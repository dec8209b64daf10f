//! How full a file system is.

use std::ffi::CStr;

use nix::errno::Errno;
use nix::sys::stat::stat;
use nix::sys::statfs::{self, FsType, statfs};
use nix::sys::statvfs::{FsFlags, statvfs};

/// The room on the file system that a path lies on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// The device that the path lies on.
    pub device: u64,
    /// All of it, in bytes.
    pub total_bytes: u64,
    /// What root can still write, in bytes.
    pub free_bytes: u64,
    /// What users other than root can still write, in bytes.
    pub available_bytes: u64,
    /// How many files it can hold; 0 where it sets no limit.
    pub inodes: u64,
    /// How many more root can make.
    pub inodes_free: u64,
    /// How many more users other than root can make.
    pub inodes_available: u64,
}

/// The room on the file system of `path`, through links.
///
/// Asks the server of a network file system, and waits for one that is dead: no signal that is
/// caught ends that wait.
///
/// # Errors
/// What the kernel says.
#[allow(clippy::useless_conversion, reason = "the fields' types differ between targets")]
pub fn room(path: &CStr) -> Result<Room, Errno> {
    let device = stat(path)?.st_dev.into();
    let system = statvfs(path)?;
    let bytes = |blocks: u64| blocks.saturating_mul(system.fragment_size().into());
    Ok(Room {
        device,
        total_bytes: bytes(system.blocks().into()),
        free_bytes: bytes(system.blocks_free().into()),
        available_bytes: bytes(system.blocks_available().into()),
        inodes: system.files().into(),
        inodes_free: system.files_free().into(),
        inodes_available: system.files_available().into(),
    })
}

/// Whether what lies at `path` is gone after a reboot: its file system is in memory.
///
/// # Errors
/// What the kernel says.
pub fn is_in_memory(path: &CStr) -> Result<bool, Errno> {
    /// `RAMFS_MAGIC` (linux/magic.h), which the C library does not name.
    const RAMFS: FsType = FsType(0x8584_58f6);
    let kind = statfs(path)?.filesystem_type();
    Ok(kind == statfs::TMPFS_MAGIC || kind == RAMFS)
}

/// Whether what lies at `path` is shown by overlayfs, as in most containers.
///
/// # Errors
/// What the kernel says.
pub fn is_overlay(path: &CStr) -> Result<bool, Errno> {
    Ok(statfs(path)?.filesystem_type() == statfs::OVERLAYFS_SUPER_MAGIC)
}

/// Whether the file system of `path` takes nothing.
///
/// # Errors
/// What the kernel says.
pub fn is_read_only(path: &CStr) -> Result<bool, Errno> {
    Ok(statvfs(path)?.flags().contains(FsFlags::ST_RDONLY))
}
