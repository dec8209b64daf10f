//! One line on stderr that can neither panic nor block.

use std::sync::atomic::{AtomicBool, Ordering};

use arrayvec::ArrayVec;

/// The longest line, in bytes: within what a pipe that is ready takes without blocking.
const LINE_LEN: usize = 512;

static SAID: AtomicBool = AtomicBool::new(false);

/// Writes `upstart-monitor: ` and the parts as one line to stderr, which is the job's log.
///
/// Only the first line of a process is written, so that a hook adds at most one line to a log.
/// A stderr that is closed, full or stuck is left alone.
pub fn say(parts: &[&[u8]]) {
    if SAID.swap(true, Ordering::Relaxed) {
        return;
    }
    let mut line = ArrayVec::<u8, LINE_LEN>::new();
    let bytes = b"upstart-monitor: ".iter().chain(parts.iter().copied().flatten());
    for byte in bytes.take(LINE_LEN - 1) {
        let shown = if byte.is_ascii_control() { b'?' } else { *byte };
        let _ = line.try_push(shown);
    }
    let _ = line.try_push(b'\n');

    let mut stderr = libc::pollfd { fd: 2, events: libc::POLLOUT, revents: 0 };
    // SAFETY: `stderr` is one pollfd; `line` is read within its length.
    unsafe {
        if libc::poll(&mut stderr, 1, 0) == 1 {
            libc::write(2, line.as_ptr().cast(), line.len());
        }
    }
}
