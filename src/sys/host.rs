//! Facts about the host that cost one or two system calls.

use arrayvec::{ArrayString, ArrayVec};
use nix::fcntl::OFlag;
use nix::sys::utsname::UtsName;

use super::file;
use super::path::{CPath, PATH_LEN};

/// The kernel's name for this boot; `None` without /proc.
pub fn boot_id() -> Option<ArrayString<36>> {
    let mut bytes = [0; 36];
    let id = file::open(c"/proc/sys/kernel/random/boot_id", OFlag::O_RDONLY).ok()?;
    let filled = file::read(&id, &mut bytes).ok()?;
    ArrayString::from(std::str::from_utf8(bytes.get(..filled)?).ok()?).ok()
}

/// Host name, kernel release, machine: what `uname` tells.
pub fn names() -> Option<UtsName> {
    nix::sys::utsname::uname().ok()
}

/// How many processors this process may use.
pub fn cpus() -> Option<usize> {
    std::thread::available_parallelism().ok().map(std::num::NonZero::get)
}

/// Whether process ids are here what they are to the kernel; not so in a container. `None` where
/// /proc does not tell.
pub fn in_first_pid_namespace() -> Option<bool> {
    /// `PROC_PID_INIT_INO` of the kernel.
    const FIRST: u64 = 0xefff_fffc;
    nix::sys::stat::stat(c"/proc/self/ns/pid").ok().map(|stat| stat.st_ino == FIRST)
}

/// The program `name` beside the one that runs now; `None` without /proc.
pub fn executable(name: &[u8]) -> Option<CPath> {
    let mut target = ArrayVec::<u8, PATH_LEN>::new();
    // SAFETY: the kernel writes at most the capacity, and the length set is what it wrote.
    unsafe {
        let written = libc::readlink(
            c"/proc/self/exe".as_ptr(),
            target.as_mut_ptr().cast(),
            target.capacity(),
        );
        let written = usize::try_from(written).ok().filter(|len| *len < PATH_LEN)?;
        target.set_len(written);
    }
    let slash = target.iter().rposition(|byte| *byte == b'/')?;
    CPath::concat([target.get(..=slash)?, name]).ok()
}

/// The directory that this process runs in; `None` where it has no path any more.
pub fn current_dir() -> Option<CPath> {
    let mut bytes = [0_u8; PATH_LEN];
    // SAFETY: the kernel writes at most so many bytes, and ends them with NUL.
    let written = unsafe { libc::getcwd(bytes.as_mut_ptr().cast(), bytes.len()) };
    if written.is_null() {
        return None;
    }
    let end = bytes.iter().position(|byte| *byte == 0)?;
    // What lies outside of the root has no absolute path (getcwd(3)).
    let path = bytes.get(..end).filter(|path| path.starts_with(b"/"))?;
    CPath::concat([path]).ok()
}
