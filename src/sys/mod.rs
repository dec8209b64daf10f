//! The system calls, and every unsafe line of the project.
//!
//! Nothing that `pre-start` and `pre-stop` call here allocates or panics; their size (a few KB
//! against the 370 KB of a program that can panic) is the proof.
#![allow(unsafe_code, reason = "the one place that talks to the C library and the kernel")]

mod arguments;
mod clock;
mod core_dump;
mod crash;
mod detach;
mod directory;
mod disk;
mod door;
mod env;
mod file;
mod glob;
mod host;
mod kernel_log;
mod last_act;
mod limit;
mod memory;
mod panic;
mod path;
mod random;
mod safe_open;
mod say;
mod socket;

pub use arguments::Arguments;
pub use clock::{boot_micros, kernel_log_micros, now, pause};
pub use core_dump::never_dump_core;
pub use crash::die_of_a_segmentation_fault;
pub use detach::{Detached, MAX_VARIABLES, run_apart, spawn_detached};
pub use directory::count_names;
pub use disk::{Room, is_in_memory, is_overlay, is_read_only, room};
pub use door::{DEADLINE, run};
pub use env::{var, variable, variables};
pub use file::{
    Kind, Stat, create, exists, make_dir, make_dirs, open, read, read_range, remove, rename,
    set_aside, stat, stat_open, write_line,
};
pub use glob::matches;
pub use host::{boot_id, cpus, current_dir, executable, in_first_pid_namespace, names};
pub use kernel_log::{kernel_log, kernel_log_size};
pub use last_act::set_last_act;
pub use memory::MemoryOrExit;
pub use panic::exit_on_panic;
pub use path::{CPath, PATH_LEN, TooLong};
pub use random::random_bytes;
pub use safe_open::{Refused, safe_open};
pub use say::say;
pub use socket::{Deadline, Socket, connect, receive, send};

/// A system call's refusal.
pub use nix::errno::Errno;
