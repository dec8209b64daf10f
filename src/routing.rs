//! Which notices a sink is sent. Pure.

use crate::notice::Cause;

/// What one sink is sent, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routing {
    /// Whether crashes that repeat are told of together; otherwise each is told by itself.
    pub fold: bool,
    /// Whether the all-clear is told.
    pub recovered: bool,
}

impl Default for Routing {
    fn default() -> Self {
        Self { fold: true, recovered: true }
    }
}

impl Routing {
    /// Whether the sink is told that `job` (`instance` is empty for a job without) died of `cause`.
    pub fn takes(&self, _job: &str, _instance: &str, _cause: &Cause) -> bool {
        true
    }
}
