//! What the kernel itself wrote to its log in the last minute, on whatever.

use super::{Collected, Scene};
use crate::evidence::KernelLines;

/// Takes the lines that were read with the evidence: to read the log takes longer than all other
/// collectors together. Where it could not be read, the report's `kernel` says why.
pub(super) fn collect(scene: &Scene<'_>) -> Collected<KernelLines> {
    let Ok(log) = scene.kernel_log else { return Ok(None) };
    log.recent.clone().map(Some).ok_or_else(|| "the kernel log's lines have no times".to_owned())
}
