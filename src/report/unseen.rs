//! The report on a run whose end nobody saw: all that is known is what its marker says.

use super::{CrashReport, Facts, InitFacts, JobFacts};
use crate::evidence::{Evidence, MarkerEvidence};
use crate::marker::Content;
use crate::snapshot::{Host, Incomplete, Snapshot};
use crate::verdict;

impl CrashReport {
    /// The report on the run that `marker` speaks of, which a later pre-start found still armed.
    ///
    /// `host` is the host as it is now: of the moment of the end nothing is known. The same marker
    /// gives a report of the same name at every call.
    pub fn of_unseen(marker: &Content, host: Host) -> Self {
        let evidence =
            Evidence::of_marker_alone(MarkerEvidence::Orphaned { started: marker.started.wall });
        let unknown = |part: &str| Incomplete {
            part: part.to_owned(),
            reason: "nobody saw the end of this run".to_owned(),
        };
        Self::from(Facts {
            id: marker.report_id(),
            time: marker.report_time(),
            host,
            job: JobFacts::of(marker),
            init: InitFacts { kind: marker.supervisor, version: None },
            verdict: verdict::judge(&evidence),
            evidence,
            kernel: None,
            snapshot: Snapshot::missed(marker.report_time()),
            log: None,
            incomplete: ["kernel", "snapshot", "log"].map(unknown).into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::RunId;
    use crate::marker::{Instant, kept};
    use crate::supervisor::Supervisor;
    use crate::time::Timestamp;
    use crate::verdict::VerdictKind;

    fn instant(micros: i64) -> Instant {
        Instant { wall: Timestamp::from_micros(micros), boot_micros: micros }
    }

    #[test]
    fn tells_what_the_marker_knows_and_that_the_rest_is_not_known() {
        let marker = Content {
            supervisor: Supervisor::Upstart,
            job: kept(b"nginx"),
            instance: kept(b"eu-1"),
            run: RunId([7; 10]),
            boot: None,
            started: instant(1_000_000),
            log: None,
            supervise: None,
            ended: None,
            found: Some(instant(5_000_000)),
        };
        let report = CrashReport::of_unseen(&marker, Host::here());
        assert_eq!(report.id, marker.report_id());
        assert_eq!(report.time, Timestamp::from_micros(5_000_000));
        assert_eq!(report.verdict.kind, VerdictKind::Unseen);
        assert_eq!(report.job.title(), "nginx (eu-1)");
        assert_eq!(report.job.ran_seconds, None, "found is not the end");
        assert_eq!((report.snapshot, report.log), (Snapshot::missed(report.time), None));
        let parts: Vec<_> = report.incomplete.iter().map(|gap| gap.part.as_str()).collect();
        assert_eq!(parts, ["kernel", "snapshot", "log"]);
    }
}
