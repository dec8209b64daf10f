//! `[metrics]`: what a time series database is told.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, de::Error};

/// Counters for Prometheus, by the textfile collector of node_exporter; `/etc/upstart-monitor/examples/metrics.toml`
/// says more.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    /// A file in the directory that node_exporter reads; its name must end in `.prom`.
    textfile: Textfile,
}

impl Table {
    /// The file.
    pub(super) fn textfile(&self) -> &Path {
        &self.textfile.0
    }
}

/// A path as the collector wants it: others than `*.prom` it passes over.
#[derive(Debug)]
struct Textfile(PathBuf);

impl<'de> Deserialize<'de> for Textfile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let path = PathBuf::deserialize(deserializer)?;
        if path.is_absolute() && path.extension().is_some_and(|extension| extension == "prom") {
            Ok(Self(path))
        } else {
            Err(D::Error::custom("not an absolute path that ends in .prom"))
        }
    }
}
