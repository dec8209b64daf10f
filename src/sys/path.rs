//! Paths on the stack.

use std::ffi::{CStr, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use arrayvec::ArrayVec;

/// The longest path that the kernel takes, its end byte included (`PATH_MAX`).
pub const PATH_LEN: usize = 4096;

/// A path that no system call would take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLong;

/// A path, ready for the kernel, without an allocation.
#[derive(Debug, Clone)]
pub struct CPath(ArrayVec<u8, PATH_LEN>);

impl CPath {
    /// The parts one after the other, nothing between them.
    ///
    /// # Errors
    /// [`TooLong`] where they do not fit, or hold a NUL byte.
    pub fn concat<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, TooLong> {
        let mut bytes = ArrayVec::new();
        for part in parts {
            if part.contains(&0) {
                return Err(TooLong);
            }
            bytes.try_extend_from_slice(part).map_err(|_| TooLong)?;
        }
        bytes.try_push(0).map_err(|_| TooLong)?;
        Ok(Self(bytes))
    }

    /// As the C library takes it.
    pub fn as_c_str(&self) -> &CStr {
        CStr::from_bytes_until_nul(&self.0).unwrap_or_default()
    }

    /// The bytes, without the one that ends them.
    pub fn as_bytes(&self) -> &[u8] {
        self.as_c_str().to_bytes()
    }

    /// As the standard library takes it.
    pub fn as_path(&self) -> &Path {
        Path::new(OsStr::from_bytes(self.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_what_the_kernel_takes_and_refuses_the_rest() {
        let path = CPath::concat([&b"/var/run/"[..], b"a b", b".shutdown"]).unwrap();
        assert_eq!(path.as_path(), Path::new("/var/run/a b.shutdown"));
        assert_eq!(CPath::concat([&b"/a\0b"[..]]).err(), Some(TooLong));
        assert!(CPath::concat([&[b'x'; PATH_LEN - 1][..]]).is_ok());
        assert_eq!(CPath::concat([&[b'x'; PATH_LEN][..]]).err(), Some(TooLong));
    }
}
