//! Memory and swap.

use serde::Serialize;

use super::proc::{self, value, value_if_there};
use super::{Collected, Scene};

/// Memory in bytes.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
pub struct Memory {
    /// All of it.
    pub total_bytes: u64,
    /// What programs can get without swapping.
    pub available_bytes: u64,
    /// Whether that is our estimate, and not the kernel's.
    pub available_is_estimated: bool,
    /// What nothing uses.
    pub free_bytes: u64,
    /// What holds raw blocks of disks.
    pub buffers_bytes: u64,
    /// What holds files, those in memory alone included.
    pub cached_bytes: u64,
    /// All swap.
    pub swap_total_bytes: u64,
    /// Swap that nothing uses.
    pub swap_free_bytes: u64,
}

/// Reads `/proc/meminfo` (proc(5)).
pub(super) fn collect(_: &Scene<'_>) -> Collected<Memory> {
    proc::read(c"/proc/meminfo", parse).map(Some)
}

/// `MemTotal:        8167004 kB`, a line a fact.
fn parse(text: &[u8]) -> Result<Memory, String> {
    let bytes = |key| value(text, key).map(from_kb);
    let bytes_if_there = |key| value_if_there(text, key).map(|kb| kb.map(from_kb));
    let (free, buffers, cached) = (bytes("MemFree:")?, bytes("Buffers:")?, bytes("Cached:")?);
    let available = bytes_if_there("MemAvailable:")?;
    Ok(Memory {
        total_bytes: bytes("MemTotal:")?,
        available_bytes: match available {
            Some(available) => available,
            None => {
                let in_memory_alone = bytes_if_there("Shmem:")?.unwrap_or(0);
                let reclaimable = bytes_if_there("SReclaimable:")?.unwrap_or(0);
                estimate([free, buffers, cached, reclaimable], in_memory_alone)
            }
        },
        available_is_estimated: available.is_none(),
        free_bytes: free,
        buffers_bytes: buffers,
        cached_bytes: cached,
        swap_total_bytes: bytes("SwapTotal:")?,
        swap_free_bytes: bytes("SwapFree:")?,
    })
}

/// What is available where the kernel does not say so (before Linux 3.14): what is free, and what
/// it would give back; not the files that have no disk behind them. Too much by what the kernel
/// keeps for itself, a few percent.
fn estimate(given_back: [u64; 4], in_memory_alone: u64) -> u64 {
    given_back.into_iter().fold(0, u64::saturating_add).saturating_sub(in_memory_alone)
}

fn from_kb(kb: u64) -> u64 {
    kb.saturating_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What the file says in kB: total, available, free, buffers, cached, swap, free swap.
    fn in_kb(text: &[u8]) -> ([u64; 7], bool) {
        let memory = parse(text).unwrap();
        let bytes = [
            memory.total_bytes,
            memory.available_bytes,
            memory.free_bytes,
            memory.buffers_bytes,
            memory.cached_bytes,
            memory.swap_total_bytes,
            memory.swap_free_bytes,
        ];
        (bytes.map(|bytes| bytes / 1024), memory.available_is_estimated)
    }

    #[test]
    fn is_read_as_each_kernel_writes_it() {
        for (text, expected, estimated) in [
            (
                &include_bytes!("../../tests/corpus/proc/2.6.32/meminfo")[..],
                [1_914_712, 1_033_040, 118_300, 154_868, 612_644, 2_064_376, 2_041_820],
                true,
            ),
            (
                include_bytes!("../../tests/corpus/proc/3.2/meminfo"),
                [604_364, 258_004, 21_064, 7520, 205_948, 0, 0],
                true,
            ),
            (
                include_bytes!("../../tests/corpus/proc/3.13/meminfo"),
                [8_167_004, 3_654_136, 204_316, 188_120, 3_012_880, 2_097_148, 1_908_424],
                true,
            ),
            (
                include_bytes!("../../tests/corpus/proc/4.20/meminfo"),
                [4_039_280, 2_215_016, 311_772, 90_512, 1_904_420, 1_003_516, 991_228],
                false,
            ),
            (
                include_bytes!("../../tests/corpus/proc/6.18/meminfo"),
                [24_684_084, 23_337_400, 20_235_340, 10_040, 3_129_504, 0, 0],
                false,
            ),
        ] {
            assert_eq!(in_kb(text), (expected, estimated));
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let missing = parse(b"MemTotal: 1 kB\nMemFree: 1 kB\nBuffers: 1 kB\n");
        assert_eq!(missing, Err("has no `Cached:`".to_owned()));
        assert!(parse(b"").is_err());
    }

    #[test]
    fn no_number_is_too_large() {
        let most = u64::MAX.to_string();
        let text: String =
            ["MemTotal:", "MemFree:", "Buffers:", "Cached:", "Shmem:", "SwapTotal:", "SwapFree:"]
                .map(|key| format!("{key} {most} kB\n"))
                .concat();
        assert_eq!(parse(text.as_bytes()).unwrap().total_bytes, u64::MAX);
    }

    proptest! {
        #[test]
        fn garbage_gives_no_panic(bytes: Vec<u8>,
                                  text in "((MemTotal|MemFree|Cached|Shmem): *[0-9]{0,25}( kB)?\n){0,8}") {
            let _ = (parse(&bytes), parse(text.as_bytes()));
        }
    }
}
