//! What the supervisor says of its service in `supervise/status`.

use std::ffi::CStr;

use nix::fcntl::OFlag;

use crate::sys::{self, Errno, Kind};

/// Longer than the longest of them, in bytes.
const BYTES: usize = 64;

/// The state of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    /// Its main process, or `finish` while that runs.
    pub pid: Option<u32>,
    /// Whether that is `finish`.
    pub is_finishing: bool,
    /// Whether the supervisor is to start it again when it ends.
    pub wanted_up: bool,
    /// How main ended the last time, as wait(2) has it. Only s6 says.
    pub wait_status: Option<u16>,
}

impl Status {
    /// Reads the status at `path`.
    ///
    /// # Errors
    /// Why there is none, in words.
    pub fn read(path: &CStr) -> Result<Self, &'static str> {
        let file = sys::open(path, OFlag::O_RDONLY).map_err(Errno::desc)?;
        let stat = sys::stat_open(&file).map_err(Errno::desc)?;
        if stat.kind != Kind::File || !stat.is_for_us_to_write() {
            return Err("not a plain file that only the supervisor's user may write to");
        }
        let mut bytes = [0; BYTES];
        let filled = sys::read(&file, &mut bytes).map_err(Errno::desc)?;
        let status = bytes.get(..filled).and_then(Self::parse);
        status.ok_or("not understood: written by another version of the supervisor?")
    }

    /// Understands what either supervisor writes; they differ in length. `None` where neither does.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        match bytes.len() {
            20 => Self::of_runit(bytes),
            35 => Self::of_s6(bytes, 32, 34),
            // s6 2.13 has a process group in between.
            43 => Self::of_s6(bytes, 40, 42),
            _ => None,
        }
    }

    /// `update_status` in runsv.c.
    fn of_runit(bytes: &[u8]) -> Option<Self> {
        const FINISHING: u8 = 2;
        let pid = u32::from_le_bytes(bytes.get(12..16)?.try_into().ok()?);
        Some(Self {
            pid: Some(pid).filter(|pid| *pid > 0),
            is_finishing: *bytes.get(19)? == FINISHING,
            wanted_up: match bytes.get(17)? {
                b'u' => true,
                b'd' => false,
                _ => return None,
            },
            wait_status: None,
        })
    }

    /// `s6_svstatus_pack`, with the wait status and the flags at these places.
    fn of_s6(bytes: &[u8], wait_status: usize, flags: usize) -> Option<Self> {
        const FINISHING: u8 = 2;
        const WANTED_UP: u8 = 4;
        let pid = u64::from_be_bytes(bytes.get(24..32)?.try_into().ok()?);
        let flags = *bytes.get(flags)?;
        let wait_status = bytes.get(wait_status..)?.first_chunk()?;
        Some(Self {
            pid: Some(u32::try_from(pid).ok()?).filter(|pid| *pid > 0),
            is_finishing: flags & FINISHING != 0,
            wanted_up: flags & WANTED_UP != 0,
            wait_status: Some(u16::from_be_bytes(*wait_status)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::recorded::{RECORDED, bytes};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_was_recorded_is_understood() {
        for (situation, hex, expected) in RECORDED {
            let status = Status::parse(&bytes(hex)).unwrap();
            let wanted = if status.wanted_up { "up" } else { "down" };
            let process = match (status.pid, status.is_finishing) {
                (Some(pid), true) => format!("finish {pid}"),
                (Some(pid), false) => format!("main {pid}"),
                (None, _) => "nothing".to_owned(),
            };
            let ended = status.wait_status.map(|status| format!(", ended {status:#x}"));
            let shown = format!("{wanted}, {process}{}", ended.unwrap_or_default());
            assert_eq!(shown, *expected, "{situation}");
        }
    }

    #[test]
    fn s6_2_13_has_a_process_group_in_between() {
        let (_, hex, _) = RECORDED.iter().find(|row| row.0 == "s6: SEGV").unwrap();
        let short = bytes(hex);
        let long = [&short[..32], &[0, 0, 0, 0, 0, 0, 0x10, 0x20], &short[32..]].concat();
        assert_eq!(Status::parse(&long), Status::parse(&short));
    }

    #[test]
    fn what_nobody_recorded_is_not_understood() {
        let runit = bytes(RECORDED[0].1);
        assert_eq!(Status::parse(&runit[..19]), None);
        let mut odd = runit;
        odd[17] = b'x';
        assert_eq!(Status::parse(&odd), None);
        assert_eq!(Status::parse(b""), None);
    }

    proptest! {
        #[test]
        fn garbage_gives_no_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = Status::parse(&bytes);
        }
    }
}
