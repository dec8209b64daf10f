//! One command: bounded in time and output, and killed with its children.

use std::io::{self, PipeReader, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::Pid;

/// Where commands are looked for, whatever the environment of the notifier says.
pub const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The most output that is kept, in bytes.
const OUTPUT: usize = 16 * 1024;

/// What stands at the end of output that was longer.
const CUT: &str = "\n[cut off here]";

/// How often to look whether a command that says nothing has ended.
const LOOK: Duration = Duration::from_millis(20);

/// What is run, and how.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    /// The program and its arguments.
    pub argv: &'a [String],
    /// All of its environment.
    pub environment: &'a [(&'a str, String)],
    /// What it reads.
    pub input: &'a [u8],
    /// When it is killed.
    pub timeout: Duration,
    /// What becomes of its children when it ends by itself.
    pub children: Children,
}

/// What becomes of the children of a command that ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Children {
    /// They end with it.
    Killed,
    /// They go on: a mail system delivers in the background.
    LeftAlone,
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Ended {
    /// Its exit status; `None` where a signal ended it.
    pub exit: Option<i32>,
    /// The signal that ended it, that at the time limit among them.
    pub signal: Option<i32>,
    /// Whether it was killed at the time limit.
    pub timed_out: bool,
    /// How long it ran.
    pub ran: Duration,
    /// What it said, on standard output and error.
    pub output: String,
    /// Whether it said more than is kept.
    pub truncated: bool,
}

/// Runs a command to its end or for as long as it may take, in a process group of its own, which is
/// gone when this returns unless its children are left alone.
///
/// # Errors
/// Why it could not be started.
pub fn run(run: Run<'_>) -> io::Result<Ended> {
    let (program, arguments) = run.argv.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    let (reader, writer) = io::pipe()?;
    let mut spawning = Command::new(program);
    let environment = run.environment.iter().map(|(name, value)| (name, value));
    spawning.args(arguments).env_clear().envs(environment);
    spawning.current_dir("/").process_group(0);
    spawning.stdin(if run.input.is_empty() { Stdio::null() } else { Stdio::piped() });
    spawning.stdout(writer.try_clone()?).stderr(writer);
    let began = Instant::now();
    let mut child = spawning.spawn()?;
    // It holds the pipe open.
    drop(spawning);
    let mut input = child.stdin.take().map(|pipe| Input::new(pipe, run.input));

    let group = Group { child };
    let mut output = Output { reader, kept: Vec::new(), truncated: false };
    let ended = group.watch(&mut input, &mut output, began + run.timeout);
    drop(input);
    let status = group.end(&mut output, ended && run.children == Children::LeftAlone)?;
    let Output { kept, truncated, .. } = output;
    let mut output = String::from_utf8_lossy(&kept).into_owned();
    if truncated {
        output.push_str(CUT);
    }
    let exit = status.code().filter(|_| ended);
    let (signal, ran) = (status.signal(), began.elapsed());
    Ok(Ended { exit, signal, timed_out: !ended, ran, output, truncated })
}

/// A running command and its children.
struct Group {
    child: Child,
}

impl Group {
    /// Hands over `input` and reads `output` until the command has ended, which is true, or it is
    /// `deadline`.
    fn watch(&self, input: &mut Option<Input<'_>>, output: &mut Output, deadline: Instant) -> bool {
        loop {
            if self.has_ended() {
                return true;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            input.take_if(|input| input.is_done());
            output.take(left.min(LOOK), input.as_ref());
        }
    }

    /// Whether the command itself has ended. It is not reaped, so that its id stays its own until
    /// its children are gone.
    fn has_ended(&self) -> bool {
        let look = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
        !matches!(waitid(Id::Pid(self.pid()), look), Ok(WaitStatus::StillAlive))
    }

    /// Kills what is left of it, unless that is `spared`, takes its last words, and reaps it.
    fn end(mut self, output: &mut Output, spared: bool) -> io::Result<ExitStatus> {
        if !spared {
            let _ = killpg(self.pid(), Signal::SIGKILL);
        }
        let status = self.child.wait();
        // What it wrote lies in the pipe; a child that left the group may hold it open for ever.
        while output.take(Duration::ZERO, None) {}
        status
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).unwrap_or(i32::MAX))
    }
}

/// What a command reads, as far as it is not handed over.
struct Input<'a> {
    pipe: ChildStdin,
    rest: &'a [u8],
}

impl<'a> Input<'a> {
    /// `bytes` for the command that reads from `pipe`.
    fn new(pipe: ChildStdin, bytes: &'a [u8]) -> Self {
        // A pipe that cannot be told so is one that a command may leave full: until the time limit.
        let _ = fcntl(&pipe, FcntlArg::F_SETFL(OFlag::O_NONBLOCK));
        Self { pipe, rest: bytes }
    }

    /// Hands over what there is room for; whether that was all, or nobody reads on.
    fn is_done(&mut self) -> bool {
        match self.pipe.write(self.rest) {
            Ok(written) => {
                self.rest = self.rest.get(written..).unwrap_or_default();
                self.rest.is_empty()
            }
            Err(error) => {
                !matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
            }
        }
    }
}

/// What a command writes.
struct Output {
    reader: PipeReader,
    kept: Vec<u8>,
    truncated: bool,
}

impl Output {
    /// Waits for more at most that long, or until there is room for more of `input`, and takes a
    /// piece of it; false where there was none.
    fn take(&mut self, at_most: Duration, input: Option<&Input<'_>>) -> bool {
        let mut watched = vec![PollFd::new(self.reader.as_fd(), PollFlags::POLLIN)];
        watched.extend(input.map(|input| PollFd::new(input.pipe.as_fd(), PollFlags::POLLOUT)));
        let timeout = PollTimeout::try_from(at_most).unwrap_or(PollTimeout::ZERO);
        let ready = poll(&mut watched, timeout).is_ok_and(|ready| ready > 0);
        let says = watched.first().and_then(PollFd::any).unwrap_or(false);
        if !ready || !says {
            return false;
        }
        let mut piece = [0; 4096];
        let read = self.reader.read(&mut piece).unwrap_or(0);
        if read == 0 {
            // Closed: nothing ends a wait for more but time.
            std::thread::sleep(at_most);
            return false;
        }
        let room = OUTPUT.saturating_sub(self.kept.len());
        self.kept.extend(piece.iter().take(read.min(room)));
        self.truncated |= read > room;
        true
    }
}
