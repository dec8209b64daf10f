//! The last lines in systemd's journal: of a unit, or of one run of it.

use std::thread;
use std::time::{Duration, Instant};

use super::Scene;
use super::journalctl::Journalctl;
use super::settings::JOURNAL;
use crate::run_command::Ended;
use crate::snapshot::{Bounds, LogTail};

/// How long the journal may take: less than a collector may.
const LIMIT: Duration = Duration::from_secs(2);

/// How long is waited for systemd's own word on the end: the journal takes what it is sent in its
/// own time.
const LATE: Duration = Duration::from_millis(500);

/// How often to look for it.
const LOOK: Duration = Duration::from_millis(100);

/// With one of them systemd tells that a run is over (core/service.c, core/unit.c).
const OVER: [&str; 5] = [
    "Main process exited",
    "Failed with result",
    "Deactivated successfully",
    "Scheduled restart job",
    "entered failed state",
];

/// The end of what the run wrote that `scene` is of, with what systemd wrote of it. Where systemd
/// has no name for the run (before 232), that of the unit since the run began.
///
/// # Errors
/// Why it cannot be had, in words.
pub(super) fn of_run(scene: &Scene, bounds: Bounds) -> Result<LogTail, String> {
    let Some(invocation) = scene.invocation() else { return of_unit(scene, bounds) };
    let journal = Journalctl::of(scene.places)?;
    let (began, until) = (Instant::now(), Instant::now() + LATE);
    let said = loop {
        let left = LIMIT.saturating_sub(began.elapsed());
        let said = journal.ask(run_arguments(invocation, bounds), left)?;
        if tells_of_the_end(&said.output) || Instant::now() >= until {
            break said;
        }
        thread::sleep(LOOK);
    };
    let tail = tail(&said, bounds, true);
    if tail.lines.is_empty() {
        return Err("journal: it has nothing of this run".to_owned());
    }
    Ok(tail)
}

/// What the unit that is named like the job wrote last; since this run began, where that is known.
///
/// # Errors
/// Why it cannot be had, in words.
pub(super) fn of_unit(scene: &Scene, bounds: Bounds) -> Result<LogTail, String> {
    let said = Journalctl::of(scene.places)?.ask(unit_arguments(scene, bounds), LIMIT)?;
    Ok(tail(&said, bounds, scene.report.job.started_at.is_some()))
}

/// What `said` ends with: the newest came first, so that the oldest are what was cut off.
fn tail(said: &Ended, bounds: Bounds, this_run_only: bool) -> LogTail {
    let whole = said.output.lines().count().saturating_sub(usize::from(said.truncated));
    let all = said.output.lines().take(whole.min(bounds.lines));
    let mut lines: Vec<String> = all.map(str::to_owned).collect();
    lines.reverse();
    LogTail {
        path: JOURNAL.to_owned(),
        bytes: lines.iter().map(|line| line.len() as u64 + 1).sum(),
        truncated: said.truncated || whole >= bounds.lines,
        lines,
        this_run_only,
    }
}

fn tells_of_the_end(output: &str) -> bool {
    output.lines().any(|line| OVER.iter().any(|word| line.contains(word)))
}

/// For what the processes of the run wrote, and what systemd itself wrote of it: anybody may write
/// what it is said to be of, the process id is the journal's own word.
fn run_arguments(invocation: &str, bounds: Bounds) -> Vec<String> {
    let mut arguments = last(bounds);
    arguments.extend([
        format!("_SYSTEMD_INVOCATION_ID={invocation}"),
        "+".to_owned(),
        format!("INVOCATION_ID={invocation}"),
        "_PID=1".to_owned(),
    ]);
    arguments
}

fn unit_arguments(scene: &Scene, bounds: Bounds) -> Vec<String> {
    let mut arguments = vec![format!("--unit={}", scene.report.unit())];
    arguments.extend(last(bounds));
    let since = scene.report.job.started_at;
    arguments.extend(since.map(|at| format!("--since=@{}", at.micros() / 1_000_000)));
    arguments
}

fn last(bounds: Bounds) -> Vec<String> {
    let lines = format!("--lines={}", bounds.lines);
    vec![lines, "--reverse".to_owned(), "--output=cat".to_owned()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(output: &str, truncated: bool) -> Ended {
        Ended {
            exit: Some(0),
            signal: None,
            timed_out: false,
            ran: Duration::ZERO,
            output: output.to_owned(),
            truncated,
        }
    }

    #[test]
    fn the_newest_lines_stand_last_and_a_torn_one_nowhere() {
        let bounds = Bounds { lines: 3, bytes: 100 };
        for (output, truncated, lines, is_less) in [
            ("", false, &[][..], false),
            ("c\nb\n", false, &["b", "c"], false),
            ("d\nc\nb\n", false, &["b", "c", "d"], true),
            ("d\nc\nto\n[cut off here]", true, &["to", "c", "d"], true),
            ("d\nto\n[cut off here]", true, &["to", "d"], true),
        ] {
            let tail = tail(&said(output, truncated), bounds, true);
            assert_eq!(
                (&tail.lines[..], tail.truncated),
                (&lines.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>()[..], is_less),
                "{output:?}"
            );
        }
    }

    #[test]
    fn systemd_says_that_a_run_is_over_in_these_words() {
        for (line, is_over) in [
            ("web.service: Main process exited, code=dumped, status=11/SEGV", true),
            ("web.service: main process exited, code=exited, status=1/FAILURE", false),
            ("Unit web.service entered failed state.", true),
            ("web.service: Deactivated successfully.", true),
            ("Started web.service - The shop.", false),
        ] {
            assert_eq!(tells_of_the_end(&format!("x\n{line}\n")), is_over, "{line}");
        }
    }
}
