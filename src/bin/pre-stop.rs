//! The `pre-stop` hook of a job. See `hooks::pre_stop`.
#![no_main]

upstart_monitor::hook!(upstart_monitor::hooks::pre_stop);
