//! What the machine looked like when the job died. One file a collector, one line in the table.
//!
//! A collector that fails, or whose turn comes too late, costs only itself: its name and the reason
//! go to `incomplete`. How to add one is told in docs/collectors.md.

mod cgroup_memory;
mod disks;
mod file_handles;
mod host;
mod kernel_log;
mod load;
mod log_tail;
mod memory;
mod pressure;
mod proc;

use std::time::Duration;

use serde::Serialize;

pub use cgroup_memory::CgroupMemory;
pub use disks::{Disk, Held};
pub use file_handles::FileHandles;
pub use host::Host;
pub use load::Load;
pub use log_tail::{Bounds, Found, LogTail, RunStart, tail};
pub use memory::Memory;
pub use pressure::{Averages, Pressure, Stall};

use crate::evidence::{KernelLines, KernelLog};
use crate::paths::Places;
use crate::sys;
use crate::time::Timestamp;

/// What a collector found; `None` where this kernel or this host does not have it, which is no
/// failure; or why it found nothing, in words.
type Collected<T> = Result<Option<T>, String>;

/// What the collectors are told.
#[derive(Debug)]
pub struct Scene<'a> {
    /// Where things lie.
    pub places: Places,
    /// What was read of the kernel log.
    pub kernel_log: &'a Result<KernelLog, String>,
    /// Whether this process is in the job's own control group; the observer is not.
    pub is_in_jobs_cgroup: bool,
}

/// How long all collectors together may take; the one that runs is not cut short.
const TIME: Duration = Duration::from_millis(30);

/// Makes [`Snapshot`] of a table whose lines are `NAME: FACTS`: it has a field of that name, which
/// `NAME::collect` fills. Asked from top to bottom.
macro_rules! collectors {
    ($($(#[$doc:meta])* $part:ident: $facts:ty,)+) => {
        /// The machine at one moment. What could not be collected is null.
        #[derive(Debug, Clone, PartialEq, Serialize)]
        #[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
        pub struct Snapshot {
            /// When it was taken.
            pub taken_at: Timestamp,
            $($(#[$doc])* pub $part: Option<$facts>,)+
        }

        impl Snapshot {
            /// The snapshot of a moment that nobody saw.
            pub fn missed(at: Timestamp) -> Self {
                Self { taken_at: at, $($part: None,)+ }
            }

            /// Asks every collector for whom there is time by `clock`, which counts microseconds.
            fn collect(
                scene: &Scene<'_>,
                incomplete: &mut Vec<Incomplete>,
                clock: impl Fn() -> i64,
            ) -> Self {
                let began = clock();
                let taken_at = sys::now();
                $(
                    let collected = time_left(began, clock()).and_then(|()| $part::collect(scene));
                    let $part = noted(incomplete, stringify!($part), collected).flatten();
                )+
                Self { taken_at, $($part,)+ }
            }
        }
    };
}

collectors! {
    /// Load averages and threads.
    load: Load,
    /// Memory and swap.
    memory: Memory,
    /// Who waited for what; null where the kernel does not count that.
    pressure: Pressure,
    /// Open files of the whole host.
    file_handles: FileHandles,
    /// The memory events of the job's control group; null where it has none of its own.
    cgroup_memory: CgroupMemory,
    /// What the kernel wrote to its log in the last minute; null where that cannot be read.
    kernel_log: KernelLines,
    /// The file systems of `/`, of the logs and of the spool. The last one: it may have to wait.
    disks: Vec<Disk>,
}

impl Snapshot {
    /// Asks every collector; what fails is added to `incomplete`.
    pub fn take(scene: &Scene<'_>, incomplete: &mut Vec<Incomplete>) -> Self {
        Self::collect(scene, incomplete, sys::boot_micros)
    }
}

/// Whether a collector may still begin at `now`, all having begun at `began`, in microseconds.
fn time_left(began: i64, now: i64) -> Result<(), String> {
    let spent = Duration::from_micros(now.saturating_sub(began).max(0).unsigned_abs());
    if spent < TIME { Ok(()) } else { Err("no time left".to_owned()) }
}

/// A part of the report that could not be collected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
pub struct Incomplete {
    /// The part: `log`, `memory`, ...
    pub part: String,
    /// Why it is missing.
    pub reason: String,
}

/// What was `collected`; why not goes to `incomplete`.
pub fn noted<T>(
    incomplete: &mut Vec<Incomplete>,
    part: &str,
    collected: Result<T, String>,
) -> Option<T> {
    collected.map_err(|reason| incomplete.push(Incomplete { part: part.to_owned(), reason })).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    /// The snapshot by a clock that goes on by `step` microseconds at each look, and what is not in
    /// it for want of time.
    fn taken(step: i64) -> (Snapshot, Vec<String>) {
        let scene = Scene {
            places: Places::under(b""),
            kernel_log: &Err("not read".to_owned()),
            is_in_jobs_cgroup: false,
        };
        let now = Cell::new(0);
        let mut incomplete = Vec::new();
        let snapshot = Snapshot::collect(&scene, &mut incomplete, || now.replace(now.get() + step));
        incomplete.retain(|gap| gap.reason == "no time left");
        (snapshot, incomplete.into_iter().map(|gap| gap.part).collect())
    }

    #[test]
    fn whose_turn_comes_too_late_is_left_out() {
        let (snapshot, late) = taken(0);
        assert_eq!(late, [""; 0]);
        assert!(snapshot.load.is_some() && snapshot.disks.is_some());

        let (snapshot, late) = taken(10_000);
        assert!(snapshot.load.is_some() && snapshot.memory.is_some());
        let expected = ["pressure", "file_handles", "cgroup_memory", "kernel_log", "disks"];
        assert_eq!(late, expected);
        assert_eq!((snapshot.pressure, snapshot.disks), (None, None));
    }

    #[test]
    fn time_is_up_all_at_once_and_never_for_a_clock_that_goes_backwards() {
        for (began, now, left) in [
            (7, 7, true),
            (7, 30_006, true),
            (7, 30_007, false),
            (7, -7, true),
            (i64::MIN, i64::MAX, false),
        ] {
            assert_eq!(time_left(began, now).is_ok(), left, "{now}");
        }
    }

    #[test]
    fn what_fails_is_named_with_its_reason() {
        let mut incomplete = Vec::new();
        assert_eq!(noted(&mut incomplete, "load", Ok(1)), Some(1));
        assert_eq!(noted::<u32>(&mut incomplete, "disks", Err("gone".to_owned())), None);
        assert_eq!(incomplete, [Incomplete { part: "disks".into(), reason: "gone".into() }]);
    }
}
