//! The ends of the files that a job logs to besides its console.

use super::Scene;
use crate::snapshot::{Bounds, Incomplete, LogTail, tail};
use crate::sys::{self, CPath};

/// The most files that are read.
const FILES: usize = 8;

/// How much of one is taken.
const BOUNDS: Bounds = Bounds { lines: 50, bytes: 16 * 1024 };

/// The end of every file that the config names for this job; what cannot be read goes to `gaps`.
pub(super) fn collect(scene: &Scene, gaps: &mut Vec<Incomplete>) -> Vec<LogTail> {
    let job = scene.report.job.name.as_bytes();
    let wanted = scene.settings.logs.iter().filter(|logs| sys::matches(logs.job.as_bytes(), job));
    let paths = wanted.flat_map(|logs| &logs.paths).take(FILES);
    paths
        .filter_map(|path| {
            let path = scene.places.below_root(path);
            match CPath::concat([path.as_os_str().as_encoded_bytes()]) {
                Ok(path) => tail(&path, None, BOUNDS).noted(gaps, "logs"),
                Err(_) => {
                    let reason = format!("{}: the path is too long", path.display());
                    gaps.push(Incomplete { part: "logs".to_owned(), reason });
                    None
                }
            }
        })
        .collect()
}
