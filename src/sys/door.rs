//! The door of every hook: whatever happens behind it, the process exits 0, and in time.
//!
//! A post-stop that exits otherwise keeps a crashed service down, a pre-start that does keeps it
//! from starting, and Upstart has no time limit on either (init/job_process.c).

use std::mem::MaybeUninit;
use std::ptr;
use std::time::Duration;

use libc::c_int;
use nix::sys::resource::{RLIM_INFINITY, Resource};

use super::arguments::Arguments;
use super::last_act::leave;
use super::limit::set_limit;

/// How long a job ever waits for a hook. Half a second would defeat `respawn limit 10 5`.
pub const DEADLINE: Duration = Duration::from_millis(250);

/// Runs `story` on the program's arguments and exits 0: after it, at the deadline, or on a fatal
/// signal.
pub fn run(story: fn(Arguments), arguments: Arguments) -> ! {
    hold_standard_descriptors();
    catch_signals();
    set_deadline();
    lift_limits();
    // SAFETY: umask cannot fail.
    unsafe { libc::umask(0o022) };
    story(arguments);
    // SAFETY: ends the process without running anything else.
    unsafe { libc::_exit(0) }
}

/// Signals that end a process which has gone wrong, or whose time is up.
const FATAL: [c_int; 10] = [
    libc::SIGABRT,
    libc::SIGALRM,
    libc::SIGBUS,
    libc::SIGFPE,
    libc::SIGILL,
    libc::SIGSEGV,
    libc::SIGSYS,
    libc::SIGTRAP,
    libc::SIGVTALRM,
    libc::SIGXCPU,
];

/// Signals by which others ask a process to end, or tell it that a write failed. A hook is done
/// in milliseconds: it finishes its work instead.
const IGNORED: [c_int; 11] = [
    libc::SIGHUP,
    libc::SIGINT,
    libc::SIGIO,
    libc::SIGPIPE,
    libc::SIGPROF,
    libc::SIGPWR,
    libc::SIGQUIT,
    libc::SIGTERM,
    libc::SIGUSR1,
    libc::SIGUSR2,
    libc::SIGXFSZ,
];

/// Room for the handler, where the stack itself is the trouble, and for the last act in it. Pages
/// that are not touched cost nothing.
const HANDLER_STACK_LEN: usize = 256 * 1024;
static mut HANDLER_STACK: [MaybeUninit<u8>; HANDLER_STACK_LEN] =
    [MaybeUninit::uninit(); HANDLER_STACK_LEN];

extern "C" fn cut_short(_signal: c_int) {
    leave()
}

fn catch_signals() {
    // SAFETY: all pointers are to live, initialised values; HANDLER_STACK is handed to the kernel
    // once and touched by nothing else.
    unsafe {
        let mut stack: libc::stack_t = std::mem::zeroed();
        stack.ss_sp = (&raw mut HANDLER_STACK).cast();
        stack.ss_size = HANDLER_STACK_LEN;
        libc::sigaltstack(&stack, ptr::null_mut());

        let mut action: libc::sigaction = std::mem::zeroed();
        // A fault in the handler must reach the handler: blocked, it would kill the process.
        action.sa_flags = libc::SA_ONSTACK | libc::SA_NODEFER;
        action.sa_sigaction = cut_short as extern "C" fn(c_int) as usize;
        for signal in FATAL {
            libc::sigaction(signal, &action, ptr::null_mut());
        }
        action.sa_sigaction = libc::SIG_IGN;
        for signal in IGNORED {
            libc::sigaction(signal, &action, ptr::null_mut());
        }
        libc::sigprocmask(libc::SIG_SETMASK, &action.sa_mask, ptr::null_mut());
    }
}

/// Ends the process, by a fatal signal, [`DEADLINE`] from now.
pub(super) fn set_deadline() {
    let mut timer = libc::itimerval {
        it_interval: libc::timeval { tv_sec: 0, tv_usec: 0 },
        it_value: libc::timeval { tv_sec: 0, tv_usec: 0 },
    };
    timer.it_value.tv_usec = DEADLINE.subsec_micros().into();
    // SAFETY: `timer` is a live itimerval. Called as a system call because the C libraries differ
    // in the type of the first argument.
    unsafe { libc::syscall(libc::SYS_setitimer, libc::ITIMER_REAL, &timer, 0) };
}

/// Undoes the job's `limit` stanzas, which Upstart applies to every hook, as far as we may.
fn lift_limits() {
    const WANTED: [(Resource, u64); 6] = [
        (Resource::RLIMIT_AS, RLIM_INFINITY),
        (Resource::RLIMIT_CPU, RLIM_INFINITY),
        (Resource::RLIMIT_DATA, RLIM_INFINITY),
        (Resource::RLIMIT_FSIZE, RLIM_INFINITY),
        (Resource::RLIMIT_NOFILE, 256),
        (Resource::RLIMIT_STACK, 8 << 20),
    ];
    for (resource, wanted) in WANTED {
        set_limit(resource, wanted);
    }
}

/// Puts /dev/null (or, in a jail without it, /) where 0, 1 or 2 is closed, so that no file that
/// the hook opens can become its stderr.
fn hold_standard_descriptors() {
    for fd in 0..=2 {
        // SAFETY: plain system calls on constant strings; `open` takes the lowest free number,
        // which is `fd`, since the ones below it are open by now.
        unsafe {
            if libc::fcntl(fd, libc::F_GETFD) == -1
                && libc::open(c"/dev/null".as_ptr(), libc::O_RDWR) == -1
            {
                libc::open(c"/".as_ptr(), libc::O_RDONLY);
            }
        }
    }
}

/// Makes a program of a hook's story.
///
/// The program has a C `main`: the standard library's start-up would cost more than the hook.
#[macro_export]
macro_rules! hook {
    ($story:path) => {
        #[allow(unsafe_code, reason = "the name that the C library starts a program by")]
        #[unsafe(no_mangle)]
        extern "C" fn main(
            count: core::ffi::c_int,
            vector: *const *const core::ffi::c_char,
        ) -> core::ffi::c_int {
            // SAFETY: the C library gives `main` that many strings.
            let arguments = unsafe { $crate::sys::Arguments::new(count, vector) };
            $crate::sys::run($story, arguments)
        }
    };
}
