//! Where: the host's names and how long it has been up.

use serde::Serialize;

use crate::sys;

/// The host that the job died on.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
pub struct Host {
    /// Its name, as `uname -n` gives it.
    pub name: String,
    /// The kernel's release.
    pub kernel: String,
    /// The machine's architecture.
    pub arch: String,
    /// How many processors there are.
    pub cpus: Option<usize>,
    /// How long it has been up, in seconds.
    pub uptime_seconds: f64,
    /// The kernel's name for this boot.
    pub boot_id: Option<String>,
}

impl Host {
    /// This host, now.
    pub fn here() -> Self {
        let names = sys::names();
        let text = |value: Option<&std::ffi::OsStr>| {
            value.map_or_else(|| "unknown".to_owned(), |value| value.to_string_lossy().into_owned())
        };
        Self {
            name: text(names.as_ref().map(|names| names.nodename())),
            kernel: text(names.as_ref().map(|names| names.release())),
            arch: text(names.as_ref().map(|names| names.machine())),
            cpus: sys::cpus(),
            uptime_seconds: sys::boot_micros() as f64 / 1e6,
            boot_id: sys::boot_id().map(|id| id.to_string()),
        }
    }
}
