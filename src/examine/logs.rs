//! The ends of what a job writes: of what systemd keeps of it, and of the logs that the config names.

use std::path::{Path, PathBuf};

use super::settings::{JobLogs, LogSource};
use super::{Scene, journal, unit_files};
use crate::globs;
use crate::snapshot::{Bounds, Incomplete, LogTail, noted, tail};
use crate::supervisor::Supervisor;
use crate::sys::CPath;

/// The most that are read.
const SOURCES: usize = 8;

/// How much of one is taken.
const BOUNDS: Bounds = Bounds { lines: 50, bytes: 16 * 1024 };

/// What was found of a job's logs.
pub(super) struct Logs {
    /// The one that its supervisor keeps, where the hook could not read it.
    pub(super) main: Option<LogTail>,
    /// All others.
    pub(super) others: Vec<LogTail>,
}

/// The end of every log of this job; what cannot be read goes to `gaps`.
pub(super) fn collect(scene: &Scene, gaps: &mut Vec<Incomplete>) -> Logs {
    let (job, is_systemds) = (&scene.report.job, scene.report.init.kind == Supervisor::Systemd);
    let files = if is_systemds { output_files(scene, gaps) } else { Vec::new() };
    let is_its = |logs: &&JobLogs| globs::names(&logs.job, &job.name, &job.instance);
    let wanted = scene.settings.logs.iter().filter(is_its);
    let mut logs = Logs { main: None, others: Vec::new() };
    if is_systemds {
        let mut own = files.iter().filter_map(|path| file(scene, path, Bounds::JOB, "log", gaps));
        logs.main = own.next();
        logs.others = own.collect();
        // Where a file has what the service wrote, the journal has systemd's own word on the end.
        let part = if logs.main.is_none() { "log" } else { "logs" };
        let journal = noted(gaps, part, journal::of_run(scene, Bounds::JOB));
        match logs.main {
            None => logs.main = journal,
            Some(_) => logs.others.extend(journal),
        }
    }
    for source in wanted.flat_map(|logs| &logs.sources).take(SOURCES) {
        logs.others.extend(match source {
            LogSource::File(path) if files.contains(path) => None,
            LogSource::File(path) => file(scene, path, BOUNDS, "logs", gaps),
            // It is read in any case.
            LogSource::Journal if is_systemds => None,
            LogSource::Journal => noted(gaps, "logs", journal::of_unit(scene, BOUNDS)),
        });
    }
    logs
}

/// The files that systemd writes the unit's output to.
fn output_files(scene: &Scene, gaps: &mut Vec<Incomplete>) -> Vec<PathBuf> {
    let files = unit_files::outputs(scene).map_err(|why| format!("files of the unit: {why}"));
    noted(gaps, "logs", files).unwrap_or_default()
}

fn file(
    scene: &Scene,
    path: &Path,
    bounds: Bounds,
    part: &str,
    gaps: &mut Vec<Incomplete>,
) -> Option<LogTail> {
    let path = scene.places.below_root(path);
    let as_the_kernel_takes_it = CPath::concat([path.as_os_str().as_encoded_bytes()])
        .map_err(|_| format!("{}: the path is too long", path.display()));
    let path = noted(gaps, part, as_the_kernel_takes_it)?;
    tail(&path, None, bounds).noted(gaps, part)
}
