//! File systems of a test's own: small ones, full ones, read-only ones, copies of others.

use std::fs;

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, unshare};
use tempfile::TempDir;

use super::{Host, require_root};

/// A copy of `lower` that only this test's thread and the processes that it starts see: the
/// directory `root` in what is returned. The namespaces in `also` are their own from then on, too.
pub(super) fn layers_over(lower: &str, also: CloneFlags) -> TempDir {
    see_mounts_of_our_own(also);
    let layers = tempfile::Builder::new().prefix("upstart-monitor-").tempdir().unwrap();
    let at = layers.path();
    // Memory can always be an upper layer, whatever the disk is.
    mount(Some("layers"), at, Some("tmpfs"), MsFlags::empty(), None::<&str>).unwrap();
    for name in ["upper", "work", "root"] {
        fs::create_dir(at.join(name)).unwrap();
    }
    let shown = at.display();
    let options = format!("lowerdir={lower},upperdir={shown}/upper,workdir={shown}/work");
    let root = at.join("root");
    mount(Some("layers"), &root, Some("overlay"), MsFlags::empty(), Some(&*options)).unwrap();
    layers
}

/// From now on what this thread mounts is seen by it alone, and by what it starts.
fn see_mounts_of_our_own(also: CloneFlags) {
    unshare(CloneFlags::CLONE_NEWNS | also).unwrap();
    let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    mount(None::<&str>, "/", None::<&str>, private, None::<&str>).unwrap();
}

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
            see_mounts_of_our_own(CloneFlags::empty());
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
