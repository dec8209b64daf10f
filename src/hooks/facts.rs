//! The facts of a report besides evidence and snapshot, as its supervisor has them.

use super::run::Run;
use crate::evidence::Evidence;
use crate::job::Job;
use crate::paths::Places;
use crate::report::{InitFacts, JobFacts};
use crate::service_dir::{CUSTOMARY_LOG, ServiceDir};
use crate::snapshot::{Bounds, Incomplete, LogTail, RunStart, noted, tail};
use crate::supervisor::Supervisor;

/// Whether this hook runs in the control group of `job`: the observer does not, and a supervisor of
/// service directories has one group for all of them.
pub(super) fn is_in_cgroup_of(job: &Job<'_>, evidence: &Evidence) -> bool {
    match job.supervisor {
        Supervisor::Upstart => evidence.stopping.is_none(),
        Supervisor::Systemd => true,
        Supervisor::Runit | Supervisor::S6 => false,
    }
}

/// The run, and when it began: as pre-start noted it, or else as systemd says.
pub(super) fn of_job(run: &Run, evidence: &Evidence) -> JobFacts {
    let facts = JobFacts::of(&run.content);
    if run.started().is_some() {
        return facts;
    }
    facts.told(evidence.systemd.as_ref().and_then(|told| told.status.as_ref().ok()))
}

/// The last lines of the run, where its supervisor or its logger keeps them in a file. What systemd
/// keeps is asked for when the service waits no longer.
pub(super) fn log(
    places: Places,
    job: &Job<'_>,
    run: &Run,
    evidence: &Evidence,
    incomplete: &mut Vec<Incomplete>,
) -> Option<LogTail> {
    match job.supervisor {
        Supervisor::Upstart => console(places, job, run, incomplete),
        Supervisor::Systemd => None,
        Supervisor::Runit | Supervisor::S6 => loggers(evidence, run, incomplete),
    }
}

/// The end of what Upstart keeps of the output of `job`.
fn console(
    places: Places,
    job: &Job<'_>,
    run: &Run,
    incomplete: &mut Vec<Incomplete>,
) -> Option<LogTail> {
    let log = job.log(places).map_err(|why| why.words().to_owned());
    let path = noted(incomplete, "log", log)?;
    tail(&path, RunStart::of(&run.content), Bounds::JOB).noted(incomplete, "log")
}

/// The end of what the service's own logger wrote, where it has one.
fn loggers(evidence: &Evidence, run: &Run, incomplete: &mut Vec<Incomplete>) -> Option<LogTail> {
    let directory = ServiceDir(evidence.finish.as_ref()?.directory.as_bytes());
    let path = directory.log()?;
    let customary = directory.join(CUSTOMARY_LOG).ok()?;
    let start = RunStart::of(&run.content).filter(|_| path.as_bytes() == customary.as_bytes());
    tail(&path, start, Bounds::JOB).noted(incomplete, "log")
}

/// Who judged: the supervisor, and its version where systemd said it. Upstart is asked for it when
/// the job waits no longer.
pub(super) fn of_init(job: &Job<'_>, evidence: &Evidence) -> InitFacts {
    let told = evidence.systemd.as_ref().and_then(|told| told.status.as_ref().ok());
    let version = told.map(|status| status.version.clone()).filter(|version| !version.is_empty());
    InitFacts { kind: job.supervisor, version }
}
