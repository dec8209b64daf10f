//! What init, or somebody hostile, does to a process between fork and exec.
#![allow(unsafe_code, reason = "between fork and exec there are only system calls")]

use std::ffi::CStr;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use nix::libc;
use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// The user id of `nobody`, and the group id.
pub const NOBODY: u32 = 65534;

/// The surroundings that a process starts in. The default is init's: a session of its own,
/// signals default and unmasked, umask 022, working directory `/`.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// The soft and the hard limit of each.
    pub limits: Vec<(Resource, u64, u64)>,
    /// Run as `nobody`, who can lift no limit.
    pub nobody: bool,
    /// The umask, where it is not 022.
    pub umask: Option<u32>,
    /// The nice value.
    pub nice: Option<i32>,
    /// The `oom score`, where it is not 0.
    pub oom_score: Option<&'static CStr>,
    /// Every signal that can be is ignored.
    pub signals_ignored: bool,
    /// Every signal that can be is blocked.
    pub signals_blocked: bool,
    /// Descriptors that are closed.
    pub closed: Vec<i32>,
    /// How many descriptors of /dev/null are left open beside the standard ones.
    pub extra_descriptors: usize,
    /// The working directory is one that no longer exists.
    pub deleted_directory: bool,
    /// The jail (`chroot`), where the process is in one.
    pub jail: Option<PathBuf>,
    /// The kernel, where it is to be an older one than this.
    #[cfg(target_arch = "x86_64")]
    pub kernel: Option<super::OldKernel>,
}

impl Surroundings {
    /// A limit that only somebody with the right to do so lifts.
    pub fn limit(mut self, resource: Resource, limit: u64) -> Self {
        self.limits.push((resource, limit, limit));
        self
    }

    /// A limit that everybody may lift as far as the test's own.
    pub fn soft_limit(mut self, resource: Resource, limit: u64) -> Self {
        self.limits.push((resource, limit, getrlimit(resource).unwrap().1));
        self
    }

    pub fn nobody(mut self) -> Self {
        self.nobody = true;
        self
    }

    pub fn umask(mut self, umask: u32) -> Self {
        self.umask = Some(umask);
        self
    }

    pub fn nice(mut self, nice: i32) -> Self {
        self.nice = Some(nice);
        self
    }

    pub fn oom_score(mut self, score: &'static CStr) -> Self {
        self.oom_score = Some(score);
        self
    }

    pub fn signals_ignored(mut self) -> Self {
        self.signals_ignored = true;
        self
    }

    pub fn signals_blocked(mut self) -> Self {
        self.signals_blocked = true;
        self
    }

    pub fn closed(mut self, descriptors: &[i32]) -> Self {
        self.closed.extend(descriptors);
        self
    }

    pub fn extra_descriptors(mut self, count: usize) -> Self {
        self.extra_descriptors = count;
        self
    }

    pub fn deleted_directory(mut self) -> Self {
        self.deleted_directory = true;
        self
    }

    /// The stanza `chroot`.
    pub fn jail(mut self, jail: impl Into<PathBuf>) -> Self {
        self.jail = Some(jail.into());
        self
    }

    #[cfg(target_arch = "x86_64")]
    pub fn kernel(mut self, kernel: super::OldKernel) -> Self {
        self.kernel = Some(kernel);
        self
    }

    /// Puts the process that `command` starts into these surroundings.
    pub fn around(&self, command: &mut Command) {
        let surroundings = self.clone();
        // SAFETY: `settle` makes system calls only; what it reads was copied before the fork.
        unsafe { command.pre_exec(move || settle(&surroundings)) };
    }
}

/// Runs in the child. Failing here fails the spawn, and with it the test.
fn settle(wanted: &Surroundings) -> std::io::Result<()> {
    nix::unistd::setsid()?;
    if wanted.deleted_directory {
        let mut name = *b"/tmp/upstart-monitor-gone-XXXXXX\0";
        // SAFETY: `name` is a NUL-terminated template that mkdtemp fills in.
        unsafe { libc::mkdtemp(name.as_mut_ptr().cast()) };
        let name = CStr::from_bytes_until_nul(&name).unwrap_or_default();
        nix::unistd::chdir(name)?;
        // SAFETY: `name` is NUL-terminated.
        unsafe { libc::rmdir(name.as_ptr()) };
    } else {
        nix::unistd::chdir(c"/")?;
    }
    // SAFETY: plain system calls on constants and live local values.
    unsafe {
        libc::umask(wanted.umask.unwrap_or(0o022));
        if let Some(nice) = wanted.nice {
            libc::setpriority(libc::PRIO_PROCESS, 0, nice);
        }
        if let Some(score) = wanted.oom_score {
            let file = libc::open(c"/proc/self/oom_score_adj".as_ptr(), libc::O_WRONLY);
            libc::write(file, score.as_ptr().cast(), score.count_bytes());
            libc::close(file);
        }
        let disposition = if wanted.signals_ignored { libc::SIG_IGN } else { libc::SIG_DFL };
        for signal in 1..libc::SIGRTMAX() {
            libc::signal(signal, disposition);
        }
        let mut mask: libc::sigset_t = std::mem::zeroed();
        if wanted.signals_blocked {
            libc::sigfillset(&mut mask);
        }
        libc::sigprocmask(libc::SIG_SETMASK, &mask, std::ptr::null_mut());
    }
    if wanted.nobody {
        nix::unistd::setgroups(&[])?;
        nix::unistd::setgid(nix::unistd::Gid::from_raw(NOBODY))?;
    }
    if let Some(jail) = &wanted.jail {
        nix::unistd::chroot(jail)?;
        nix::unistd::chdir(c"/")?;
    }
    for _ in 0..wanted.extra_descriptors {
        // SAFETY: a plain system call on a constant string.
        unsafe { libc::open(c"/dev/null".as_ptr(), libc::O_RDWR) };
    }
    for (resource, soft, hard) in &wanted.limits {
        setrlimit(*resource, *soft, *hard)?;
    }
    if wanted.nobody {
        nix::unistd::setuid(nix::unistd::Uid::from_raw(NOBODY))?;
    }
    for descriptor in &wanted.closed {
        // SAFETY: a plain system call.
        unsafe { libc::close(*descriptor) };
    }
    #[cfg(target_arch = "x86_64")]
    if let Some(kernel) = wanted.kernel {
        kernel.settle()?;
    }
    Ok(())
}
