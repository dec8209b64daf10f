//! `[redaction]`: whether secrets are removed, and what else is one on this host.

use std::fmt;

use regex::Regex;
use serde::Deserialize;
use toml::Spanned;

/// What is removed from whatever leaves this host; the spool keeps everything. Passwords, keys,
/// tokens, card numbers and the like are known without more.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Whether anything is removed at all. Default: `true`.
    pub enabled: bool,
    /// More that is to be removed: regular expressions. What the first group `(...)` of one finds is
    /// removed, or all that it finds where it has none. Default: `[]`.
    pub patterns: Vec<Spanned<String>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { enabled: true, patterns: Vec::new() }
    }
}

/// A regular expression, in the syntax of the `regex` crate (docs.rs/regex).
///
/// What its first group finds is a secret, or everything that it finds where it has no group.
#[derive(Clone)]
pub struct Pattern(Regex);

impl Pattern {
    /// The pattern that is written `text`.
    ///
    /// # Errors
    /// What is wrong with it, in one line.
    pub fn parse(text: &str) -> Result<Self, String> {
        Regex::new(text).map(Self).map_err(|error| {
            let error = error.to_string();
            let why = error.lines().last().unwrap_or_default();
            format!("not a regular expression: {}", why.trim_start_matches("error: "))
        })
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl From<Pattern> for Regex {
    fn from(pattern: Pattern) -> Self {
        pattern.0
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}
