//! Many crashes of many jobs, faster than any host has them.

use std::path::PathBuf;

use upstart_monitor::id::{ReportId, RunId};
use upstart_monitor::paths::Places;
use upstart_monitor::report::CrashReport;
use upstart_monitor::{spool, sys};

use super::{Hook, Host};

/// Leaves reports in the spool of a host as post-stop does, without a kick.
pub struct Crashes {
    places: Places,
    report: CrashReport,
}

impl Crashes {
    /// On `host`. What all of them have in common, the real hooks have found out.
    pub fn on(host: &Host) -> Self {
        let elsewhere = Host::new();
        elsewhere.write("/var/log/upstart/shop.log", "about to start\nlast words\n");
        for hook in [Hook::PreStart, Hook::PostStop] {
            elsewhere.hook(hook, "shop").run().harms_nobody();
        }
        let root: PathBuf = host.path("/").components().collect();
        let root = Vec::leak(root.into_os_string().into_encoded_bytes());
        let report = serde_json::from_value(elsewhere.only_report()).unwrap();
        Self { places: Places::under(root), report }
    }

    /// So many crashes of so many jobs, in turns.
    pub fn storm(&self, crashes: usize, jobs: usize) {
        (0..crashes).for_each(|nth| self.crash(&format!("job-{}", nth % jobs)));
    }

    /// One crash, of which there is as much to tell as capture lets through, and all of it grows
    /// when it is escaped.
    pub fn worst(&self) {
        self.leave(|report| {
            name(report, "shop");
            report.verdict.reasons = vec!["<@here> & ".repeat(200); 50];
            let log = report.log.as_mut().unwrap();
            log.lines = vec!["&<>`".repeat(320); 50];
        });
    }

    fn crash(&self, job: &str) {
        self.leave(|report| name(report, job));
    }

    /// A crash at this moment, of which `change` says what is special; what follows from that is
    /// made to fit.
    pub fn leave(&self, change: impl FnOnce(&mut CrashReport)) -> ReportId {
        let (mut report, run) = (self.report.clone(), RunId(sys::random_bytes()));
        report.time = sys::now();
        change(&mut report);
        report.time_unix_us = report.time.micros();
        report.id = ReportId::new(report.time, run);
        report.key = format!("{}/{}", report.host.name, report.job.name);
        report.labels.insert("upstart_job".to_owned(), report.job.name.clone());
        let json = serde_json::to_vec(&report).unwrap();
        spool::put(self.places, spool::Drop::Report, report.id, &json).unwrap();
        report.id
    }
}

/// Makes `report` one on the job `job`.
fn name(report: &mut CrashReport, job: &str) {
    report.summary = report.summary.replace(&report.job.name, job);
    job.clone_into(&mut report.job.name);
}
