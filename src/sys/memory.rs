//! What happens to a hook that gets no memory.

use std::alloc::{GlobalAlloc, Layout, System};

use super::last_act::leave;
use super::say;

/// The system's memory. Where there is none left, the process says so in one line and exits 0:
/// the standard library would say two, and abort.
pub struct MemoryOrExit;

// SAFETY: everything is handed to `System` as it came; a null pointer is never handed out.
unsafe impl GlobalAlloc for MemoryOrExit {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are those that `System` asks for; so below.
        or_exit(unsafe { System.alloc(layout) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: see `alloc`.
        or_exit(unsafe { System.alloc_zeroed(layout) })
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: see `alloc`.
        or_exit(unsafe { System.realloc(memory, layout, size) })
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: see `alloc`.
        unsafe { System.dealloc(memory, layout) }
    }
}

fn or_exit(memory: *mut u8) -> *mut u8 {
    if memory.is_null() {
        say(&[b"out of memory: this hook gave up"]);
        leave()
    }
    memory
}
