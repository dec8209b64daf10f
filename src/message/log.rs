//! Which log a message shows, and how much of it.

use super::LINE_CHARS;
use super::section::{Log, Whose};
use super::text::{harmless, last, shortened};
use crate::report::CrashReport;
use crate::snapshot::LogTail;

/// The last lines, `most` at most, of the log that says something: of the console's, or where the
/// service writes elsewhere, of the first of its own.
pub(super) fn log(report: &CrashReport, most: usize) -> Option<Log> {
    let LogTail { path, lines, bytes: _, truncated, this_run_only } = telling(report)?;
    let shown = last(lines, most);
    let whose = match this_run_only {
        false => Whose::PerhapsOfEarlierRuns,
        true if *truncated || shown.len() < lines.len() => Whose::LastOfThisRun,
        true => Whose::AllOfThisRun,
    };
    let lines = shown.iter().map(|line| shortened(&harmless(line), LINE_CHARS)).collect();
    Some(Log { path: harmless(path), lines, whose })
}

/// The first log with a line that is not blank.
fn telling(report: &CrashReport) -> Option<&LogTail> {
    let others = report.aftermath.iter().flat_map(|aftermath| &aftermath.logs).flatten();
    report.log.iter().chain(others).find(|log| log.lines.iter().any(|line| !line.trim().is_empty()))
}

/// Whether the log that is shown is another than the console's.
pub(super) fn is_another(report: &CrashReport) -> bool {
    let console = report.log.as_ref();
    telling(report).is_some_and(|log| console.is_none_or(|console| !std::ptr::eq(console, log)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sinks::samples;

    #[test]
    fn says_whose_its_lines_are() {
        for (this_run_only, truncated, most, whose) in [
            (true, false, 4, Whose::AllOfThisRun),
            (true, false, 3, Whose::LastOfThisRun),
            (true, true, 4, Whose::LastOfThisRun),
            (false, false, 4, Whose::PerhapsOfEarlierRuns),
        ] {
            let mut report = samples::report();
            let tail = report.log.as_mut().unwrap();
            (tail.this_run_only, tail.truncated) = (this_run_only, truncated);
            let shown = log(&report, most).unwrap();
            assert_eq!(shown.whose, whose, "{this_run_only} {truncated} {most}");
        }
    }

    #[test]
    fn the_console_is_shown_unless_only_another_log_says_something() {
        let (console, own, other) = ("console.log", "own.log", "other.log");
        let (said, blank): (&[&str], &[&str]) = (&["last words"], &["", "  "]);
        for (logs, shown) in [
            (vec![(console, said), (own, said)], Some(console)),
            (vec![(console, &[]), (own, said)], Some(own)),
            (vec![(console, blank), (own, said), (other, said)], Some(own)),
            (vec![(console, &[]), (own, &[]), (other, said)], Some(other)),
            (vec![(own, said)], Some(own)),
            (vec![(console, said)], Some(console)),
            (vec![(console, blank), (own, &[])], None),
            (vec![], None),
        ] {
            let mut report = samples::report();
            let mut tails = logs.iter().map(|(path, lines)| LogTail {
                path: (*path).to_owned(),
                lines: lines.iter().map(|line| (*line).to_owned()).collect(),
                ..samples::report().log.unwrap()
            });
            let has_console = logs.first().is_some_and(|(path, _)| *path == console);
            report.log = if has_console { tails.next() } else { None };
            report.aftermath.as_mut().unwrap().logs = Some(tails.collect());
            assert_eq!(log(&report, 9).map(|log| log.path).as_deref(), shown, "{logs:?}");
            assert_eq!(is_another(&report), shown.is_some_and(|log| log != console), "{logs:?}");
            report.aftermath = None;
            assert_eq!(log(&report, 9).is_some(), shown == Some(console), "{logs:?}");
        }
    }

    #[test]
    fn a_trace_loses_its_beginning_and_no_part_of_its_end() {
        let mut report = samples::report();
        let trace = ["Error: no such cart", "    at a (server.js:3:1)", "    at b (server.js:9:2)"];
        let tail =
            LogTail { lines: trace.map(str::to_owned).to_vec(), ..report.log.take().unwrap() };
        report.aftermath.as_mut().unwrap().logs = Some(vec![tail]);
        assert_eq!(log(&report, 2).unwrap().lines, trace[1..]);
        assert_eq!(log(&report, 3).unwrap().lines, trace);
    }

    #[test]
    fn an_endless_line_keeps_its_beginning() {
        let mut report = samples::report();
        report.log.as_mut().unwrap().lines = vec!["x".repeat(64 * 1024)];
        let lines = log(&report, 20).unwrap().lines;
        assert_eq!(lines.iter().map(|line| line.chars().count()).collect::<Vec<_>>(), [LINE_CHARS]);
        assert!(lines[0].ends_with('…'));
    }
}
