//! What comes to light while the config is read, besides what it says.

use super::problem::{Problem, Spot};
use crate::sinks::Need;

/// All of it.
#[derive(Default)]
pub(super) struct Findings {
    /// What is wrong: with any of it, the config is not used.
    pub(super) problems: Vec<Problem>,
    /// What the config needs that lies outside of it.
    pub(super) needs: Vec<Found>,
    /// Each glob that is to name jobs.
    pub(super) globs: Vec<(Spot, String)>,
}

/// Something that the config needs.
pub(super) struct Found {
    /// Where it says so.
    pub(super) spot: Spot,
    /// The sink that needs it; `None` where it is for all, or for none.
    pub(super) sink: Option<String>,
    /// What it is.
    pub(super) need: Need,
}
