//! The kernel's ring of messages.

use libc::c_int;

use super::Errno;

/// Copies the end of the kernel log into `buffer`, in one system call that never waits: lines
/// `<priority>[seconds.micros] text`, whole ones as far as they fit (since Linux 3.5).
///
/// # Errors
/// What the kernel says; `EPERM` where the log is for root alone.
pub fn kernel_log(buffer: &mut [u8]) -> Result<usize, Errno> {
    /// `SYSLOG_ACTION_READ_ALL`: reads without taking anything away from other readers.
    const READ_ALL: c_int = 3;
    let length = c_int::try_from(buffer.len()).unwrap_or(c_int::MAX);
    // SAFETY: the kernel writes at most `length` bytes into the live buffer.
    let written = unsafe { libc::klogctl(READ_ALL, buffer.as_mut_ptr().cast(), length) };
    usize::try_from(written).map_err(|_| Errno::last())
}

/// How many bytes the kernel log has room for.
///
/// # Errors
/// What the kernel says; `EPERM` where the log is for root alone.
pub fn kernel_log_size() -> Result<usize, Errno> {
    /// `SYSLOG_ACTION_SIZE_BUFFER`.
    const SIZE_BUFFER: c_int = 10;
    // SAFETY: this action takes no buffer.
    let size = unsafe { libc::klogctl(SIZE_BUFFER, std::ptr::null_mut(), 0) };
    usize::try_from(size).map_err(|_| Errno::last())
}
