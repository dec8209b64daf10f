//! What is settled on a report when the notifier takes it: what the operator says of its job, and
//! whether anybody is told. Pure.

use crate::job_settings::JobSettings;
use crate::notice::Cause;
use crate::quiet::{self, Silence, Windows};
use crate::report::{CrashReport, Withheld, WithheldBy};
use crate::routing::Routing;

/// What the operator asked for, and people since.
#[derive(Debug, Clone, Copy)]
pub struct Wishes<'a> {
    /// What is said of jobs.
    pub jobs: &'a JobSettings,
    /// The planned windows.
    pub windows: &'a Windows,
    /// What is silenced.
    pub silences: &'a [Silence],
}

/// Writes into `report` what follows from `wishes`, and why nobody is told where nobody is: quiet
/// is wanted, or none of `sinks` takes it. Tells whether it has changed. Doing so twice changes
/// nothing more.
pub fn settle_on(report: &mut CrashReport, wishes: Wishes<'_>, sinks: &[&Routing]) -> bool {
    let before = report.clone();
    wishes.jobs.apply(report);
    report.withheld = quiet::why(report, wishes.silences, wishes.windows)
        .or_else(|| (!sinks.iter().any(|sink| takes(sink, report))).then(|| no_sink(report)));
    *report != before
}

/// Whether the sink with `routing` is told of `report`.
fn takes(routing: &Routing, report: &CrashReport) -> bool {
    let cause = Cause {
        verdict: report.verdict.kind,
        exit: report.exit.words(),
        severity: report.severity,
    };
    routing.takes(&report.job.name, &report.job.instance, &cause)
}

fn no_sink(report: &CrashReport) -> Withheld {
    let (verdict, severity) = (report.verdict.kind.word(), report.severity.word());
    Withheld {
        by: WithheldBy::Routing,
        why: format!("no sink takes `{verdict}` of {}, severity {severity}", report.job.title()),
        until: None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use super::*;
    use crate::job_settings::Setting;
    use crate::sinks::samples;
    use crate::verdict::{Severity, VerdictKind};
    use crate::zone::Zone;

    /// What is settled on the sample, a crash of `nginx (eu-1)`, as loud as `severity` says.
    fn settled(
        severity: Severity,
        silences: &[Silence],
        sinks: &[&Routing],
    ) -> (CrashReport, bool) {
        let (mut report, windows) = (samples::report(), Windows::new(Vec::new(), Ok(Zone::utc())));
        report.links.clear();
        report.withheld = None;
        let jobs = JobSettings(vec![Setting {
            jobs: "nginx".to_owned(),
            severity: BTreeMap::from([(VerdictKind::Crashed, severity)]),
            ..Setting::default()
        }]);
        let wishes = Wishes { jobs: &jobs, windows: &windows, silences };
        let changed = settle_on(&mut report, wishes, sinks);
        assert!(!settle_on(&mut report, wishes, sinks), "twice changes nothing more");
        (report, changed)
    }

    #[test]
    fn nobody_is_told_where_it_is_quiet_or_no_sink_takes_it() {
        use WithheldBy::{Routing as ByRouting, Silence as BySilence};
        let time = samples::report().time;
        let hour = Duration::from_secs(3600);
        let silence = [Silence::new("*", time, hour, "", "kim").unwrap()];
        let (all, loud) = (
            Routing::default(),
            Routing { min_severity: Severity::Critical, ..Routing::default() },
        );
        for (severity, silences, sinks, by, changed) in [
            (Severity::Error, &[][..], &[&all][..], None, false),
            (Severity::Error, &[], &[&loud, &all], None, false),
            (Severity::Error, &[], &[&loud], Some(ByRouting), true),
            (Severity::Critical, &[], &[&loud], None, true),
            (Severity::Warning, &[], &[&loud], Some(ByRouting), true),
            (Severity::Error, &silence, &[&all], Some(BySilence), true),
            (Severity::Error, &silence, &[&loud], Some(BySilence), true),
        ] {
            let (report, was_changed) = settled(severity, silences, sinks);
            let found = report.withheld.as_ref().map(|withheld| withheld.by);
            assert_eq!((found, was_changed), (by, changed), "{severity:?} {silences:?}");
        }
        let why = settled(Severity::Warning, &[], &[&loud]).0.withheld.unwrap().why;
        assert_eq!(why, "no sink takes `crashed` of nginx (eu-1), severity warning");
    }

    #[test]
    fn what_was_withheld_is_told_where_the_silence_is_gone() {
        let windows = Windows::new(Vec::new(), Ok(Zone::utc()));
        let mut report = samples::report();
        assert!(report.withheld.is_some());
        let wishes = Wishes { jobs: &JobSettings::default(), windows: &windows, silences: &[] };
        assert!(settle_on(&mut report, wishes, &[&Routing::default()]));
        assert_eq!(report.withheld, None);
    }
}
