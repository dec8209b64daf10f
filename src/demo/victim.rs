//! The small program that crashes.

use std::io::{self, Write};
use std::time::Duration;

use crate::sys;

/// The hidden subcommand by which the demo starts its victim.
pub const VICTIM: &str = "demo-victim";

/// Set by the demo for the run that is to crash.
pub(super) const CRASHES: &str = "UPSTART_MONITOR_DEMO_CRASHES";

/// Logs a few lines and dies of a segmentation fault; a run that is not to crash serves until it
/// is told to stop.
pub fn run_victim() -> ! {
    let mut log = io::stdout();
    let _ = writeln!(log, "listening on 127.0.0.1:8080");
    if std::env::var_os(CRASHES).is_none() {
        loop {
            std::thread::sleep(Duration::from_secs(3600));
        }
    }
    let _ = writeln!(log, "GET /orders/17 200 in 12 ms");
    let _ = writeln!(log, "GET /orders/18: no such order, following a null pointer");
    let _ = log.flush();
    sys::die_of_a_segmentation_fault()
}
