//! The `post-stop` hook of a job. See `hooks::post_stop`.
#![no_main]

upstart_monitor::hook!(upstart_monitor::hooks::post_stop);
