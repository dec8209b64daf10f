//! For unit tests: incidents in a few words.

use crate::id::{ReportId, RunId};
use crate::incident::{Crash, Incident};
use crate::notice::{Cause, JobName};
use crate::supervisor::Supervisor;
use crate::time::Timestamp;
use crate::verdict::{Severity, VerdictKind};

/// `seconds` after some instant.
pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(1_795_000_000_000_000 + seconds * 1_000_000)
}

/// A crash of this kind.
pub(super) fn crashed(kind: &str) -> Cause {
    let (verdict, severity) = (VerdictKind::Crashed, Severity::Error);
    Cause { verdict, exit: Some(kind.to_owned()), severity }
}

/// That Upstart gave the job up.
pub(super) fn gave_up() -> Cause {
    Cause { verdict: VerdictKind::GaveUp, exit: None, severity: Severity::Critical }
}

/// The incident of a job with so many crashes of each kind, `gave up` being one, all before 0, in
/// this order and a second apart. No sink knows of it.
pub(super) fn incident_of(job: &str, crashes: &[(&str, u64)]) -> Incident {
    let all: Vec<_> = crashes
        .iter()
        .flat_map(|(kind, count)| {
            let cause = if *kind == "gave up" { gave_up() } else { crashed(kind) };
            (0..*count).map(move |_| cause.clone())
        })
        .collect();
    let begin = -i64::try_from(all.len()).unwrap();
    let crash = |(n, cause): (i64, Cause)| {
        let time = at(begin + n);
        let mut run = [0; 10];
        run.iter_mut().zip(job.bytes()).for_each(|(to, from)| *to = from);
        run[9] = u8::try_from(n % 256).unwrap();
        let report = ReportId::new(time, RunId(run));
        let name = job.to_owned();
        let key = format!("web-1/{job}");
        let (instance, supervisor) = (String::new(), Supervisor::Upstart);
        let job = JobName { key, name, instance, supervisor };
        Crash { report, job, cause, time }
    };
    let crashes: Vec<_> = (0..).zip(all).map(crash).collect();
    let first = crashes.first().cloned().unwrap_or_else(|| crash((0, crashed("nothing"))));
    let mut incident = Incident::begun_by(&first);
    for crash in crashes {
        incident.count(&crash, [], crash.time);
    }
    incident
}

/// The same of some job.
pub(super) fn incident(crashes: &[(&str, u64)]) -> Incident {
    incident_of("api", crashes)
}
