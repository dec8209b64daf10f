//! The ends of what a job logs to besides its console.

use std::path::Path;

use super::settings::{JobLogs, LogSource};
use super::{Scene, journal};
use crate::globs;
use crate::snapshot::{Bounds, Incomplete, LogTail, noted, tail};
use crate::sys::CPath;

/// The most that are read.
const SOURCES: usize = 8;

/// How much of one is taken.
pub(super) const BOUNDS: Bounds = Bounds { lines: 50, bytes: 16 * 1024 };

/// The end of every log that the config names for this job; what cannot be read goes to `gaps`.
pub(super) fn collect(scene: &Scene, gaps: &mut Vec<Incomplete>) -> Vec<LogTail> {
    let job = &scene.report.job;
    let is_its = |logs: &&JobLogs| globs::names(&logs.job, &job.name, &job.instance);
    let wanted = scene.settings.logs.iter().filter(is_its);
    let sources = wanted.flat_map(|logs| &logs.sources).take(SOURCES);
    sources
        .filter_map(|source| match source {
            LogSource::File(path) => file(scene, path, gaps),
            LogSource::Journal => noted(gaps, "logs", journal::tail(scene)),
        })
        .collect()
}

fn file(scene: &Scene, path: &Path, gaps: &mut Vec<Incomplete>) -> Option<LogTail> {
    let path = scene.places.below_root(path);
    let as_the_kernel_takes_it = CPath::concat([path.as_os_str().as_encoded_bytes()])
        .map_err(|_| format!("{}: the path is too long", path.display()));
    let path = noted(gaps, "logs", as_the_kernel_takes_it)?;
    tail(&path, None, BOUNDS).noted(gaps, "logs")
}
