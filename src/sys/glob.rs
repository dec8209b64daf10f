//! Globs, as Upstart itself matches them (init/event_operator.c).

use super::CPath;

/// Whether `glob` matches all of `name` (fnmatch(3)): `*` and `?` match every byte, `/` too. One
/// that is longer than a path matches nothing.
pub fn matches(glob: &[u8], name: &[u8]) -> bool {
    let (Ok(glob), Ok(name)) = (CPath::concat([glob]), CPath::concat([name])) else {
        return false;
    };
    // SAFETY: both end in NUL and outlive the call, which changes nothing.
    unsafe { libc::fnmatch(glob.as_c_str().as_ptr(), name.as_c_str().as_ptr(), 0) == 0 }
}
