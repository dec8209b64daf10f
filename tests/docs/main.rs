//! What the documentation shows is so: every command in it is run, every config and every job's
//! stanzas are read, every link leads somewhere.
#![cfg(feature = "deliver")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

#[path = "../support/mod.rs"]
mod support;

mod commands;
mod elsewhere;
mod links;
mod page;
mod project;
mod snippets;
mod stage;

/// What is wrong with the pages, each with its file and line.
#[track_caller]
fn nothing_in(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}
