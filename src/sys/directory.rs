//! How many names a directory holds, counted without an allocation.

use std::ffi::CStr;
use std::os::fd::AsRawFd;

use nix::errno::Errno;
use nix::fcntl::OFlag;

/// Where an entry of `struct linux_dirent64` (getdents64(2)) holds its length.
const LENGTH_AT: usize = 16;

/// How many names the directory at `path` holds; no more than `most` are counted.
///
/// # Errors
/// What the kernel says.
// Not inlined: its large frame is for those who count.
#[inline(never)]
pub fn count_names(path: &CStr, most: u32) -> Result<u32, Errno> {
    let directory = super::open(path, OFlag::O_RDONLY | OFlag::O_DIRECTORY)?;
    let mut buffer = Entries([0; 8192]);
    // "." and "..".
    let most = most.saturating_add(2);
    let mut count = 0_u32;
    while count < most {
        let (fd, bytes) = (directory.as_raw_fd(), &mut buffer.0);
        // SAFETY: the kernel writes at most as many bytes as the buffer has.
        let filled =
            unsafe { libc::syscall(libc::SYS_getdents64, fd, bytes.as_mut_ptr(), bytes.len()) };
        let mut rest = match usize::try_from(filled) {
            Ok(0) => break,
            Ok(filled) => bytes.get(..filled).unwrap_or_default(),
            Err(_) => return Err(Errno::last()),
        };
        while let Some(&[low, high]) = rest.get(LENGTH_AT..LENGTH_AT + 2) {
            count += 1;
            let length = usize::from(u16::from_ne_bytes([low, high]));
            rest = rest.get(length.max(1)..).unwrap_or_default();
        }
    }
    Ok(count.min(most).saturating_sub(2))
}

/// Entries as the kernel writes them, in a place that is aligned for them.
#[repr(align(8))]
struct Entries([u8; 8192]);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::CPath;
    use std::os::unix::ffi::OsStrExt;

    #[test]
    fn names_are_counted_up_to_a_limit() {
        let dir = tempfile::tempdir().unwrap();
        let path = CPath::concat([dir.path().as_os_str().as_bytes()]).unwrap();
        let count = |most| count_names(path.as_c_str(), most);
        assert_eq!(count(9), Ok(0));
        for number in 0..700 {
            std::fs::write(dir.path().join(format!("{number:0>40}")), "").unwrap();
        }
        for (most, counted) in [(0, 0), (9, 9), (699, 699), (700, 700), (10_000, 700)] {
            assert_eq!(count(most), Ok(counted), "{most}");
        }
        let absent = CPath::concat([path.as_bytes(), b"/none"]).unwrap();
        assert_eq!(count_names(absent.as_c_str(), 9), Err(Errno::ENOENT));
    }
}
