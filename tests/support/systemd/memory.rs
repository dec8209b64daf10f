//! A machine whose systemd can limit memory. Where this machine's controller is of the first version
//! of control groups, so is that one's: one that is at work in the one cannot be had in the other.

use std::process::Command;

use super::super::memory_limit::is_of_version_1;
use super::{Machine, UNITS};

/// In control groups of the first version nobody in a container is told that one is empty, and a
/// service that ends while it is being stopped is waited for in vain.
const IMPATIENT: &str = "[Service]\nTimeoutStopSec=1\n";

impl Machine {
    /// Lends the machine a memory controller, and this machine's kernel log, in which the kernel
    /// says whom it killed.
    pub fn lend_memory(&mut self) {
        self.lends_memory = true;
        self.write_program("/lives/init", include_str!("init.sh"));
        self.write(&format!("{UNITS}/director.service.d/impatient.conf"), IMPATIENT);
    }
}

/// Tells nspawn so.
pub(super) fn lend(command: &mut Command) -> &mut Command {
    command.args(["--bind=/dev/kmsg", "--capability=CAP_SYSLOG", "/lives/init"]);
    command.env("SYSTEMD_NSPAWN_UNIFIED_HIERARCHY", if is_of_version_1() { "0" } else { "1" })
}
