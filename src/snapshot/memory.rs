//! Memory and swap.

use serde::Serialize;
use sysinfo::{MemoryRefreshKind, RefreshKind, System};

/// Memory in bytes.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
pub struct Memory {
    /// All of it.
    pub total_bytes: u64,
    /// What programs can get without swapping.
    pub available_bytes: u64,
    /// What nothing uses.
    pub free_bytes: u64,
    /// All swap.
    pub swap_total_bytes: u64,
    /// Swap that nothing uses.
    pub swap_free_bytes: u64,
}

/// Memory and swap; sysinfo answers 0 for everything where /proc is not what it expects.
pub(super) fn collect() -> Result<Memory, String> {
    let everything = RefreshKind::nothing().with_memory(MemoryRefreshKind::everything());
    let system = System::new_with_specifics(everything).map_err(|error| error.to_string())?;
    if system.total_memory() == 0 {
        return Err("/proc/meminfo cannot be read".to_owned());
    }
    Ok(Memory {
        total_bytes: system.total_memory(),
        available_bytes: system.available_memory(),
        free_bytes: system.free_memory(),
        swap_total_bytes: system.total_swap(),
        swap_free_bytes: system.free_swap(),
    })
}
