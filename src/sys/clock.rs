//! The clocks.

use std::time::Duration;

use nix::time::{ClockId, clock_gettime};

use crate::time::Timestamp;

/// The time of day.
pub fn now() -> Timestamp {
    Timestamp::from_micros(micros(ClockId::CLOCK_REALTIME))
}

/// Microseconds since the host was booted, sleep included where the kernel counts it (2.6.39).
pub fn boot_micros() -> i64 {
    match micros(ClockId::CLOCK_BOOTTIME) {
        0 => micros(ClockId::CLOCK_MONOTONIC),
        micros => micros,
    }
}

/// What the clock that stamps the kernel log may show now, in microseconds: the least and the most.
///
/// That clock cannot be read. It stands still while the host sleeps, and runs as the hardware does
/// (then `CLOCK_MONOTONIC_RAW` follows it) or as the hypervisor says (then `CLOCK_MONOTONIC`).
pub fn kernel_log_micros() -> (i64, i64) {
    let adjusted = micros(ClockId::CLOCK_MONOTONIC);
    let raw = match micros(ClockId::CLOCK_MONOTONIC_RAW) {
        0 => adjusted,
        raw => raw,
    };
    (raw.min(adjusted), raw.max(adjusted))
}

/// What `clock` shows in microseconds; 0 where the kernel does not have it.
fn micros(clock: ClockId) -> i64 {
    clock_gettime(clock).map_or(0, |time| {
        time.tv_sec().saturating_mul(1_000_000).saturating_add(time.tv_nsec() / 1000)
    })
}

/// Does nothing for as long as `duration`, or until a signal.
pub fn pause(duration: Duration) {
    let duration = nix::sys::time::TimeSpec::from_duration(duration);
    // SAFETY: a live timespec; what was left of it is not asked for.
    unsafe { nix::libc::nanosleep(duration.as_ref(), std::ptr::null_mut()) };
}
