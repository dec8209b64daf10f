//! The machine: the directory of the markers, the kernel log, the clock.

use std::fs;
use std::path::Path;

use crate::evidence::KernelLog;
use crate::job::Job;
use crate::marker::Instant;
use crate::paths::{Place, Places};
use crate::sys;
use crate::time::Timestamp;

/// How far back the kernel log is to reach, in microseconds: an hour.
const REACH: i64 = 3_600_000_000;

/// Facts on the machine.
#[derive(Debug, Clone)]
pub struct Machine {
    /// The directory of the markers.
    pub run: String,
    /// Whether that is emptied by a reboot.
    pub run_is_in_memory: Result<bool, String>,
    /// Whether no marker can be made there.
    pub run_is_read_only: Result<bool, String>,
    /// The kernel log.
    pub kernel_log: KernelLogFacts,
    /// When this program was built, or installed.
    pub built: Option<Timestamp>,
}

/// Facts on the kernel log.
#[derive(Debug, Clone)]
pub struct KernelLogFacts {
    /// Why it cannot be read, in words.
    pub readable: Result<(), String>,
    /// Why a line may be missing that was written within the last hour, in words.
    pub complete: Result<(), String>,
    /// Whether its lines have times (`printk.time`).
    pub has_times: bool,
    /// Whether it is for root alone (`dmesg_restrict`).
    pub is_for_root: bool,
}

impl Machine {
    pub(super) fn look(places: Places) -> Self {
        let run = places.join(Place::Run, &[]).map_err(|why| why.words().to_owned());
        let ask = |look: fn(&std::ffi::CStr) -> Result<bool, sys::Errno>| {
            let run = run.as_ref().map_err(Clone::clone)?;
            look(run.as_c_str()).map_err(|errno| errno.desc().to_owned())
        };
        let built = fs::metadata("/proc/self/exe").and_then(|file| file.modified());
        Self {
            run_is_in_memory: ask(sys::is_in_memory),
            run_is_read_only: ask(sys::is_read_only),
            run: run.map_or_else(|_| String::new(), |run| run.as_path().display().to_string()),
            kernel_log: KernelLogFacts::look(places),
            built: built.ok().map(Timestamp::from),
        }
    }
}

impl KernelLogFacts {
    fn look(places: Places) -> Self {
        let now = (sys::now(), sys::boot_micros());
        // A run that began an hour ago, or with the host.
        let lasted = REACH.min(now.1);
        let began = Instant {
            wall: Timestamp::from_micros(now.0.micros().saturating_sub(lasted)),
            boot_micros: now.1.saturating_sub(lasted),
        };
        let job = Job::upstart(b"upstart-monitor", b"");
        let log = KernelLog::read(places, &job, Some(began));
        let is_on = |path: &str, on: &str| {
            let text = fs::read_to_string(places.below_root(Path::new(path)));
            text.is_ok_and(|text| text.trim() == on)
        };
        Self {
            readable: log.as_ref().map(drop).map_err(Clone::clone),
            complete: log.map_or(Ok(()), |log| log.complete),
            has_times: !is_on("/sys/module/printk/parameters/time", "N"),
            is_for_root: is_on("/proc/sys/kernel/dmesg_restrict", "1"),
        }
    }
}
