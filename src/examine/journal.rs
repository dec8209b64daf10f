//! The last lines of a unit in systemd's journal, for jobs that log there.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Scene;
use super::commands::result_of;
use super::logs::BOUNDS;
use super::settings::{Command, JOURNAL};
use crate::report::JobFacts;
use crate::snapshot::LogTail;

/// Where systemd has it, since and before /bin became a link.
const PROGRAMS: [&str; 2] = ["/usr/bin/journalctl", "/bin/journalctl"];

/// How long the journal may take: less than a collector may.
const LIMIT: Duration = Duration::from_secs(2);

/// What the unit that is named like the job wrote last; since this run began, where that is known.
///
/// # Errors
/// Why it cannot be had, in words.
pub(super) fn tail(scene: &Scene) -> Result<LogTail, String> {
    let program = PROGRAMS
        .into_iter()
        .map(|program| scene.places.below_root(Path::new(program)))
        .find(|program| program.is_file())
        .ok_or("journal: this host has no journalctl")?;
    let ran = result_of(&command(program, &scene.report.job), &environment())
        .map_err(|error| format!("journal: {error}"))?;
    if ran.exit != Some(0) {
        let why = ran.output.lines().next().unwrap_or("journalctl failed").to_owned();
        return Err(format!("journal: {why}"));
    }
    // The newest came first, so that the oldest are what was cut off.
    let whole = ran.output.lines().take(ran.output.lines().count() - usize::from(ran.truncated));
    let mut lines: Vec<String> = whole.map(str::to_owned).collect();
    lines.reverse();
    Ok(LogTail {
        path: JOURNAL.to_owned(),
        bytes: lines.iter().map(|line| line.len() as u64 + 1).sum(),
        truncated: ran.truncated || lines.len() == BOUNDS.lines,
        lines,
        this_run_only: scene.report.job.started_at.is_some(),
    })
}

fn command(program: PathBuf, job: &JobFacts) -> Command {
    let instance = if job.instance.is_empty() { "" } else { "@" };
    let mut argv = vec![
        program.to_string_lossy().into_owned(),
        format!("--unit={}{instance}{}.service", job.name, job.instance),
        format!("--lines={}", BOUNDS.lines),
        "--reverse".to_owned(),
        "--output=cat".to_owned(),
        "--quiet".to_owned(),
        "--no-pager".to_owned(),
    ];
    argv.extend(job.started_at.map(|at| format!("--since=@{}", at.micros() / 1_000_000)));
    Command { name: JOURNAL.to_owned(), argv, timeout: LIMIT, jobs: Vec::new() }
}

fn environment() -> [(&'static str, String); 2] {
    [("PATH", "/usr/bin:/bin".to_owned()), ("LC_ALL", "C".to_owned())]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    #[test]
    fn a_unit_is_named_like_the_job_and_its_instance() {
        for (name, instance, unit) in [
            ("nginx", "", "--unit=nginx.service"),
            ("web", "eu-1", "--unit=web@eu-1.service"),
            ("-rf", "", "--unit=-rf.service"),
        ] {
            let job = JobFacts {
                name: name.to_owned(),
                instance: instance.to_owned(),
                started_at: Some(Timestamp::from_micros(1_795_232_537_123_456)),
                ran_seconds: None,
                run: String::new(),
            };
            let argv = command(PathBuf::from("/bin/journalctl"), &job).argv;
            assert_eq!(argv.get(1).map(String::as_str), Some(unit));
            assert_eq!(argv.last().map(String::as_str), Some("--since=@1795232537"));
        }
    }
}
