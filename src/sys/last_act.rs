//! What a hook still does when it is cut short: at the deadline, by a fault, without memory.

use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use super::door::set_deadline;

static LAST_ACT: AtomicPtr<()> = AtomicPtr::new(ptr::null_mut());

/// From now on `act` is done once before the process exits because it was cut short; not where its
/// story came to its end.
///
/// It may run in a signal handler, anywhere in the story: it must not allocate, and not wait. It has
/// the time of a story at most, whatever became of the first one.
pub fn set_last_act(act: fn()) {
    LAST_ACT.store(act as *mut (), Ordering::Release);
}

/// Does the last act, if there is one, and exits 0. A fault in it ends up here again and finds it
/// done.
pub(super) fn leave() -> ! {
    let act = LAST_ACT.swap(ptr::null_mut(), Ordering::AcqRel);
    if !act.is_null() {
        set_deadline();
        // SAFETY: what is stored is null or a `fn()`.
        let act = unsafe { std::mem::transmute::<*mut (), fn()>(act) };
        act();
    }
    // SAFETY: ends the process without running anything else.
    unsafe { libc::_exit(0) }
}
