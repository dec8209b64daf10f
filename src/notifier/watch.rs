//! Notices at once that something moved in the spool.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use std::os::fd::AsFd;

/// How often to look where the kernel does not tell: no inotify, or no more of it for this user.
const BLIND: Duration = Duration::from_secs(1);

/// A watch over some directories, and a bell that threads of this process ring.
pub struct Watch {
    inotify: Option<Inotify>,
    rung: Arc<UnixStream>,
}

/// What ends the wait of a [`Watch`].
#[derive(Clone)]
pub struct Bell {
    ring: Arc<UnixStream>,
    rung: Arc<UnixStream>,
}

impl Bell {
    /// A bell that nobody has rung yet.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn new() -> io::Result<Self> {
        let (ring, rung) = UnixStream::pair()?;
        ring.set_nonblocking(true)?;
        rung.set_nonblocking(true)?;
        Ok(Self { ring: Arc::new(ring), rung: Arc::new(rung) })
    }

    /// Ends the wait, or the next one. A bell that was rung often enough already is loud enough.
    pub fn ring(&self) {
        let _ = (&*self.ring).write(b"!");
    }
}

impl Watch {
    /// Watches `directories`; what moves from now on ends the next [`Watch::wait`], and so does
    /// `bell`.
    pub fn over(directories: &[PathBuf], bell: &Bell) -> Self {
        let watched = || {
            let moves =
                AddWatchFlags::IN_MOVE | AddWatchFlags::IN_DELETE | AddWatchFlags::IN_CLOSE_WRITE;
            let inotify = Inotify::init(InitFlags::IN_NONBLOCK | InitFlags::IN_CLOEXEC)?;
            for directory in directories {
                inotify.add_watch(directory, moves)?;
            }
            Ok::<_, nix::Error>(inotify)
        };
        Self { inotify: watched().ok(), rung: Arc::clone(&bell.rung) }
    }

    /// Whether the kernel tells nothing: a directory is missing, or there is no inotify to be had.
    pub fn is_blind(&self) -> bool {
        self.inotify.is_none()
    }

    /// Waits until something has moved, or the bell was rung, since the last call, at most `at_most`.
    /// May return early: whoever waits looks for himself.
    pub fn wait(&self, at_most: Duration) {
        let Some(inotify) = &self.inotify else { return thread::sleep(BLIND.min(at_most)) };
        let mut watched = [
            PollFd::new(inotify.as_fd(), PollFlags::POLLIN),
            PollFd::new(self.rung.as_fd(), PollFlags::POLLIN),
        ];
        let timeout = PollTimeout::try_from(at_most).unwrap_or(PollTimeout::MAX);
        match poll(&mut watched, timeout) {
            // What moved is of no interest: drained, so that the next wait is one.
            Ok(_) => {
                while inotify.read_events().is_ok_and(|events| !events.is_empty()) {}
                while (&*self.rung).read(&mut [0; 64]).is_ok_and(|count| count > 0) {}
            }
            Err(nix::Error::EINTR) => {}
            Err(_) => thread::sleep(BLIND.min(at_most)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn a_move_ends_the_wait_and_one_before_it_does_too() {
        let dir = tempfile::tempdir().unwrap();
        let (beside, watched) = (dir.path().join("beside"), dir.path().join("watched"));
        std::fs::create_dir(&watched).unwrap();
        let bell = Bell::new().unwrap();
        let watch = Watch::over(std::slice::from_ref(&watched), &bell);
        assert!(watch.inotify.is_some(), "this kernel has no inotify to test");

        std::fs::write(&beside, "").unwrap();
        let begin = Instant::now();
        std::fs::rename(&beside, watched.join("a")).unwrap();
        watch.wait(Duration::from_secs(600));
        thread::scope(|scope| {
            scope.spawn(|| std::fs::remove_file(watched.join("a")).unwrap());
            watch.wait(Duration::from_secs(600));
        });
        bell.ring();
        watch.wait(Duration::from_secs(600));
        assert!(begin.elapsed() < Duration::from_secs(300));
    }

    #[test]
    fn what_cannot_be_watched_is_looked_at_each_second() {
        let watch = Watch::over(&[PathBuf::from("/no/such/directory")], &Bell::new().unwrap());
        assert!(watch.inotify.is_none());
        watch.wait(Duration::ZERO);
    }
}
