use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use super::*;

/// The user id of `nobody`.
const NOBODY: u32 = 65534;

/// What stands in the file that nobody but root may read.
const SECRET: &str = "root's secret";

/// A directory of root's, with one of `nobody`'s in it, `theirs`.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        assert!(nix::unistd::geteuid().is_root(), "this test must run as root");
        let place = Self(tempfile::tempdir().unwrap());
        fs::set_permissions(place.path(""), fs::Permissions::from_mode(0o755)).unwrap();
        place.directory("secrets").file("secrets/file", SECRET).directory("roots");
        place.directory("theirs").give("theirs");
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn directory(&self, name: &str) -> &Self {
        fs::create_dir(self.path(name)).unwrap();
        self
    }

    fn file(&self, name: &str, content: &str) -> &Self {
        fs::write(self.path(name), content).unwrap();
        self
    }

    /// Makes it `nobody`'s.
    fn give(&self, name: &str) -> &Self {
        std::os::unix::fs::lchown(self.path(name), Some(NOBODY), Some(NOBODY)).unwrap();
        self
    }

    fn link(&self, name: &str, target: impl AsRef<Path>) -> &Self {
        symlink(target, self.path(name)).unwrap();
        self
    }

    fn other_name(&self, name: &str, of: &str) -> &Self {
        fs::hard_link(self.path(of), self.path(name)).unwrap();
        self
    }

    fn c_path(&self, name: &str) -> CString {
        CString::new(self.path(name).as_os_str().as_bytes()).unwrap()
    }

    /// What is read at `name`; by both ways of opening a directory.
    fn read(&self, name: &str) -> Result<String, Refused> {
        let path = self.c_path(name);
        let [read, read_by_an_old_kernel] =
            [DIRECTORY, DIRECTORY.difference(OFlag::O_PATH)].map(|directory| {
                let (file, stat) = walk(&path, directory)?;
                let bytes =
                    super::super::read_range(&file, 0..stat.size).map_err(Refused::Kernel)?;
                Ok(String::from_utf8(bytes).unwrap())
            });
        assert_eq!(read, read_by_an_old_kernel);
        read
    }
}

#[test]
fn a_plain_file_is_read_whoever_owns_it_or_its_directory() {
    let place = Place::new();
    place.file("roots/log", "roots").file("theirs/log", "theirs").give("theirs/log");
    place.file("theirs/roots", "of root's");
    assert_eq!(place.read("roots/log"), Ok("roots".to_owned()));
    assert_eq!(place.read("theirs/log"), Ok("theirs".to_owned()));
    assert_eq!(place.read("theirs/roots"), Ok("of root's".to_owned()));
    assert_eq!(place.read(".//theirs/./log"), Ok("theirs".to_owned()));
    assert_eq!(place.read("roots/../theirs/log"), Ok("theirs".to_owned()));
}

#[test]
fn links_of_roots_are_followed_where_root_alone_may_change_them() {
    let place = Place::new();
    place.file("roots/log", "the log").link("last", "roots/log").link("middle", "roots");
    place.link("absolute", place.path("roots")).link("back", "roots/../middle/log");
    place.link("roots/nothing", "no/such");
    for name in ["last", "middle/log", "absolute/log", "back"] {
        assert_eq!(place.read(name), Ok("the log".to_owned()), "{name}");
    }
    assert_eq!(place.read("roots/nothing"), Err(Refused::Kernel(Errno::ENOENT)));
    assert_eq!(place.read("roots/log/log"), Err(Refused::Kernel(Errno::ENOTDIR)));
}

#[test]
fn no_way_round_ends() {
    let place = Place::new();
    place.link("self", "self").link("one", "two/x").link("two", "one/x");
    place.file("roots/log", "").link("0", "roots/log");
    for number in 0..LINKS {
        place.link(&(number + 1).to_string(), number.to_string());
    }
    for name in ["self", "one", "two/x"] {
        assert_eq!(place.read(name), Err(Refused::Kernel(Errno::ELOOP)), "{name}");
    }
    assert!(place.read(&(LINKS - 1).to_string()).is_ok());
    assert_eq!(place.read(&LINKS.to_string()), Err(Refused::Kernel(Errno::ELOOP)));
}

#[test]
fn what_others_may_have_planted_is_not_followed() {
    let place = Place::new();
    let secrets = place.path("secrets");
    // In a directory of theirs, whoever the link belongs to.
    place.link("theirs/last", secrets.join("file")).give("theirs/last");
    place.link("theirs/middle", &secrets).give("theirs/middle");
    place.link("theirs/roots", secrets.join("file"));
    place.link("theirs/proc", "/proc/self/environ").link("theirs/fd", "/proc/self/fd");
    // Behind one of root's, too.
    place.link("way", "theirs/last");
    // In a directory that all, or a group, may write to.
    for (name, mode) in [("all", 0o1777), ("group", 0o775)] {
        place.directory(name).link(&format!("{name}/link"), secrets.join("file"));
        fs::set_permissions(place.path(name), fs::Permissions::from_mode(mode)).unwrap();
    }
    // A link that root did not make.
    place.link("roots/foreign", secrets.join("file")).give("roots/foreign");
    for name in [
        "theirs/last",
        "theirs/middle/file",
        "theirs/roots",
        "theirs/proc",
        "theirs/fd/0",
        "way",
        "all/link",
        "group/link",
        "roots/foreign",
        "theirs/../secrets/file",
    ] {
        assert_eq!(place.read(name), Err(Refused::Link), "{name}");
    }
}

#[test]
fn a_second_name_gives_nobody_what_he_may_not_read() {
    let place = Place::new();
    place.other_name("theirs/file", "secrets/file");
    assert_eq!(place.read("theirs/file"), Err(Refused::OtherNames));
    assert_eq!(
        place.read("secrets/file"),
        Ok(SECRET.to_owned()),
        "root's, where root alone writes"
    );
    place.file("theirs/log", "").give("theirs/log").other_name("roots/log", "theirs/log");
    assert_eq!(place.read("roots/log"), Err(Refused::OtherNames), "not root's");
    assert_eq!(place.read("theirs/log"), Err(Refused::OtherNames));
}

#[test]
fn nothing_but_a_file_is_read_and_nothing_is_waited_for() {
    use nix::sys::stat::{SFlag, makedev, mknod};
    let place = Place::new();
    let mode = Mode::S_IRUSR | Mode::S_IWUSR;
    nix::unistd::mkfifo(&place.path("theirs/fifo"), mode).unwrap();
    mknod(&place.path("theirs/zero"), SFlag::S_IFCHR, mode, makedev(1, 5)).unwrap();
    mknod(&place.path("theirs/driverless"), SFlag::S_IFCHR, mode, makedev(250, 250)).unwrap();
    drop(std::os::unix::net::UnixListener::bind(place.path("theirs/socket")).unwrap());
    place.directory("theirs/directory");
    for name in ["fifo", "zero", "driverless", "socket", "directory", "", ".."] {
        let refused = place.read(&format!("theirs/{name}"));
        let expected = if name == ".." { Refused::Link } else { Refused::NoFile };
        assert_eq!(refused, Err(expected), "{name:?}");
    }
    assert_eq!(place.read("theirs/fifo/log"), Err(Refused::Kernel(Errno::ENOTDIR)));
}

#[test]
fn who_holds_a_lease_is_not_waited_for() {
    use nix::sys::signal::{SigHandler, Signal, signal};
    let place = Place::new();
    place.file("theirs/log", "");
    let held = fs::File::options().write(true).open(place.path("theirs/log")).unwrap();
    // SAFETY: no handler; a plain system call on an open descriptor.
    let lease = unsafe {
        // The holder is told so of somebody who wants the file.
        signal(Signal::SIGIO, SigHandler::SigIgn).unwrap();
        libc::fcntl(std::os::fd::AsRawFd::as_raw_fd(&held), libc::F_SETLEASE, libc::F_WRLCK)
    };
    assert_eq!(lease, 0, "{}", Errno::last());
    assert_eq!(safe_open(&place.c_path("theirs/log")).err(), Some(Refused::Kernel(Errno::EAGAIN)));
}

/// What was walked to is what is opened: while the names on the way change their places as fast as
/// they can, either the log is read or nothing.
#[test]
fn no_swap_leads_elsewhere() {
    use std::sync::atomic::{AtomicBool, Ordering};
    let place = Place::new();
    place.directory("theirs/logs").give("theirs/logs").file("theirs/logs/file", "the log");
    place.link("theirs/other", place.path("secrets"));
    place.link("theirs/logs/other", place.path("secrets/file"));
    let swap = |directory: &str, name: &str| {
        let path = |name: &str| place.path(directory).join(name);
        for (from, to) in [(name, "spare"), ("other", name), ("spare", "other")] {
            let _ = fs::rename(path(from), path(to));
        }
    };
    let is_done = AtomicBool::new(false);
    let read = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_done.load(Ordering::Relaxed) {
                for (directory, name) in [("theirs", "logs"), ("theirs/logs", "file")] {
                    // There, and back.
                    swap(directory, name);
                    swap(directory, name);
                }
            }
        });
        let path = place.c_path("theirs/logs/file");
        let log = Ok(b"the log".to_vec());
        let (mut read, mut refused) = (Vec::new(), 0);
        while (read.len() < 50 || refused < 50) && read.last().is_none_or(|last| *last == log) {
            match safe_open(&path) {
                Ok((file, stat)) => read.push(super::super::read_range(&file, 0..stat.size)),
                Err(Refused::Link) => refused += 1,
                Err(_) => {}
            }
        }
        is_done.store(true, Ordering::Relaxed);
        read
    });
    assert!(read.iter().all(|read| read == &Ok(b"the log".to_vec())), "{read:?}");
}
