//! What was changed shortly before a crash: the first question of whoever looks for a cause. Pure.

use std::time::Duration;

use super::LINE_CHARS;
use super::text::{harmless, shortened};
use super::words::span;
use crate::report::CrashReport;
use crate::time::Timestamp;

/// How long before a crash a change is told: over night and back to the last working day's evening.
const LATELY: Duration = Duration::from_secs(24 * 3600);

/// How long before a crash the boot of the host is told: what depends on the network or on a disk
/// fails soon or not at all.
const BOOTED_LATELY: Duration = Duration::from_secs(3600);

/// The most changes that are told.
const CHANGES: usize = 5;

/// What was changed on the host before the job of `report` died, the latest first.
pub(super) fn changed(report: &CrashReport) -> Vec<String> {
    let Some(changes) = report.aftermath.as_ref().and_then(|it| it.changes.as_ref()) else {
        return Vec::new();
    };
    let boot = ("the host was booted", changes.booted_at, BOOTED_LATELY);
    let packages = changes.packages_changed_at.map(|at| ("packages were changed", at, LATELY));
    let general = [Some(boot), packages].into_iter().flatten();
    let general = general.map(|(what, at, lately)| (what.to_owned(), at, lately));
    let files = changes.configuration.iter();
    let files = files.map(|it| (format!("{} was changed", it.path), it.changed_at, LATELY));
    // What was changed during the run is told however long that was: the next run has it.
    let is_told = |at: Timestamp, lately| {
        report.time.since(at) <= lately || report.job.started_at.is_some_and(|began| at > began)
    };
    let mut told: Vec<_> =
        general.chain(files).filter(|(_, at, lately)| is_told(*at, *lately)).collect();
    told.sort_by_key(|(_, at, _)| std::cmp::Reverse(*at));
    let line = |(what, at, _): &(String, Timestamp, Duration)| {
        let line = format!("{what} {}", when(report.time, *at, report.job.started_at));
        shortened(&harmless(&line), LINE_CHARS)
    };
    told.iter().take(CHANGES).map(line).collect()
}

/// `4 h 30 min before, after this run had begun`.
fn when(crash: Timestamp, change: Timestamp, began: Option<Timestamp>) -> String {
    if change > crash {
        return format!("{} after the crash", span(change.since(crash)));
    }
    let before = format!("{} before the crash", span(crash.since(change)));
    match began {
        Some(began) if change > began => format!("{before}, while the job ran"),
        _ => before,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aftermath::ChangedFile;
    use crate::sinks::samples;

    /// What is told of changes so many hours before the crash, of a run that began so many hours
    /// before it: the boot, the packages, a file.
    fn told(began: Option<f64>, [boot, packages, file]: [f64; 3]) -> Vec<String> {
        let mut report = samples::report();
        let crash = report.time.micros();
        let at = |hours: f64| Timestamp::from_micros(crash - (hours * 3.6e9) as i64);
        report.job.started_at = began.map(at);
        let changes = report.aftermath.as_mut().unwrap().changes.as_mut().unwrap();
        changes.booted_at = at(boot);
        changes.packages_changed_at = Some(at(packages));
        let path = "/etc/init/nginx.conf".to_owned();
        changes.configuration = vec![ChangedFile { path, changed_at: at(file) }];
        changed(&report)
    }

    #[test]
    fn what_was_changed_lately_is_told_the_latest_first() {
        let file = "/etc/init/nginx.conf was changed";
        let expected: [(Option<f64>, [f64; 3], &[String]); 6] = [
            (Some(1.0), [99.0, 25.0, 25.0], &[]),
            (None, [1.5, 25.0, 25.0], &[]),
            (
                Some(0.1),
                [0.5, 24.0, 2.0],
                &[
                    "the host was booted 30 min before the crash".to_owned(),
                    format!("{file} 2 h before the crash"),
                    "packages were changed 1 d before the crash".to_owned(),
                ],
            ),
            (
                Some(5.7),
                [99.0, 21.0, 4.5],
                &[
                    format!("{file} 4 h 30 min before the crash, while the job ran"),
                    "packages were changed 21 h before the crash".to_owned(),
                ],
            ),
            (
                Some(1000.0),
                [2000.0, 72.0, 1500.0],
                &["packages were changed 3 d before the crash, while the job ran".to_owned()],
            ),
            (Some(1.0), [99.0, 99.0, -0.01], &[format!("{file} 36 s after the crash")]),
        ];
        for (began, hours, lines) in expected {
            assert_eq!(told(began, hours), lines, "{began:?} {hours:?}");
        }
    }

    #[test]
    fn what_nobody_looked_at_is_not_told() {
        let mut report = samples::report();
        report.aftermath.as_mut().unwrap().changes = None;
        assert_eq!(changed(&report), [""; 0]);
        report.aftermath = None;
        assert_eq!(changed(&report), [""; 0]);
    }

    #[test]
    fn more_than_a_few_are_cut() {
        let mut report = samples::report();
        let changes = report.aftermath.as_mut().unwrap().changes.as_mut().unwrap();
        changes.configuration = vec![changes.configuration[0].clone(); 9];
        assert_eq!(changed(&report).len(), CHANGES);
    }
}
