//! What people are told, when, and how often it is tried. Pure: time, chance and what was told
//! before are arguments.
//!
//! `folding.rs` knows when a sink is told of one job's crashes, `plan.rs` what it is told of all
//! jobs together, `compose.rs` what the notice says, and `retry.rs` what follows from a try.

mod compose;
mod folding;
mod plan;
mod retry;
#[cfg(test)]
mod testing;

pub use compose::{Composed, compose};
pub use folding::{Due, Folding};
pub use plan::{Incidents, Plan, Tell, plan};
pub use retry::{Circumstances, Decision, Fate, decide, due_in};
