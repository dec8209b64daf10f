//! What a program was called with, without a copy of it.

use std::ffi::{CStr, c_char, c_int};

/// The arguments behind the program's name.
#[derive(Debug, Clone, Copy)]
pub struct Arguments {
    count: usize,
    /// As the C library gave it: `count` strings that stay where they are until the process ends.
    vector: *const *const c_char,
}

impl Arguments {
    /// What `main` was given.
    ///
    /// # Safety
    /// `vector` points to `count` strings that end in NUL and stay as they are.
    pub const unsafe fn new(count: c_int, vector: *const *const c_char) -> Self {
        Self { count: if count < 0 { 0 } else { count as usize }, vector }
    }

    /// Argument number `at`; the first one is 0.
    pub fn get(self, at: usize) -> Option<&'static [u8]> {
        let at = at.checked_add(1).filter(|at| *at < self.count)?;
        // SAFETY: `at` is below the count, and `new` demands that there is a string.
        unsafe { Some(CStr::from_ptr(*self.vector.add(at)).to_bytes()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn are_counted_from_behind_the_programs_name() {
        let vector = [c"post-stop", c"systemd", c"web.service"].map(CStr::as_ptr);
        // SAFETY: three strings that live as long as the test.
        let arguments = unsafe { Arguments::new(3, vector.as_ptr()) };
        assert_eq!(arguments.get(0), Some(&b"systemd"[..]));
        assert_eq!(arguments.get(1), Some(&b"web.service"[..]));
        assert_eq!((arguments.get(2), arguments.get(usize::MAX)), (None, None));
        // SAFETY: no string is looked at.
        assert_eq!(unsafe { Arguments::new(0, std::ptr::null()) }.get(0), None);
    }
}
