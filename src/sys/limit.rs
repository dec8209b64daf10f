//! Resource limits.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Sets what counts (the soft limit) to `wanted`, or as near to it as this process may. How far it
/// may be raised later (the hard limit) is never lowered.
pub(super) fn set_limit(resource: Resource, wanted: u64) {
    let Ok((_, most)) = getrlimit(resource) else { return };
    if most >= wanted || setrlimit(resource, wanted, wanted).is_err() {
        let _ = setrlimit(resource, wanted.min(most), most);
    }
}
