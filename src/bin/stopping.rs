//! The observer, run by an Upstart job of its own. See `hooks::stopping`.
#![no_main]

#[global_allocator]
static MEMORY: upstart_monitor::sys::MemoryOrExit = upstart_monitor::sys::MemoryOrExit;

upstart_monitor::hook!(upstart_monitor::hooks::stopping);
