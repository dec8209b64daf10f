//! `pre-stop`: somebody asked for this stop.

use super::job_and_marker;
use crate::sys::say;

/// Disarms the marker.
pub fn pre_stop() {
    let Some((_, _, marker)) = job_and_marker() else { return };
    if let Err(errno) = marker.remove() {
        let path = marker.path().to_bytes();
        say(&[
            b"cannot disarm ",
            path,
            b": ",
            errno.desc().as_bytes(),
            b"; the stop will look like a crash",
        ]);
    }
}
