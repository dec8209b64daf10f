//! File systems of a host's own: small ones, full ones, read-only ones.

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, unshare};

use super::{Host, require_root};

impl Host {
    /// Mounts a file system of its own, `size` bytes small, at `absolute`. Only this test's thread
    /// and the processes that it starts see it.
    pub fn mount_small(&self, absolute: &str, size: usize) {
        self.mount(absolute, "tmpfs", MsFlags::empty(), Some(&format!("size={size},mode=755")));
    }

    /// Makes `absolute` read-only, for this test's thread and the processes that it starts.
    pub fn make_read_only(&self, absolute: &str) {
        self.mount(absolute, "", MsFlags::MS_BIND, None);
        let read_only = MsFlags::MS_BIND | MsFlags::MS_REMOUNT | MsFlags::MS_RDONLY;
        mount(None::<&str>, &self.path(absolute), None::<&str>, read_only, None::<&str>).unwrap();
    }

    fn mount(&self, absolute: &str, kind: &str, flags: MsFlags, options: Option<&str>) {
        require_root();
        let path = self.path(absolute);
        if self.mounts.borrow().is_empty() {
            unshare(CloneFlags::CLONE_NEWNS).unwrap();
            let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
            mount(None::<&str>, "/", None::<&str>, private, None::<&str>).unwrap();
        }
        mount(Some(&path), &path, Some(kind), flags, options).unwrap();
        self.mounts.borrow_mut().push(path);
    }

    /// Undoes the last mount.
    pub fn unmount(&self) {
        let path = self.mounts.borrow_mut().pop().expect("something is mounted");
        umount2(&path, MntFlags::MNT_DETACH).unwrap();
    }

    /// Fills the file system at `absolute` to the last byte.
    pub fn fill(&self, absolute: &str) {
        let _ = std::fs::write(self.path(absolute).join("filler"), vec![0; 1 << 20]);
    }
}
