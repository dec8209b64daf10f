//! Where things lie on the host.

use crate::sys::{self, CPath, TooLong};

/// Markers lie here, as `$UPSTART_JOB.shutdown`.
pub const RUN: &str = "/var/run";
/// Upstart writes the output of `console log` jobs here (since 1.4).
pub const LOGS: &str = "/var/log/upstart";
/// Upstart reads the jobs' configuration here.
pub const JOBS: &str = "/etc/init";
/// Reports lie here, from capture to the last delivery.
pub const SPOOL: &str = "/var/spool/upstart-monitor";
/// Under another root than the host's, init listens here instead of at its abstract address.
pub const INIT_SOCKET: &str = "/var/run/upstart.socket";
/// The kernel log.
pub const KERNEL_LOG: &str = "/dev/kmsg";
/// What the operator asked for.
pub const CONFIG: &str = "/etc/upstart-monitor/config.toml";
/// Which jobs the observer looks after, one glob a line.
pub const OBSERVED: &str = "/etc/upstart-monitor/observed";
/// More of it, read in the order of the file names.
pub const CONFIG_DIR: &str = "/etc/upstart-monitor/conf.d";
/// Secrets that the config names by file, unless it gives an absolute path.
pub const SECRETS: &str = "/etc/upstart-monitor/secrets";
/// `NAME=value` lines for the notifier, whose environment is its own.
pub const ENVIRONMENT: &str = "/etc/default/upstart-monitor";
/// The command, where it does not lie beside the hook.
pub const COMMAND: &str = "/opt/upstart-monitor/bin/upstart-crash";

/// The variable that puts another root in front of all these paths: for tests, demo and images.
pub const ROOT_VARIABLE: &str = "UPSTART_MONITOR_ROOT";

/// What stands in front of every path; nothing on the real host.
#[derive(Debug, Clone, Copy)]
pub struct Root(&'static [u8]);

impl Root {
    /// The root that `UPSTART_MONITOR_ROOT` names; a relative one is not taken.
    pub fn from_env() -> Self {
        let root = sys::var(c"UPSTART_MONITOR_ROOT").unwrap_or_default();
        if root.starts_with(b"/") { Self(root) } else { Self(b"") }
    }

    /// The prefix itself.
    pub fn prefix(self) -> &'static [u8] {
        self.0
    }

    /// The path that `parts`, set one after the other, make under this root.
    ///
    /// # Errors
    /// [`TooLong`] where no system call would take it.
    pub fn join(self, parts: &[&[u8]]) -> Result<CPath, TooLong> {
        CPath::concat(std::iter::once(self.0).chain(parts.iter().copied()))
    }

    /// `absolute` under this root, as the notifier uses it.
    #[cfg(feature = "deliver")]
    pub fn path(self, absolute: &str) -> std::path::PathBuf {
        use std::os::unix::ffi::OsStrExt;
        let mut path = std::ffi::OsStr::from_bytes(self.0).to_owned();
        path.push(absolute);
        path.into()
    }
}
