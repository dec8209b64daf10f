//! Reports for the sinks' tests.

use crate::report::CrashReport;

/// A crash with everything in it, markup and terminal sequences included.
pub(crate) fn report() -> CrashReport {
    serde_json::from_str(include_str!("../../tests/data/report-v1.json")).unwrap()
}

/// The report that is hardest to fit: the longest names and log that capture lets through, made
/// of what grows when it is escaped.
pub(crate) fn worst() -> CrashReport {
    let mut report = report();
    report.summary = "<!channel>".repeat(25);
    report.job.name = "&".repeat(512);
    report.job.instance = "<".repeat(512);
    report.host.name = ">".repeat(64);
    report.verdict.reasons = vec!["<@here> & ".repeat(200); 50];
    report.incomplete = vec![report.incomplete[0].clone(); 50];
    let left = report.aftermath.as_mut().unwrap().left_behind.as_mut().unwrap();
    left[0].command = "&".repeat(256);
    left.resize(20, left[0].clone());
    let log = report.log.as_mut().unwrap();
    log.path = format!("/var/log/upstart/{}.log", "&".repeat(4000));
    log.lines = vec!["&<>`".repeat(320); 50];
    report
}
