//! What is known about the end of a run. One file a source.

mod marker;

pub use marker::MarkerEvidence;

/// Everything that the verdict is reached from.
#[derive(Debug, Clone, Copy)]
pub struct Evidence {
    /// What the marker says.
    pub marker: MarkerEvidence,
}
