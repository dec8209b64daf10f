//! The runlevel that the host is in, or on its way to.

use nix::fcntl::OFlag;

use crate::paths::{Place, Places};
use crate::sys::{self, Kind};

/// The most bytes that are read. The record on the runlevel is one of the first.
const BYTES: usize = 32 * 1024;

/// The lengths of a record (utmp(5)): with 32-bit times, as on x86-64, and with 64-bit ones, as
/// on aarch64. Its type and process id stand at the same place in both.
const RECORD_BYTES: [usize; 2] = [384, 400];

/// `RUN_LVL`, the type of the record on the runlevel.
const RUN_LVL: [u8; 2] = 1_i16.to_ne_bytes();

/// The current runlevel.
///
/// # Errors
/// Why it is not known, in words.
pub(super) fn read(places: Places) -> Result<char, String> {
    let path = places.join(Place::Utmp, &[]).map_err(|why| format!("utmp: {}", why.words()))?;
    let shown = path.as_path().display();
    let failed = |errno: sys::Errno| format!("{shown}: {}", errno.desc());
    let file = sys::open(path.as_c_str(), OFlag::O_RDONLY).map_err(failed)?;
    let stat = sys::stat_open(&file).map_err(failed)?;
    if stat.kind != Kind::File {
        return Err(format!("{shown} is no plain file with one name: not read"));
    }
    let booted = sys::now().micros().saturating_sub(sys::boot_micros());
    if stat.modified.micros() < booted {
        return Err(format!("{shown} is older than this boot"));
    }
    let mut bytes = vec![0; BYTES];
    let filled = sys::read(&file, &mut bytes).map_err(failed)?;
    let length = usize::try_from(stat.size).unwrap_or(0);
    let found = runlevel(bytes.get(..filled).unwrap_or_default(), length);
    found.ok_or_else(|| format!("{shown} does not name the runlevel"))
}

/// Whether a host in this runlevel is going down.
pub fn is_shutdown(runlevel: char) -> bool {
    matches!(runlevel, '0' | '6')
}

/// The runlevel in `bytes`, the beginning of a utmp file of `length` bytes.
fn runlevel(bytes: &[u8], length: usize) -> Option<char> {
    let record = RECORD_BYTES.into_iter().find(|record| length.is_multiple_of(*record))?;
    let level = bytes.chunks_exact(record).find_map(|record| {
        // The process id holds the runlevel, and above it the one before.
        let is_runlevel = record.starts_with(&RUN_LVL) && record.get(8..10) == Some(b"~\0");
        let pid = <[u8; 4]>::try_from(record.get(4..8)?).ok().filter(|_| is_runlevel)?;
        Some(u32::from_ne_bytes(pid) & 0xff)
    })?;
    char::from_u32(level).filter(char::is_ascii_graphic)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(length: usize, kind: i16, pid: u32, line: &[u8]) -> Vec<u8> {
        let mut record = vec![0; length];
        record[..2].copy_from_slice(&kind.to_ne_bytes());
        record[4..8].copy_from_slice(&pid.to_ne_bytes());
        record[8..8 + line.len()].copy_from_slice(line);
        record
    }

    #[test]
    fn is_read_from_records_of_both_lengths() {
        let at = |current: char, before: char| u32::from(before) << 8 | u32::from(current);
        for length in RECORD_BYTES {
            let boot = record(length, 2, 0, b"~");
            let login = record(length, 7, 4711, b"tty1");
            for level in ['2', '6', '0'] {
                let file = [&*boot, &record(length, 1, at(level, 'N'), b"~"), &login].concat();
                assert_eq!(runlevel(&file, file.len()), Some(level), "{length}");
            }
            let file = [&*boot, &login].concat();
            assert_eq!(runlevel(&file, file.len()), None);
        }
        assert_eq!(runlevel(b"", 0), None);
        assert_eq!(runlevel(&[1; 777], 777), None);
    }
}
