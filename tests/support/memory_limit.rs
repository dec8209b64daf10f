//! A limit of memory that the kernel really enforces, in a control group of the test's own.

use std::fs;
use std::path::{Path, PathBuf};

use super::require_root;

/// Where the memory controller is in control groups of the first version.
const VERSION_1: &str = "/sys/fs/cgroup/memory";

/// Whether this machine's is there.
pub(super) fn is_of_version_1() -> bool {
    Path::new(VERSION_1).is_dir()
}

/// A control group in which there is little memory; it goes with the test.
pub struct MemoryLimit(PathBuf);

impl MemoryLimit {
    /// One of `bytes`.
    pub fn of(bytes: u64) -> Self {
        require_root();
        let name = format!("upstart-monitor-{}", std::process::id());
        let (mount, file) = match is_of_version_1() {
            true => (VERSION_1, "memory.limit_in_bytes"),
            false => ("/sys/fs/cgroup", "memory.max"),
        };
        let group = Self(Path::new(mount).join(name));
        fs::create_dir(&group.0).unwrap();
        let limit = group.0.join(file);
        fs::write(&limit, bytes.to_string())
            .unwrap_or_else(|why| panic!("{}: {why}: no memory controller?", limit.display()));
        group
    }

    /// A line of a shell script by which it gets there.
    pub fn enter(&self) -> String {
        format!("echo $$ >{}/cgroup.procs", self.0.display())
    }
}

impl Drop for MemoryLimit {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.0);
    }
}
