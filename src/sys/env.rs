//! The environment, without a copy of it.

use std::ffi::CStr;

/// The value of `name`, where it is set.
pub fn var(name: &CStr) -> Option<&'static [u8]> {
    // SAFETY: `name` ends in NUL; a hook has one thread and never changes its environment, so the
    // value stays where it is until the process ends.
    unsafe {
        let value = libc::getenv(name.as_ptr());
        if value.is_null() { None } else { Some(CStr::from_ptr(value).to_bytes()) }
    }
}
