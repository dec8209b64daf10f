//! Load averages.

use serde::Serialize;
use sysinfo::System;

/// How many tasks were runnable or waiting for a disk, on average.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
pub struct Load {
    /// Over the last minute.
    #[serde(rename = "1m")]
    pub one: f64,
    /// Over the last five minutes.
    #[serde(rename = "5m")]
    pub five: f64,
    /// Over the last fifteen minutes.
    #[serde(rename = "15m")]
    pub fifteen: f64,
}

/// The load averages.
pub(super) fn collect() -> Result<Load, String> {
    let load = System::load_average().map_err(|error| error.to_string())?;
    Ok(Load { one: load.one, five: load.five, fifteen: load.fifteen })
}
