//! What the operator says of jobs, and reports on them carry: severity, labels, a runbook. Pure.

use std::collections::BTreeMap;

use crate::globs;
use crate::report::{CrashReport, Link};
use crate::verdict::{Severity, VerdictKind};

/// The labels that say whose report it is.
pub const OWN_LABELS: [&str; 2] = ["upstart_job", "upstart_instance"];

/// What the link to what is to be done is called.
pub const RUNBOOK: &str = "runbook";

/// What is said of all jobs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobSettings(pub Vec<Setting>);

/// What is said of the jobs that one glob names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Setting {
    /// The glob.
    pub jobs: String,
    /// How loud a verdict is; one that is not named is as loud as ever.
    pub severity: BTreeMap<VerdictKind, Severity>,
    /// Labels besides [`OWN_LABELS`].
    pub labels: BTreeMap<String, String>,
    /// The URL of a page that says what is to be done.
    pub runbook: Option<String>,
}

impl JobSettings {
    /// Writes into `report` what is said of its job. Where two settings say the same thing
    /// otherwise, the later one holds. Doing so twice changes nothing more.
    pub fn apply(&self, report: &mut CrashReport) {
        report.severity = report.verdict.kind.severity();
        report.links.retain(|link| link.text != RUNBOOK);
        let mut runbook = None;
        for setting in &self.0 {
            if !globs::names(&setting.jobs, &report.job.name, &report.job.instance) {
                continue;
            }
            if let Some(severity) = setting.severity.get(&report.verdict.kind) {
                report.severity = *severity;
            }
            for (name, value) in &setting.labels {
                if !OWN_LABELS.contains(&name.as_str()) {
                    report.labels.insert(name.clone(), value.clone());
                }
            }
            runbook = setting.runbook.as_ref().or(runbook);
        }
        report
            .links
            .extend(runbook.map(|href| Link { text: RUNBOOK.to_owned(), href: href.clone() }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sinks::samples;

    fn setting(jobs: &str) -> Setting {
        Setting { jobs: jobs.to_owned(), ..Setting::default() }
    }

    /// What `settings` make of a crash of `nginx (eu-1)`.
    fn applied(settings: &[Setting]) -> CrashReport {
        let mut report = samples::report();
        report.links.clear();
        report.labels.retain(|name, _| OWN_LABELS.contains(&name.as_str()));
        let settings = JobSettings(settings.to_vec());
        settings.apply(&mut report);
        let once = report.clone();
        settings.apply(&mut report);
        assert_eq!(report, once, "twice changes nothing more");
        report
    }

    #[test]
    fn severities_are_of_verdicts_and_the_later_one_holds() {
        use Severity::{Critical, Error, Warning};
        let of = |jobs, verdict, severity| Setting {
            severity: BTreeMap::from([(verdict, severity)]),
            ..setting(jobs)
        };
        let crashed = |jobs, severity| of(jobs, VerdictKind::Crashed, severity);
        for (settings, expected) in [
            (vec![], Error),
            (vec![crashed("nginx*", Warning)], Warning),
            (vec![crashed("nginx (eu-1)", Warning)], Warning),
            (vec![crashed("shop", Warning)], Error),
            (vec![of("*", VerdictKind::GaveUp, Warning)], Error),
            (vec![crashed("*", Warning), crashed("nginx", Critical)], Critical),
            (vec![crashed("nginx", Critical), crashed("*", Warning)], Warning),
            (vec![crashed("nginx", Critical), setting("*")], Critical),
        ] {
            assert_eq!(applied(&settings).severity, expected, "{settings:?}");
        }
    }

    #[test]
    fn labels_and_runbooks_add_up_and_leave_the_reports_own() {
        let labels = |labels: &[(&str, &str)]| {
            labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let first = Setting {
            labels: labels(&[("team", "web"), ("tier", "1"), ("upstart_job", "other")]),
            runbook: Some("https://wiki/all".to_owned()),
            ..setting("*")
        };
        let second = Setting { labels: labels(&[("team", "proxy")]), ..setting("nginx") };
        let third = Setting { runbook: Some("https://wiki/nginx".to_owned()), ..setting("nginx") };
        let report = applied(&[first.clone(), second.clone()]);
        let expected = [
            ("team", "proxy"),
            ("tier", "1"),
            ("upstart_instance", "eu-1"),
            ("upstart_job", "nginx"),
        ];
        assert_eq!(report.labels, labels(&expected));
        let link = |href: &str| Link { text: RUNBOOK.to_owned(), href: href.to_owned() };
        assert_eq!(report.links, [link("https://wiki/all")]);
        assert_eq!(applied(&[first, second, third]).links, [link("https://wiki/nginx")]);
        assert_eq!(applied(&[]).links, []);
    }
}
