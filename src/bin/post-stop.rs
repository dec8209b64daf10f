//! The `post-stop` hook of a job. See `hooks::post_stop`.
#![no_main]

#[global_allocator]
static MEMORY: upstart_monitor::sys::MemoryOrExit = upstart_monitor::sys::MemoryOrExit;

upstart_monitor::hook!(upstart_monitor::hooks::post_stop);
