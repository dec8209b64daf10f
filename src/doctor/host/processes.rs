//! Daemons that got away from init: their job is down, and they run.

use std::fs;
use std::path::{Path, PathBuf};

use super::JobFacts;
use crate::job_file::Process;

/// The most processes that are looked at.
const MOST: usize = 32_768;

/// Programs that run any job's code: that one of them runs tells nothing of a job.
const INTERPRETERS: [&str; 12] =
    ["bash", "busybox", "dash", "env", "java", "node", "perl", "php", "python", "ruby", "sh", "su"];

/// A process that a job has left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Orphan {
    /// The job that runs the same program, and is down.
    pub job: String,
    /// The program.
    pub program: PathBuf,
    /// The process.
    pub pid: i32,
}

/// The processes that are children of init's and run the program of a job that is down.
pub(super) fn orphans(jobs: &[JobFacts]) -> Vec<Orphan> {
    let down: Vec<_> = jobs.iter().filter_map(|job| Some((job, program_of_down(job)?))).collect();
    if down.is_empty() {
        return Vec::new();
    }
    let children: Vec<_> = children_of_init().collect();
    let mut orphans = Vec::new();
    for (job, program) in down {
        let its = children.iter().find(|(_, executable)| *executable == program);
        orphans.extend(its.map(|(pid, _)| Orphan {
            job: job.place.name.clone(),
            program: program.clone(),
            pid: *pid,
        }));
    }
    orphans
}

/// The program of a job that init says is down, where it tells the job.
fn program_of_down(job: &JobFacts) -> Option<PathBuf> {
    let is_down = job.instances.as_ref().is_ok_and(Vec::is_empty);
    let command = job.files.as_ref().ok().filter(|_| is_down)?.text(Process::Main)?;
    let first = std::str::from_utf8(command).ok()?.split_whitespace().next()?;
    let program = Path::new(first).canonicalize().ok().filter(|_| first.starts_with('/'))?;
    let name = program.file_name()?.to_str()?;
    let name = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    (!INTERPRETERS.contains(&name) && program.is_file()).then_some(program)
}

/// The processes whose parent is init, and what they run.
fn children_of_init() -> impl Iterator<Item = (i32, PathBuf)> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten().take(MOST);
    entries.filter_map(|entry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        let executable = fs::read_link(entry.path().join("exe")).ok()?;
        (parent(&stat)? == 1).then_some((pid, executable))
    })
}

/// The parent in a line of `/proc/PID/stat`; the name in parentheses may hold anything.
fn parent(stat: &str) -> Option<i32> {
    let (_, behind) = stat.rsplit_once(')')?;
    behind.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parent_is_found_behind_any_name() {
        for (stat, expected) in [
            ("7 (cron) S 1 7 7 0", Some(1)),
            ("7 (a) S 9 (b) R 12 7 7", Some(12)),
            ("7 (cron", None),
            ("", None),
        ] {
            assert_eq!(parent(stat), expected, "{stat}");
        }
        let own = fs::read_to_string("/proc/self/stat").unwrap();
        assert_eq!(parent(&own), Some(nix::unistd::getppid().as_raw()));
    }
}
