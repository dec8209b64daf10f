//! Random bytes that never wait.

use nix::time::{ClockId, clock_gettime};

/// `N` random bytes: enough to keep two runs apart, not to keep a secret.
///
/// A kernel older than 3.17 has no `getrandom`, and a young one may not have gathered enough yet:
/// then clock and process id, which no two runs of a host share, stand in.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // SAFETY: the kernel writes at most `N` bytes into `bytes`.
    let filled =
        unsafe { libc::syscall(libc::SYS_getrandom, bytes.as_mut_ptr(), N, libc::GRND_NONBLOCK) };
    if usize::try_from(filled) != Ok(N) {
        fill_from_clock(&mut bytes);
    }
    bytes
}

/// Fills `bytes` from a counter of nanoseconds and the process id (splitmix64).
fn fill_from_clock(bytes: &mut [u8]) {
    let nanos = |clock| {
        clock_gettime(clock).map_or(0, |time| {
            time.tv_sec().unsigned_abs().wrapping_mul(1_000_000_000) ^ time.tv_nsec().unsigned_abs()
        })
    };
    let pid = u64::from(std::process::id());
    let mut state = nanos(ClockId::CLOCK_REALTIME)
        ^ nanos(ClockId::CLOCK_MONOTONIC).rotate_left(32)
        ^ pid.rotate_left(48);
    for chunk in bytes.chunks_mut(8) {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        for (byte, random) in chunk.iter_mut().zip(mixed.to_ne_bytes()) {
            *byte = random;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_draws_differ_with_and_without_the_kernel() {
        assert_ne!(random_bytes::<10>(), random_bytes::<10>());
        let (mut one, mut two) = ([0; 10], [0; 10]);
        fill_from_clock(&mut one);
        fill_from_clock(&mut two);
        assert_ne!(one, two);
    }
}
