//! A service as its supervisor has it at this moment. Whoever wants to know anything of a job after
//! its crash asks here: who is asked is the report's to say.

use std::time::Duration;

use crate::init::{Goal, Init, State};
use crate::job::Job;
use crate::paths::Places;
use crate::supervisor::Supervisor;
use crate::systemd::{Systemd, Unavailable};
use crate::time::Timestamp;

/// How long a supervisor may take for an answer on one crash, with which nobody else has to wait: it
/// is busy when much happens on the host.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);

/// What the supervisor says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Service {
    /// Whether it is to be up.
    pub(super) is_wanted: bool,
    /// Whether it is up, and not on its way there.
    pub(super) is_running: bool,
    /// The main process, while it lives.
    pub(super) main_pid: Option<i32>,
    /// Since when it is up; `None` where the supervisor does not tell.
    pub(super) since: Option<Timestamp>,
    /// The supervisor's own name for this run; `None` where it has none.
    pub(super) run: Option<String>,
}

/// What the supervisor of `job` says of it, which has `patience` to do so.
///
/// # Errors
/// Why it says nothing.
pub(super) fn ask(
    places: Places,
    job: &Job<'_>,
    patience: Duration,
) -> Result<Service, Unavailable> {
    match job.supervisor {
        Supervisor::Upstart => of_upstart(places, job, patience),
        Supervisor::Systemd => of_systemd(places, job, patience),
        // They have no socket: what they write lies in the service directory, which the report names.
        Supervisor::Runit | Supervisor::S6 => Err(Unavailable::CannotAsk),
    }
}

/// The version of `supervisor`, where that is found out afterwards: Upstart's, which says it itself.
pub(super) fn version(places: Places, supervisor: Supervisor) -> Option<String> {
    if supervisor != Supervisor::Upstart {
        return None;
    }
    Init::itself(places).ok()?.version(PATIENCE).ok()
}

/// How the answer of `supervisor` is called where it is what something is known by.
pub(super) fn answer_of(supervisor: Supervisor) -> String {
    match supervisor {
        Supervisor::Upstart => "init's status".to_owned(),
        other => format!("{}'s status", other.title()),
    }
}

fn of_upstart(places: Places, job: &Job<'_>, patience: Duration) -> Result<Service, Unavailable> {
    let status = Init::of(*job, places)?.status(patience)?;
    Ok(Service {
        is_wanted: status.goal == Goal::Start,
        is_running: status.state == State::Running,
        main_pid: status.main_pid,
        since: None,
        run: None,
    })
}

fn of_systemd(places: Places, job: &Job<'_>, patience: Duration) -> Result<Service, Unavailable> {
    let unit = Systemd::of(places, patience)?.unit(job.unit().as_bytes())?;
    Ok(Service {
        is_wanted: unit.is_up(),
        is_running: unit.is_up(),
        main_pid: unit.main_pid,
        since: unit.up_since(),
        run: unit.invocation,
    })
}
