//! A machine whose kernel hands cores to systemd-coredump, as far as its programs can tell: the
//! kernel itself is this machine's, and so is where it puts cores.

use std::process::Command;

use super::super::project;
use super::{Machine, UNITS};

/// What the kernel would be told by the package's sysctl.d(5).
const PATTERN: &str = "|/lib/systemd/systemd-coredump %P %u %g %s %t 9223372036854775808 %h";

/// Shows the notifier that pattern.
const PRETEND: &str =
    "[Service]\nBindReadOnlyPaths=/lives/core_pattern:/proc/sys/kernel/core_pattern\n";

impl Machine {
    /// Puts systemd-coredump there, and `/lives/dump`, which dies with a core.
    pub fn install_coredump(&self) {
        let made = Command::new(project("scripts/unpacked.sh")).arg("systemd-coredump").output();
        let made = made.unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let tree = String::from_utf8(made.stdout).unwrap();
        // Of its directories only `lib` is a link elsewhere.
        for (from, to) in [("lib/.", "/usr/lib"), ("usr/.", "/usr"), ("etc/.", "/etc")] {
            let mut copy = Command::new("cp");
            let copied = copy.args(["-a", &format!("{}/{from}", tree.trim())]).arg(self.path(to));
            assert!(copied.status().unwrap().success());
        }
        self.write("/lives/core_pattern", &format!("{PATTERN}\n"));
        self.write_program("/lives/dump", include_str!("dump.sh"));
        self.write(&format!("{UNITS}/upstart-monitor-deliver.service.d/core.conf"), PRETEND);
        let wants = "[Unit]\nWants=systemd-coredump.socket\nAfter=systemd-coredump.socket\n";
        self.write(&format!("{UNITS}/lives.target.d/coredump.conf"), wants);
    }
}
