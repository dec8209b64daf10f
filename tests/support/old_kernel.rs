//! A kernel that does not have the system calls of later ones.
#![allow(unsafe_code, reason = "between fork and exec there are only system calls")]

use nix::libc;

/// A kernel by its newest system call. Their numbers are in the order of their age on x86-64 alone
/// (arch/x86/entry/syscalls/syscall_64.tbl).
///
/// What a call of that age did not know yet (flags, clocks, files in /proc) it knows here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OldKernel {
    /// Red Hat 6.
    V2_6_32,
    /// Ubuntu 12.04.
    V3_2,
    /// Ubuntu 14.04.
    V3_13,
}

impl OldKernel {
    pub const ALL: [Self; 3] = [Self::V2_6_32, Self::V3_2, Self::V3_13];

    fn newest_call(self) -> libc::c_long {
        match self {
            Self::V2_6_32 => libc::SYS_perf_event_open,
            Self::V3_2 => libc::SYS_process_vm_writev,
            Self::V3_13 => libc::SYS_finit_module,
        }
    }

    /// Lets this process, and whatever it becomes, find no call that is newer. Fails where one is
    /// found all the same.
    pub(super) fn settle(self) -> std::io::Result<()> {
        let newest = u32::try_from(self.newest_call()).unwrap_or(0);
        let step = |code: u32, jt, k| libc::sock_filter { code: code as u16, jt, jf: 0, k };
        let number = std::mem::offset_of!(libc::seccomp_data, nr) as u32;
        let mut steps = [
            step(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, number),
            step(libc::BPF_JMP | libc::BPF_JGT | libc::BPF_K, 1, newest),
            step(libc::BPF_RET | libc::BPF_K, 0, libc::SECCOMP_RET_ALLOW),
            step(libc::BPF_RET | libc::BPF_K, 0, libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32),
        ];
        let filter = libc::sock_fprog { len: steps.len() as u16, filter: steps.as_mut_ptr() };
        // SAFETY: plain system calls on constants and live local values, which the kernel copies.
        let found = unsafe {
            libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
            libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &filter);
            libc::syscall(libc::SYS_getrandom, steps.as_mut_ptr(), 0, 0)
        };
        let error = std::io::Error::last_os_error();
        match (found, error.raw_os_error()) {
            (-1, Some(libc::ENOSYS)) => Ok(()),
            _ => Err(std::io::ErrorKind::Unsupported.into()),
        }
    }
}
