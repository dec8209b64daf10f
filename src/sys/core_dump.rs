//! Core dumps of this process, of which there are to be none.

use nix::sys::prctl::set_dumpable;
use nix::sys::resource::{Resource, setrlimit};

/// From now on this process leaves no core, whatever ends it, and nobody but root can look into it:
/// for a process that holds secrets. Programs that it starts can be looked into, but leave none
/// either.
pub fn never_dump_core() {
    // The limit alone does not hold where `core_pattern` names a program (core(5)).
    let _ = set_dumpable(false);
    let _ = setrlimit(Resource::RLIMIT_CORE, 0, 0);
}
