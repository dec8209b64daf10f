//! One process of a job: how it is started, and where its output goes.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::Sender;
use std::thread::JoinHandle;
use std::time::Duration;

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, poll};
use nix::pty::{PtyMaster, grantpt, posix_openpt, ptsname_r, unlockpt};
use nix::sys::signal::Signal;
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::Pid;

use super::class::{End, Stanza};
use super::state::{Event, Process};
use crate::support::Surroundings;

/// What a process is started with.
pub(super) struct Start<'a> {
    pub process: Process,
    pub stanza: &'a Stanza,
    pub environment: Vec<(String, String)>,
    pub surroundings: &'a Surroundings,
    /// The file that its output goes to; nowhere for `console none`.
    pub log: Option<PathBuf>,
    /// Whether init is to be told when it stops itself.
    pub may_stop_itself: bool,
}

/// Starts a process; its end is told to `events`, after the last of its output is in the log.
///
/// # Errors
/// What the kernel says of the execution.
pub(super) fn start(
    start: Start<'_>,
    events: Sender<Event>,
) -> std::io::Result<(i32, Vec<JoinHandle<()>>)> {
    let mut command = match start.stanza {
        Stanza::Program(path) => Command::new(path),
        Stanza::Script(script) => {
            let mut shell = Command::new("/bin/sh");
            shell.args(["-e", "-c", script]);
            shell
        }
    };
    command.env_clear().envs(start.environment).stdin(Stdio::null());
    let console = match start.log {
        Some(path) => {
            let (master, terminal) = terminal();
            command.stdout(terminal.try_clone().unwrap()).stderr(terminal);
            Some(Console { master, path, file: None })
        }
        None => {
            command.stdout(Stdio::null()).stderr(Stdio::null());
            None
        }
    };
    start.surroundings.around(&mut command);
    let child = command.spawn()?;
    drop(command);

    let (pid, process) = (i32::try_from(child.id()).unwrap(), start.process);
    let mut keepers = Vec::new();
    if start.may_stop_itself {
        let events = events.clone();
        keepers.push(std::thread::spawn(move || tell_of_stop(pid, &events)));
    }
    keepers.push(std::thread::spawn(move || {
        let end = keep(child, console);
        let _ = events.send(Event::Ended { process, pid, end });
    }));
    Ok((pid, keepers))
}

/// Waits until the process `pid` stops itself, or ends.
fn tell_of_stop(pid: i32, events: &Sender<Event>) {
    let flags = WaitPidFlag::WSTOPPED | WaitPidFlag::WNOHANG;
    loop {
        match waitid(Id::Pid(Pid::from_raw(pid)), flags) {
            Ok(WaitStatus::StillAlive) => std::thread::sleep(Duration::from_millis(2)),
            Ok(_) => {
                let _ = events.send(Event::StoppedItself { pid });
                return;
            }
            Err(_) => return,
        }
    }
}

/// Waits for the end of `child`, carrying its output to the log.
fn keep(mut child: Child, mut console: Option<Console>) -> End {
    while let Some(open) = &mut console {
        let closed = open.carry();
        if let Ok(Some(_)) = child.try_wait() {
            open.carry();
            break;
        }
        if closed {
            break;
        }
        // Woken by output; the time-out is for the end of a process whose children write on.
        let mut fds = [PollFd::new(open.master.as_fd(), PollFlags::POLLIN)];
        let _ = poll(&mut fds, 2_u8);
    }
    let status = child.wait().unwrap();
    match status.signal() {
        Some(signal) => End::Killed(Signal::try_from(signal).unwrap()),
        None => End::Exited(status.code().unwrap()),
    }
}

/// A terminal: the end that init reads, and the one that the process writes to.
fn terminal() -> (PtyMaster, File) {
    let master = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    fcntl(&master, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).unwrap();
    let name = ptsname_r(&master).unwrap();
    let terminal = File::options()
        .read(true)
        .write(true)
        .custom_flags(nix::libc::O_NOCTTY)
        .open(name)
        .unwrap();
    (master, terminal)
}

/// The way from a process to the job's log (init/log.c).
struct Console {
    master: PtyMaster,
    path: PathBuf,
    file: Option<File>,
}

impl Console {
    /// Carries what there is; tells whether nothing more can come.
    fn carry(&mut self) -> bool {
        let mut bytes = [0; 4096];
        loop {
            match self.master.read(&mut bytes) {
                Ok(0) => return true,
                Ok(count) => self.file().write_all(&bytes[..count]).unwrap(),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return error.kind() != ErrorKind::WouldBlock,
            }
        }
    }

    /// The log: made at the first output, and anew where it was unlinked, but not where it was
    /// only given another name.
    fn file(&mut self) -> &mut File {
        let unlinked = |file: &File| file.metadata().unwrap().nlink() == 0;
        if self.file.as_ref().is_none_or(unlinked) {
            let mut options = File::options();
            let file = options.append(true).create(true).mode(0o640).open(&self.path);
            self.file = Some(file.unwrap_or_else(|error| panic!("{:?}: {error}", self.path)));
        }
        self.file.as_mut().unwrap()
    }
}
