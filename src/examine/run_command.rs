//! One command: bounded in time and output, and killed with its children.

use std::io::{self, PipeReader, Read};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::Pid;

use super::settings::Command;
use crate::aftermath::CommandResult;

/// The most output that is kept, in bytes.
const OUTPUT: usize = 16 * 1024;

/// What stands at the end of output that was longer.
const CUT: &str = "\n[cut off here]";

/// How often to look whether a command that says nothing has ended.
const LOOK: Duration = Duration::from_millis(20);

/// Runs `command` to its end or for as long as it may take, with `environment` and nothing else,
/// in a process group of its own, which is gone when this returns.
///
/// # Errors
/// Why it could not be started.
pub(super) fn run(command: &Command, environment: &[(&str, String)]) -> io::Result<CommandResult> {
    let (program, arguments) = command.argv.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    let (reader, writer) = io::pipe()?;
    let mut spawning = std::process::Command::new(program);
    spawning
        .args(arguments)
        .env_clear()
        .envs(environment.iter().map(|(name, value)| (name, value)));
    spawning.current_dir("/").process_group(0).stdin(Stdio::null());
    spawning.stdout(writer.try_clone()?).stderr(writer);
    let began = Instant::now();
    let group = Group { child: spawning.spawn()? };
    // It holds the pipe open.
    drop(spawning);

    let mut output = Output { reader, kept: Vec::new(), truncated: false };
    let ended = group.watch(&mut output, began + command.timeout);
    let status = group.end(&mut output)?;
    let Output { kept, truncated, .. } = output;
    let mut output = String::from_utf8_lossy(&kept).into_owned();
    if truncated {
        output.push_str(CUT);
    }
    Ok(CommandResult {
        name: command.name.clone(),
        exit: status.code().filter(|_| ended),
        timed_out: !ended,
        seconds: (began.elapsed().as_secs_f64() * 1000.0).round() / 1000.0,
        output,
        truncated,
    })
}

/// A running command and its children.
struct Group {
    child: Child,
}

impl Group {
    /// Reads `output` until the command has ended, which is true, or it is `deadline`.
    fn watch(&self, output: &mut Output, deadline: Instant) -> bool {
        loop {
            if self.has_ended() {
                return true;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            output.take(left.min(LOOK));
        }
    }

    /// Whether the command itself has ended. It is not reaped, so that its id stays its own until
    /// its children are gone.
    fn has_ended(&self) -> bool {
        let look = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
        !matches!(waitid(Id::Pid(self.pid()), look), Ok(WaitStatus::StillAlive))
    }

    /// Kills what is left of it, takes its last words, and reaps it.
    fn end(mut self, output: &mut Output) -> io::Result<ExitStatus> {
        let _ = killpg(self.pid(), Signal::SIGKILL);
        let status = self.child.wait();
        // What it wrote lies in the pipe; a child that left the group may hold it open for ever.
        while output.take(Duration::ZERO) {}
        status
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).unwrap_or(i32::MAX))
    }
}

/// What a command writes.
struct Output {
    reader: PipeReader,
    kept: Vec<u8>,
    truncated: bool,
}

impl Output {
    /// Waits for more at most that long, and takes a piece of it; false where there was none.
    fn take(&mut self, at_most: Duration) -> bool {
        let mut watched = [PollFd::new(self.reader.as_fd(), PollFlags::POLLIN)];
        let timeout = PollTimeout::try_from(at_most).unwrap_or(PollTimeout::ZERO);
        if !poll(&mut watched, timeout).is_ok_and(|ready| ready > 0) {
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
