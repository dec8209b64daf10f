//! The history of crashes as one page for a browser: `upstart-crash report --html`.
//!
//! The page is made of what may leave the host ([`crate::redaction::Redacted`]), loads nothing, and
//! runs one script, without which everything can still be read. What it shows is told in
//! docs/report-page.md.

mod axis;
mod causes;
mod document;
mod glyph;
mod history;
mod machine;
mod markup;
mod reports;
mod summary;
mod timeline;

pub use document::page;
pub use history::{History, Scope};
