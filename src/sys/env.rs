//! The environment, without a copy of it.

use std::ffi::{CStr, c_char};

/// The value of `name`, where it is set.
pub fn var(name: &CStr) -> Option<&'static [u8]> {
    // SAFETY: `name` ends in NUL; a hook has one thread and never changes its environment, so the
    // value stays where it is until the process ends.
    unsafe {
        let value = libc::getenv(name.as_ptr());
        if value.is_null() { None } else { Some(CStr::from_ptr(value).to_bytes()) }
    }
}

/// The whole of the variable `name`, `NAME=value`, where it is set.
pub fn variable(name: &CStr) -> Option<&'static CStr> {
    let name = name.to_bytes();
    // Not `strip_prefix`, which keeps a panic path in the program.
    strings().find(|variable| {
        let variable = variable.to_bytes();
        variable.starts_with(name) && variable.get(name.len()) == Some(&b'=')
    })
}

/// The whole environment, each `NAME=value`.
pub fn variables() -> impl Iterator<Item = &'static [u8]> {
    strings().map(CStr::to_bytes)
}

unsafe extern "C" {
    static environ: *const *const c_char;
}

fn strings() -> impl Iterator<Item = &'static CStr> {
    // SAFETY: `environ` is null or points to strings that end in NUL, with a null behind the last
    // one; nothing changes it while a hook runs.
    unsafe {
        let mut next = environ;
        std::iter::from_fn(move || {
            if next.is_null() || (*next).is_null() {
                return None;
            }
            let variable = CStr::from_ptr(*next);
            next = next.add(1);
            Some(variable)
        })
    }
}
