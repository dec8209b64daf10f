//! The report on a service that systemd has given up: no hook runs for that, systemd was asked.

use std::time::Duration;

use super::{CrashReport, Facts, InitFacts};
use crate::evidence::{Evidence, SystemdEvidence};
use crate::id::{ReportId, RunId};
use crate::snapshot::{Host, Incomplete, Snapshot};
use crate::systemd::UnitStatus;
use crate::time::Timestamp;
use crate::verdict::{Verdict, VerdictKind};

/// The name of the report is of another millisecond than the crash's.
const AFTER: Duration = Duration::from_millis(1);

impl CrashReport {
    /// The report on the service that `crash` was the last crash of, which systemd gave up `at` that
    /// time, as `status` says. Asked again, systemd says the same, and the report has the same name.
    ///
    /// `None` where the run has no name.
    pub fn of_giving_up(
        crash: &Self,
        status: UnitStatus,
        at: Timestamp,
        host: Host,
    ) -> Option<Self> {
        const WHY: &str = "no hook runs when systemd refuses a start";
        let RunId(run) = RunId::from_hex(crash.job.run.as_bytes())?;
        // People name a report by the end of its id, which the crash's has, too.
        let run = RunId(run.map(|byte| !byte));
        let time = at.max(crash.time.after(AFTER));
        let gap = |part: &str| Incomplete { part: part.to_owned(), reason: WHY.to_owned() };
        let version = Some(status.version.clone()).filter(|version| !version.is_empty());
        Some(Self::from(Facts {
            id: ReportId::new(time, run),
            time,
            host,
            job: crash.job.clone(),
            init: InitFacts { kind: crash.init.kind, version },
            verdict: verdict(crash, &status),
            evidence: Evidence::of_giving_up(told(crash, status)),
            kernel: crash.kernel.clone(),
            snapshot: Snapshot::missed(time),
            log: None,
            incomplete: vec![gap("snapshot")],
        }))
    }
}

/// What follows, and why.
fn verdict(crash: &CrashReport, status: &UnitStatus) -> Verdict {
    let last = crash.evidence.systemd.as_ref().and_then(|told| told.status.as_ref().ok());
    let counted = last.and_then(|last| last.restarts).zip(status.restarts);
    let refused = match counted.filter(|(then, now)| now > then) {
        Some((then, now)) => format!(
            "systemd refused restart {now}, where the last run had seen {then}: the start was \
             requested too often, and the unit is failed"
        ),
        None => format!("systemd refused a start, requested too often: {}", status.result),
    };
    let last_end = crash.exit.words().unwrap_or_else(|| "an end that is not known".to_owned());
    let reasons = vec![
        refused,
        format!("the last run ended with {last_end}, and there was none since"),
        "systemd was asked: it runs no hook when it refuses a start".to_owned(),
    ];
    Verdict { kind: VerdictKind::GaveUp, exit: crash.exit.clone(), reasons }
}

/// What systemd says now of the run that `crash` is on.
fn told(crash: &CrashReport, status: UnitStatus) -> SystemdEvidence {
    let of_crash = crash.evidence.systemd.as_ref();
    SystemdEvidence {
        unit: of_crash.map_or_else(|| crash.unit(), |told| told.unit.clone()),
        invocation: of_crash
            .and_then(|told| told.invocation.clone())
            .or_else(|| status.invocation.clone()),
        result: None,
        main: of_crash.and_then(|told| told.main.clone()),
        dumped_core: of_crash.is_some_and(|told| told.dumped_core),
        status: Ok(status),
    }
}
