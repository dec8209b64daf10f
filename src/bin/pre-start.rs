//! The `pre-start` hook of a job. See `hooks::pre_start`.
#![no_main]

upstart_monitor::hook!(upstart_monitor::hooks::pre_start);
