//! What tells one config from another.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::config::Config;
use crate::examine::Settings;
use crate::job_settings::JobSettings;
use crate::policy::Folding;
use crate::quiet::Windows;
use crate::routing::Routing;
use crate::spool::Limits;

/// All that a notifier's work depends on. Of secrets it holds nothing that can be read.
#[derive(PartialEq)]
pub(super) struct Fingerprint {
    retry_for: Duration,
    folding: Folding,
    redaction: Option<Vec<String>>,
    examination: Arc<Settings>,
    jobs: JobSettings,
    windows: Windows,
    limits: Limits,
    metrics: Option<PathBuf>,
    sinks: Vec<(String, Routing, String)>,
}

impl Fingerprint {
    /// That of `config`, with its secrets as they are now.
    pub(super) fn of(config: &Config) -> Self {
        let sinks = config.sinks.iter();
        let sinks = sinks.map(|it| (it.name.clone(), it.routing.clone(), it.sink.fingerprint()));
        Self {
            retry_for: config.retry_for,
            folding: config.folding.clone(),
            redaction: config.redaction.fingerprint().map(<[String]>::to_vec),
            examination: Arc::clone(&config.examination),
            jobs: config.jobs.clone(),
            windows: config.windows.clone(),
            limits: config.spool.clone(),
            metrics: config.metrics.clone(),
            sinks: sinks.collect(),
        }
    }
}
