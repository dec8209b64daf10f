//! A page that belongs to a report.

use serde::{Deserialize, Serialize};

/// A page that belongs to a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// What it is: `runbook`.
    pub text: String,
    /// Its URL.
    pub href: String,
}
