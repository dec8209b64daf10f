//! A program with several threads, stopped at every one of its system calls (ptrace(2)).
//!
//! `strace` counts calls thread by thread; here they stand in one order, and whoever looks on says
//! of each what becomes of it. x86-64 alone: it is the registers that tell which call it is.
#![allow(unsafe_code, reason = "between fork and exec there are only system calls")]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{IoSliceMut, Read, Seek};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::libc::{self, c_long, user_regs_struct};
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{Signal, killpg};
use nix::sys::uio::{RemoteIoVec, process_vm_readv};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

/// A system call that a program is about to make.
#[derive(Debug, Clone, Copy)]
pub struct SystemCall {
    thread: Pid,
    registers: user_regs_struct,
}

/// What becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// It is made.
    Made,
    /// It is not made, and fails with this.
    Fails(Errno),
    /// It is not made: the program and its children are killed.
    Killed,
}

/// How a traced program ended, and what it said.
#[derive(Debug)]
pub struct Traced {
    /// `None` where it had nothing to do for so long that it was killed.
    pub status: Option<ExitStatus>,
    pub stderr: String,
}

impl SystemCall {
    /// As the kernel counts them: `SYS_openat`.
    pub fn number(&self) -> c_long {
        self.registers.orig_rax.cast_signed()
    }

    /// Its first three arguments.
    pub fn arguments(&self) -> [u64; 3] {
        [self.registers.rdi, self.registers.rsi, self.registers.rdx]
    }

    /// The path or the open file that it is about, where it is about one.
    pub fn file(&self) -> Option<PathBuf> {
        let argument = self.arguments();
        match self.number() {
            libc::SYS_open
            | libc::SYS_stat
            | libc::SYS_lstat
            | libc::SYS_access
            | libc::SYS_mkdir
            | libc::SYS_unlink
            | libc::SYS_rename
            | libc::SYS_readlink => self.path_at(argument[0]),
            libc::SYS_openat
            | libc::SYS_statx
            | libc::SYS_newfstatat
            | libc::SYS_mkdirat
            | libc::SYS_unlinkat
            | libc::SYS_renameat
            | libc::SYS_renameat2
            | libc::SYS_inotify_add_watch => self
                .path_at(argument[1])
                .filter(|path| !path.as_os_str().is_empty())
                .or_else(|| self.open_file(argument[0])),
            libc::SYS_read
            | libc::SYS_write
            | libc::SYS_writev
            | libc::SYS_fsync
            | libc::SYS_fdatasync
            | libc::SYS_ftruncate
            | libc::SYS_getdents64
            | libc::SYS_flock
            | libc::SYS_fstat
            | libc::SYS_lseek => self.open_file(argument[0]),
            _ => None,
        }
    }

    fn open_file(&self, descriptor: u64) -> Option<PathBuf> {
        std::fs::read_link(format!("/proc/{}/fd/{}", self.thread, descriptor as i32)).ok()
    }

    /// The text at `address`, which ends in a zero.
    fn path_at(&self, address: u64) -> Option<PathBuf> {
        let mut text = Vec::new();
        // Up to the end of a page and no further: the next one may not be there.
        while !text.contains(&0) && text.len() < libc::PATH_MAX as usize {
            let base = address as usize + text.len();
            let mut piece = vec![0; 4096 - base % 4096];
            let len = piece.len();
            let remote = [RemoteIoVec { base, len }];
            process_vm_readv(self.thread, &mut [IoSliceMut::new(&mut piece)], &remote).ok()?;
            text.extend(piece);
        }
        let end = text.iter().position(|byte| *byte == 0)?;
        text.truncate(end);
        Some(OsString::from_vec(text).into())
    }
}

/// Runs `command` to its end, and asks `judge` before each of its system calls; of the threads
/// and children of the program too. Until `judge` has answered, that thread stands still.
///
/// A program that for the time `patience` does nothing but wait is killed.
pub fn trace(
    mut command: Command,
    patience: Duration,
    mut judge: impl FnMut(&SystemCall) -> Then,
) -> Traced {
    let mut stderr = tempfile::tempfile().unwrap();
    command.stderr(stderr.try_clone().unwrap()).process_group(0);
    // SAFETY: one system call, which allocates nothing.
    unsafe { command.pre_exec(|| Ok(ptrace::traceme()?)) };
    // It stops as soon as it is executed; who waits for it is the tracer.
    let program = Pid::from_raw(command.spawn().unwrap().id().cast_signed());
    let mut tracer = Tracer { program, threads: BTreeMap::new(), status: None, idle: false };
    assert!(matches!(waitpid(program, None), Ok(WaitStatus::Stopped(_, Signal::SIGTRAP))));
    let follow = Options::PTRACE_O_TRACESYSGOOD
        | Options::PTRACE_O_EXITKILL
        | Options::PTRACE_O_TRACECLONE
        | Options::PTRACE_O_TRACEFORK
        | Options::PTRACE_O_TRACEVFORK
        | Options::PTRACE_O_TRACEEXEC;
    ptrace::setoptions(program, follow).unwrap();
    tracer.go_on(program, None);

    while let Some(call) = tracer.next(patience) {
        match judge(&call) {
            Then::Made => tracer.go_on(call.thread, None),
            Then::Fails(errno) => {
                let mut registers = call.registers;
                // With no call of that number the kernel leaves the answer as it finds it.
                registers.orig_rax = u64::MAX;
                registers.rax = i64::from(-(errno as i32)).cast_unsigned();
                let _ = ptrace::setregs(call.thread, registers);
                tracer.go_on(call.thread, None);
            }
            Then::Killed => tracer.kill(),
        }
    }
    let mut said = String::new();
    stderr.rewind().unwrap();
    stderr.read_to_string(&mut said).unwrap();
    Traced { status: tracer.status.filter(|_| !tracer.idle), stderr: said }
}

/// What a thread does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doing {
    /// Its own work.
    Runs,
    /// A call.
    Calls,
    /// A call that waits for something to happen.
    Waits,
    /// Nothing any more.
    Gone,
}

struct Tracer {
    program: Pid,
    /// Every thread there ever was.
    threads: BTreeMap<Pid, Doing>,
    status: Option<ExitStatus>,
    /// Whether it was killed because it only waited.
    idle: bool,
}

impl Tracer {
    /// Waits until a thread enters a call; `None` where none is left.
    fn next(&mut self, patience: Duration) -> Option<SystemCall> {
        let mut idle_since = None;
        loop {
            let live = || self.threads.values().filter(|doing| **doing != Doing::Gone);
            let all_wait = live().next().is_some() && live().all(|doing| *doing == Doing::Waits);
            // Only of this thread's own: other tests have children too.
            let mut whom = WaitPidFlag::__WALL | WaitPidFlag::__WNOTHREAD;
            whom.set(WaitPidFlag::WNOHANG, all_wait);
            match waitpid(None, Some(whom)) {
                Err(Errno::ECHILD) => return None,
                Err(Errno::EINTR) => continue,
                Err(error) => panic!("cannot wait for what is traced: {error}"),
                Ok(WaitStatus::StillAlive) => {
                    let since = *idle_since.get_or_insert_with(Instant::now);
                    if since.elapsed() > patience {
                        self.idle = true;
                        self.kill();
                    }
                    std::thread::sleep(Duration::from_micros(200));
                    continue;
                }
                Ok(WaitStatus::PtraceSyscall(thread)) => {
                    if let Some(call) = self.enters(thread) {
                        return Some(call);
                    }
                    self.go_on(thread, None);
                }
                Ok(WaitStatus::PtraceEvent(thread, _, _)) => {
                    if let Ok(born) = ptrace::getevent(thread) {
                        // It may have come before this, and even be gone.
                        self.threads.entry(Pid::from_raw(born as i32)).or_insert(Doing::Runs);
                    }
                    self.go_on(thread, None);
                }
                Ok(WaitStatus::Stopped(thread, Signal::SIGSTOP)) => self.go_on(thread, None),
                Ok(WaitStatus::Stopped(thread, signal)) => self.go_on(thread, Some(signal)),
                Ok(WaitStatus::Exited(thread, code)) => self.gone(thread, code << 8),
                Ok(WaitStatus::Signaled(thread, signal, _)) => self.gone(thread, signal as i32),
                Ok(_) => {}
            }
            idle_since = None;
        }
    }

    /// The call that `thread` is at; `None` where it is at the end of it.
    fn enters(&mut self, thread: Pid) -> Option<SystemCall> {
        let doing = self.threads.entry(thread).or_insert(Doing::Runs);
        if *doing != Doing::Runs {
            *doing = Doing::Runs;
            return None;
        }
        let registers = ptrace::getregs(thread).ok()?;
        let call = SystemCall { thread, registers };
        let waits = [
            libc::SYS_futex,
            libc::SYS_poll,
            libc::SYS_ppoll,
            libc::SYS_epoll_wait,
            libc::SYS_epoll_pwait,
            libc::SYS_nanosleep,
            libc::SYS_clock_nanosleep,
            libc::SYS_restart_syscall,
        ];
        *doing = if waits.contains(&call.number()) { Doing::Waits } else { Doing::Calls };
        Some(call)
    }

    /// A thread that was killed meanwhile cannot go on.
    fn go_on(&self, thread: Pid, signal: Option<Signal>) {
        let _ = ptrace::syscall(thread, signal);
    }

    fn gone(&mut self, thread: Pid, status: i32) {
        self.threads.insert(thread, Doing::Gone);
        if thread == self.program {
            self.status = Some(ExitStatus::from_raw(status));
        }
    }

    fn kill(&mut self) {
        // Nobody waits any more, so that the end is waited for.
        self.threads.clear();
        let _ = killpg(self.program, Signal::SIGKILL);
    }
}
