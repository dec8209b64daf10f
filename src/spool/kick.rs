//! The kick that is left: a file that systemd watches for.
//!
//! systemd kills what a unit's hook leaves behind in its control group. So the hook starts nothing: it leaves
//! a file in `kicks/` of the emergency spool, and the path unit in packaging/systemd starts the
//! notifier for it.
//!
//! The file has one name, and a kick beside it is none: a host on which nobody takes it away has
//! one. It lies in memory, mostly, where no disk that is full or has become read-only keeps it from
//! being left or taken away, and a boot begins without it.
//!
//! No kick is lost between a notifier and the next. It takes the file away *before* it looks for
//! what there is to do; a hook leaves it *after* what there is to do. So one that lies there when the
//! notifier ends was left too late for its last look; and whenever the service has ended, systemd
//! looks whether the directory is empty, however often the file came and went in between
//! (`path_enter_waiting` in src/core/path.c).

#[cfg(feature = "deliver")]
use std::{fs, path::PathBuf};

use super::emergency_spool;
#[cfg(feature = "deliver")]
use super::{disk, store::Spool};
use crate::paths::{Place, Places};
use crate::sys::{self, CPath, Errno};

/// Leaves a kick, unless one lies there already.
///
/// # Errors
/// What the kernel says; `EPERM` where the emergency spool is not ours.
pub fn leave_kick(places: Places) -> Result<(), Errno> {
    emergency_spool(places, true)?;
    let path = |name: &[u8]| -> Result<CPath, Errno> {
        places.join(Place::EmergencySpool, &[b"/kicks", name]).map_err(|_| Errno::ENOENT)
    };
    sys::make_dir(path(b"")?.as_c_str())?;
    match sys::create(path(b"/kick")?.as_c_str(), super::MODE, b"") {
        Err(Errno::EEXIST) => Ok(()),
        done => done,
    }
}

#[cfg(feature = "deliver")]
impl Spool {
    /// Takes the kick away; tells whether there was one. Whatever else lies in its directory goes as
    /// well: it would start notifiers without end.
    pub fn take_kick(&self) -> bool {
        let kicks = self.kicks();
        let names = disk::names(&kicks).unwrap_or_default();
        names.iter().filter(|name| fs::remove_file(kicks.join(name)).is_ok()).count() > 0
    }

    /// Where kicks are left. A stand-in is the emergency spool itself.
    pub(super) fn kicks(&self) -> PathBuf {
        self.emergency_spool().as_ref().unwrap_or(self).dir.join("kicks")
    }
}

#[cfg(test)]
#[cfg(feature = "deliver")]
mod tests {
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// A host of the test's own, for as long as the directory lasts.
    fn host() -> (tempfile::TempDir, Places, Spool) {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("var/run")).unwrap();
        let places = Places::under(root.path().as_os_str().as_bytes().to_vec().leak());
        (root, places, Spool::of(places).unwrap())
    }

    #[test]
    fn a_kick_is_one_file_until_it_is_taken_away() {
        let (root, places, spool) = host();
        let kicks = root.path().join("var/run/upstart-monitor/kicks");
        assert!(!spool.take_kick(), "none was left");
        for _ in 0..3 {
            leave_kick(places).unwrap();
        }
        let left: Vec<_> = fs::read_dir(&kicks).unwrap().map(|file| file.unwrap()).collect();
        assert_eq!(left.len(), 1, "{left:?}");
        assert_eq!(left[0].metadata().unwrap().permissions().mode() & 0o777, 0o600);

        assert!(spool.take_kick());
        assert!(!spool.take_kick(), "it was taken away");
        leave_kick(places).unwrap();
        assert!(spool.take_kick(), "the next one counts");
    }

    #[test]
    fn what_else_lies_with_the_kicks_goes_with_them() {
        let (root, _, spool) = host();
        let emergency = root.path().join("var/run/upstart-monitor");
        fs::create_dir_all(emergency.join("kicks")).unwrap();
        fs::set_permissions(&emergency, fs::Permissions::from_mode(0o700)).unwrap();
        fs::write(emergency.join("kicks/stray"), "").unwrap();
        assert!(spool.take_kick());
        assert_eq!(fs::read_dir(emergency.join("kicks")).unwrap().count(), 0);
    }

    #[test]
    fn nothing_is_left_in_or_taken_from_a_directory_that_others_may_write_to() {
        let (root, places, spool) = host();
        let emergency = root.path().join("var/run/upstart-monitor");
        fs::create_dir_all(emergency.join("kicks")).unwrap();
        fs::write(emergency.join("kicks/kick"), "").unwrap();
        fs::set_permissions(&emergency, fs::Permissions::from_mode(0o777)).unwrap();
        assert_eq!(leave_kick(places), Err(Errno::EPERM));
        assert!(!spool.take_kick());
    }

    #[test]
    fn it_is_no_report_that_waits() {
        let (_root, places, spool) = host();
        leave_kick(places).unwrap();
        assert!(spool.stand_in().is_none(), "the emergency spool holds nothing to be told");
        let taken = spool.adopt_emergency(sys::now(), &|_| ()).unwrap();
        assert_eq!((taken.taken, taken.left), (0, 0));
    }
}
