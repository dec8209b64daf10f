//! A limit of memory that the kernel really enforces, in a control group of the test's own.

use std::fs;
use std::path::{Path, PathBuf};

use super::require_root;

/// Where the memory controller is, by the version of control groups; the files in a group of it.
const VERSIONS: [(&str, &str); 2] =
    [("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")];

/// A control group in which there is little memory; it goes with the test.
pub struct MemoryLimit(PathBuf);

impl MemoryLimit {
    /// One of `bytes`.
    pub fn of(bytes: u64) -> Self {
        require_root();
        let name = format!("upstart-monitor-{}", std::process::id());
        let has_controller = |(mount, _): &&(&str, &str)| Path::new(mount).is_dir();
        let (mount, file) = VERSIONS.iter().find(has_controller).unwrap();
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
