//! The facts of a report besides evidence and snapshot, as its supervisor has them.

use std::time::Duration;

use super::run::Run;
use crate::evidence::Evidence;
use crate::init::Init;
use crate::job::Job;
use crate::paths::Places;
use crate::report::{InitFacts, JobFacts};
use crate::service_dir::{CUSTOMARY_LOG, ServiceDir};
use crate::snapshot::{Bounds, Incomplete, LogTail, RunStart, noted, tail};
use crate::supervisor::Supervisor;

/// How long init may take to say which version it is.
const PATIENCE: Duration = Duration::from_millis(30);

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

/// Who judged: the supervisor, and its version where it answered.
pub(super) fn of_init(places: Places, job: &Job<'_>, evidence: &Evidence) -> InitFacts {
    let version = match (&evidence.systemd, &evidence.init) {
        (Some(told), _) => told.status.as_ref().ok().map(|status| status.version.clone()),
        (None, Ok(_)) => Init::of(*job, places).and_then(|init| init.version(PATIENCE)).ok(),
        (None, Err(_)) => None,
    };
    InitFacts { kind: job.supervisor, version: version.filter(|version| !version.is_empty()) }
}
