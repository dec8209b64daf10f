//! `[delivery]`: what holds for every sink that does not say otherwise.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Deserializer, de::Error};

use super::ProxyChoice;

/// How reports are handed over.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Delivery {
    /// How long a sink is tried before a report is given up for it.
    pub retry_for: Period,
    /// How long one try may take.
    pub timeout: Period,
    /// How many lines of the log a message shows.
    pub log_lines: usize,
    /// The way to HTTP services.
    pub proxy: ProxyChoice,
    /// Hosts that no proxy stands before.
    pub no_proxy: Vec<String>,
    /// Certificates to trust besides the built-in ones and the system's.
    pub ca_file: Option<PathBuf>,
}

impl Delivery {
    /// This, if it stands in a file of which others can read the secrets for the reason `exposed`.
    pub fn guarded(self, exposed: Option<&str>) -> Self {
        Self { proxy: self.proxy.guarded(exposed), ..self }
    }
}

impl Default for Delivery {
    fn default() -> Self {
        Self {
            retry_for: Period(Duration::from_secs(24 * 3600)),
            timeout: Period(Duration::from_secs(10)),
            log_lines: 20,
            proxy: ProxyChoice::Environment,
            no_proxy: Vec::new(),
            ca_file: None,
        }
    }
}

/// A length of time above zero, written as people write it: `10s`, `24h`, `1h 30m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period(pub Duration);

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match humantime::parse_duration(&text) {
            Ok(period) if !period.is_zero() => Ok(Self(period)),
            _ => Err(D::Error::custom("not a length of time, such as \"10s\" or \"24h\"")),
        }
    }
}
