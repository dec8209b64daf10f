//! One run of a hook, in whatever surroundings.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{PipeReader, Read, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{GENEROUS, Host, Surroundings};

/// The programs that init runs: the three hooks, and the observer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hook {
    PreStart,
    PreStop,
    PostStop,
    /// The observer, which is a job of its own.
    Observer,
}

impl Hook {
    /// Those that are stanzas of a job.
    pub const ALL: [Self; 3] = [Self::PreStart, Self::PreStop, Self::PostStop];

    /// The program's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::PreStart => "pre-start",
            Self::PreStop => "pre-stop",
            Self::PostStop => "post-stop",
            Self::Observer => "stopping",
        }
    }
}

/// What a pipe is filled with.
const FILLER: u8 = b'~';

/// What a hook has as its stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stderr {
    /// A pipe that is read to its end.
    Read,
    /// `/dev/full`.
    Full,
    /// A pipe whose reader is gone.
    Broken,
    /// A full pipe that nobody reads.
    Stuck,
}

/// A run to be made. The environment is exactly what is given, and init's PATH and TERM.
pub struct HookRun<'a> {
    host: &'a Host,
    words: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
    surroundings: Surroundings,
    stderr: Stderr,
    is_observer: bool,
}

/// A run that was made.
#[derive(Debug)]
pub struct Ran {
    pub status: ExitStatus,
    pub stderr: String,
    pub took: Duration,
}

impl<'a> HookRun<'a> {
    pub(super) fn new(host: &'a Host, program: &Path) -> Self {
        let run = Self {
            host,
            words: vec![program.into()],
            env: Vec::new(),
            surroundings: Surroundings::default(),
            stderr: Stderr::Read,
            is_observer: false,
        };
        run.env("PATH", "/usr/bin:/usr/sbin:/sbin:/bin")
            .env("TERM", "linux")
            .env("UPSTART_INSTANCE", "")
            .env("UPSTART_MONITOR_ROOT", host.path(""))
    }

    /// For the job `name`; the observer is told of it by the event, as of one that just stops.
    pub(super) fn of(mut self, hook: Hook, name: impl AsRef<OsStr>) -> Self {
        if hook != Hook::Observer {
            return self.env("UPSTART_JOB", name);
        }
        self.is_observer = true;
        self.env("UPSTART_JOB", "upstart-monitor")
            .env("UPSTART_EVENTS", "stopping")
            .env("JOB", name)
            .env("RESULT", "ok")
            .instance("")
    }

    /// The instance; after the job.
    pub fn instance(self, instance: impl AsRef<OsStr>) -> Self {
        if !self.is_observer {
            return self.env("UPSTART_INSTANCE", instance);
        }
        let job = self.env.iter().find(|(name, _)| name == "JOB");
        let mut own = job.map(|(_, job)| job.clone()).unwrap_or_default();
        own.push("/");
        own.push(&instance);
        self.env("UPSTART_INSTANCE", own).env("INSTANCE", instance)
    }

    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self = self.without(name);
        self.env.push((name.into(), value.as_ref().to_owned()));
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.env.retain(|(known, _)| known != name);
        self
    }

    pub fn stderr(mut self, stderr: Stderr) -> Self {
        self.stderr = stderr;
        self
    }

    pub fn within(mut self, surroundings: Surroundings) -> Self {
        self.surroundings = surroundings;
        self
    }

    /// What the program is given; before [`Self::under`].
    pub fn arguments(mut self, words: impl IntoIterator<Item: Into<OsString>>) -> Self {
        self.words.extend(words.into_iter().map(Into::into));
        self
    }

    /// Runs `words` with the hook and its arguments behind them, as `strace` is used.
    pub fn under(mut self, words: impl IntoIterator<Item: Into<OsString>>) -> Self {
        self.words.splice(0..0, words.into_iter().map(Into::into));
        self
    }

    /// The program's path.
    pub fn program(&self) -> PathBuf {
        self.words.last().unwrap().into()
    }

    /// Makes the run and waits for its end, but not for what it leaves behind.
    pub fn run(&self) -> Ran {
        let mut command = Command::new(&self.words[0]);
        command.args(&self.words[1..]).env_clear().envs(self.env.iter().cloned());
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let reader = self.attach_stderr(&mut command);
        self.surroundings.around(&mut command);

        let began = Instant::now();
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{:?}: {error}", self.words));
        let watchdog = kill_unless_dropped(child.id());
        let status = child.wait().unwrap();
        let took = began.elapsed();
        drop(watchdog);
        drop(command);

        let stderr = reader.map(drain).unwrap_or_default();
        let words: Vec<_> = self.words.iter().map(|word| word.to_string_lossy()).collect();
        self.host.note(format!(
            "{}: {status} after {took:.1?}{}",
            words.join(" "),
            if stderr.is_empty() { String::new() } else { format!(", stderr: {stderr}") },
        ));
        Ran { status, stderr, took }
    }

    /// Gives `command` its stderr; the answer is what is to be read, or kept open, until its end.
    fn attach_stderr(&self, command: &mut Command) -> Option<PipeReader> {
        if self.stderr == Stderr::Full {
            command.stderr(File::options().write(true).open("/dev/full").unwrap());
            return None;
        }
        let (reader, mut writer) = std::io::pipe().unwrap();
        if self.stderr == Stderr::Stuck {
            set_nonblocking(&writer, true);
            while writer.write(&[FILLER; 4096]).is_ok() {}
            set_nonblocking(&writer, false);
        }
        command.stderr(writer);
        (self.stderr != Stderr::Broken).then_some(reader)
    }
}

impl Ran {
    /// What is promised of every run: it exits 0 and says at most one line.
    #[track_caller]
    pub fn harms_nobody(self) -> Self {
        assert_eq!(self.status.code(), Some(0), "{}; stderr: {}", self.status, self.stderr);
        assert!(self.stderr.lines().count() <= 1, "more than one line: {}", self.stderr);
        self
    }

    /// One line, which names `part`.
    #[track_caller]
    pub fn says(self, part: &str) -> Self {
        let one_line = self.stderr.lines().count() == 1 && self.stderr.ends_with('\n');
        assert!(one_line && self.stderr.contains(part), "{part:?} in {:?}", self.stderr);
        self
    }

    /// Nothing at all.
    #[track_caller]
    pub fn says_nothing(self) -> Self {
        assert_eq!(self.stderr, "");
        self
    }
}

/// Kills the process `pid` after a generous time, unless the answer is dropped before.
fn kill_unless_dropped(pid: u32) -> Sender<()> {
    let (alive, ended) = mpsc::channel();
    std::thread::spawn(move || {
        if ended.recv_timeout(GENEROUS) == Err(RecvTimeoutError::Timeout) {
            let _ = kill(Pid::from_raw(pid.cast_signed()), Signal::SIGKILL);
        }
    });
    alive
}

fn set_nonblocking(fd: impl AsFd, nonblocking: bool) {
    let flag = if nonblocking { OFlag::O_NONBLOCK } else { OFlag::empty() };
    fcntl(fd, FcntlArg::F_SETFL(flag)).unwrap();
}

/// What was written; a child that keeps the pipe open is not waited for.
fn drain(mut reader: PipeReader) -> String {
    set_nonblocking(&reader, true);
    let mut bytes = Vec::new();
    let _ = reader.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).trim_start_matches(char::from(FILLER)).to_owned()
}
