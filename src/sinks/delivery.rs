//! `[delivery]`: what holds for every sink that does not say otherwise.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Deserializer, de::Error};

use super::ProxyChoice;

/// How reports are handed over. What a sink says itself of `timeout`, `proxy` and `ca_file` holds
/// for that sink.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Delivery {
    /// How long a sink that fails is tried before a message is given up for it. Default: `"24h"`.
    pub retry_for: Period,
    /// How long one try may take. Default: `"10s"`.
    pub timeout: Period,
    /// How many lines of the log a message shows. Default: `20`.
    pub log_lines: usize,
    /// The way to HTTP services: `"env"` is as `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and
    /// `NO_PROXY` say, `"none"` is straight; or the URL of a proxy. Default: `"env"`.
    pub proxy: ProxyChoice,
    /// Hosts, domains (`.example.com`) and networks (`10.0.0.0/8`) that are reached without a proxy.
    /// Default: `[]`.
    pub no_proxy: Vec<String>,
    /// A file with certificates (PEM) to trust besides the built-in ones and the system's.
    /// Default: none.
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
