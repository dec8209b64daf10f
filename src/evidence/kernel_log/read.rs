//! The ends of the logs, as bytes. Each read is bounded, and none waits.

use super::Source;
use super::record::Escape;
use crate::paths::{Place, Places};
use crate::sys::{self, CPath, Errno};
use crate::time::Timestamp;

/// The most bytes that are read, from the end. How many matters little: to find where they begin,
/// the kernel goes through all that it holds, twice.
const BYTES: usize = 64 * 1024;

/// The largest kernel log that is read, in bytes: a full one takes a sixth of the time that a hook
/// has at most (docs/performance.md).
const RING_BYTES: usize = 4 << 20;

/// The end of a log.
#[derive(Debug)]
pub(super) struct Tail {
    pub(super) bytes: Vec<u8>,
    /// How its names are written.
    pub(super) escape: Escape,
    /// Whether nothing older was left out.
    pub(super) is_whole: bool,
    /// When the file was last written to.
    pub(super) written: Timestamp,
}

/// The end of the kernel log; under another root, of the file `/dev/kmsg` there.
///
/// # Errors
/// Why it cannot be had, in words.
pub(super) fn kernel_log(places: Places) -> Result<Tail, String> {
    if places.are_of_this_host() {
        return ring();
    }
    let path = places.join(Place::KernelLog, &[]).map_err(|why| why.words().to_owned())?;
    Ok(Tail { escape: Escape::Hexadecimal, ..file(&path, None)? })
}

fn ring() -> Result<Tail, String> {
    let words = |errno| match errno {
        Errno::EPERM | Errno::EACCES => "it is for root alone".to_owned(),
        errno => errno.desc().to_owned(),
    };
    let size = sys::kernel_log_size().map_err(words)?;
    if size > RING_BYTES {
        return Err(format!("to go through its {} MiB would take too long", size >> 20));
    }
    let mut bytes = vec![0; BYTES];
    let filled = sys::kernel_log(&mut bytes).map_err(words)?;
    bytes.truncate(filled);
    Ok(Tail { bytes, escape: Escape::Nothing, is_whole: false, written: sys::now() })
}

/// The end of the first of the system's logs that is there; `None` where none is.
///
/// # Errors
/// Why one that is there is not read, in words.
pub(super) fn syslog(places: Places) -> Result<Option<(Source, Tail)>, String> {
    let mut refused = None;
    for (source, place) in [(Source::Syslog, Place::Syslog), (Source::Messages, Place::Messages)] {
        let Ok(path) = places.join(place, &[]) else { continue };
        if !sys::exists(path.as_c_str()) {
            continue;
        }
        match file(&path, Some(0)) {
            Ok(tail) => return Ok(Some((source, Tail { escape: Escape::Octal, ..tail }))),
            Err(reason) => refused = refused.or(Some(reason)),
        }
    }
    refused.map_or(Ok(None), Err)
}

/// The end of a plain file, which `owner` must own.
fn file(path: &CPath, owner: Option<u32>) -> Result<Tail, String> {
    let shown = path.as_path().display();
    let (file, stat) = sys::safe_open(path.as_c_str())
        .map_err(|refused| format!("{shown}: {}", refused.desc()))?;
    if owner.is_some_and(|owner| owner != stat.owner) {
        return Err(format!("{shown} is not root's: not read"));
    }
    let from = stat.size.saturating_sub(BYTES as u64);
    let bytes = sys::read_range(&file, from..stat.size)
        .map_err(|errno| format!("{shown}: {}", errno.desc()))?;
    Ok(Tail { bytes, escape: Escape::Nothing, is_whole: from == 0, written: stat.modified })
}
