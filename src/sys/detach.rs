//! A child that shares nothing with the job whose hook started it.

use std::ffi::{CStr, c_char};
use std::ptr;

use libc::c_int;
use nix::errno::Errno;
use nix::sys::resource::{Resource, setrlimit};

use super::limit::set_limit;
use super::socket::{self, Socket};

/// What to run, apart from the job.
pub struct Detached<'a> {
    /// The program's absolute path.
    pub program: &'a CStr,
    /// Its one argument.
    pub argument: &'a CStr,
    /// Its whole environment, each `NAME=value`.
    pub environment: &'a [&'a CStr],
    /// What the child does first, without an allocation.
    pub errand: &'a dyn Fn(),
}

/// The most variables that a detached program is given.
pub const MAX_VARIABLES: usize = 8;

/// Past this descriptor number nothing is looked for on a kernel without `close_range` (5.9).
const LAST_DESCRIPTOR: c_int = 4096;

/// Starts `detached` in a session of its own and returns at once; nobody waits for it.
///
/// Its descriptors, working directory, resource limits, priority, umask, signals and environment
/// are its own: nothing of the job's stanzas reaches it. A jail (`chroot`) cannot be left.
///
/// # Errors
/// What the kernel says of the fork. Whether the program could be executed is not known here.
pub fn spawn_detached(detached: &Detached<'_>) -> Result<(), Errno> {
    let argv: [*const c_char; 3] =
        [detached.program.as_ptr(), detached.argument.as_ptr(), ptr::null()];
    let mut envp: [*const c_char; MAX_VARIABLES + 1] = [ptr::null(); MAX_VARIABLES + 1];
    for (slot, variable) in envp.iter_mut().take(MAX_VARIABLES).zip(detached.environment) {
        *slot = variable.as_ptr();
    }
    in_child(|| {
        settle(3);
        (detached.errand)();
        // SAFETY: `argv` and `envp` end in null and point to live strings.
        unsafe { libc::execve(detached.program.as_ptr(), argv.as_ptr(), envp.as_ptr()) };
    })
}

/// Runs `story` in a child that shares nothing with the job, and returns at once; nobody waits for
/// it. The two have a socket each to tell the other by; no other descriptor stays open in the child.
///
/// # Errors
/// What the kernel says of the sockets or the fork.
pub fn run_apart(story: impl FnOnce(&Socket)) -> Result<Socket, Errno> {
    let (ours, theirs) = socket::pair()?;
    in_child(|| {
        // What had the number in the parent is not used in the child.
        let theirs = theirs.renumbered(KEPT);
        settle(KEPT + 1);
        story(&theirs);
    })?;
    Ok(ours)
}

/// Runs `story` in a child, whose exit status nobody waits for, and returns at once.
fn in_child(story: impl FnOnce()) -> Result<(), Errno> {
    // SAFETY: the process has one thread, so that the child may do all that the parent may; it
    // ends without running anything else.
    unsafe {
        match libc::fork() {
            -1 => Err(Errno::last()),
            0 => {
                story();
                libc::_exit(127)
            }
            _child => Ok(()),
        }
    }
}

/// The descriptor by which a child talks to its parent: the lowest behind the standard ones.
const KEPT: c_int = 3;

/// Takes the child out of the job's surroundings. What is refused is left as it is. Descriptors
/// from `close_from` on are closed.
fn settle(close_from: c_int) {
    // SAFETY: plain system calls on constants and live local values.
    unsafe {
        libc::setsid();
        libc::chdir(c"/".as_ptr());
        libc::umask(0o077);
        libc::setpriority(libc::PRIO_PROCESS, 0, 0);

        let null = libc::open(c"/dev/null".as_ptr(), libc::O_RDWR);
        if null != -1 {
            for fd in 0..=2 {
                libc::dup2(null, fd);
            }
        }
        if libc::syscall(libc::SYS_close_range, close_from, c_int::MAX, 0) != 0 {
            for fd in close_from..LAST_DESCRIPTOR {
                libc::close(fd);
            }
        }

        let mut default: libc::sigaction = std::mem::zeroed();
        default.sa_sigaction = libc::SIG_DFL;
        for signal in 1..=libc::SIGSYS {
            libc::sigaction(signal, &default, ptr::null_mut());
        }

        let score = libc::open(c"/proc/self/oom_score_adj".as_ptr(), libc::O_WRONLY);
        if score != -1 {
            libc::write(score, c"0".as_ptr().cast(), 1);
            libc::close(score);
        }
    }
    // Core dumps would hold secrets; threads need stack and process slots.
    let _ = setrlimit(Resource::RLIMIT_CORE, 0, 0);
    set_limit(Resource::RLIMIT_STACK, 8 << 20);
    set_limit(Resource::RLIMIT_NPROC, libc::RLIM_INFINITY);
    set_limit(Resource::RLIMIT_NOFILE, 1024);
}
