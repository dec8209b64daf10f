//! What init's `stopping` event says of the end of a run.

use serde::Serialize;

use super::{Ended, Goal, Next, Process, RunEnd, Signal, Status};
use crate::job::Job;
use crate::sys;

/// The variables of one `stopping` event (init/job.c, job_emit_event).
///
/// The event waits for the observer: main is not killed before it is done, post-stop not started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
pub struct StoppingEvent {
    /// `RESULT=failed`; `ok` is also said of a crash after which init respawns the job.
    pub failed: bool,
    /// `PROCESS`: which one failed, or `respawn`. Only with `failed`.
    pub process: Option<String>,
    /// `EXIT_STATUS` or `EXIT_SIGNAL` of that process; a process that could not be executed has
    /// neither.
    pub ended: Option<Ended>,
}

/// What `PROCESS` names where it was not a process that failed: the job came back too fast.
pub const RESPAWN: &str = "respawn";

impl StoppingEvent {
    /// The event that this process was started on, and the job it speaks of; `None` where that
    /// was no such event.
    pub fn from_env() -> Option<(Self, Job<'static>)> {
        let name = sys::var(c"JOB").filter(|name| !name.is_empty())?;
        let job = Job::upstart(name, sys::var(c"INSTANCE").unwrap_or_default());
        let failed = match sys::var(c"RESULT")? {
            b"ok" => false,
            b"failed" => true,
            _ => return None,
        };
        // A job may export variables of these names: without a failure they are not init's.
        let text = |name| {
            let value = sys::var(name).filter(|_| failed)?;
            Some(String::from_utf8_lossy(value).into_owned())
        };
        let signal = text(c"EXIT_SIGNAL").map(|word| Ended::Signal(Signal::from_word(&word)));
        let status = || text(c"EXIT_STATUS")?.parse().ok().map(Ended::Status);
        let ended = signal.or_else(status);
        Some((Self { failed, process: text(c"PROCESS"), ended }, job))
    }

    /// Whether, as far as init's `status` tells, somebody asked for this end or it is a normal
    /// one. Then nothing else needs to be looked at.
    pub fn is_orderly(&self, status: &Result<Status, String>) -> bool {
        let Ok(status) = status else { return false };
        !self.failed && (status.main_lives || status.goal == Goal::Stop)
    }

    /// Whether what the kernel log says last of the job is on the end that this event is on.
    /// Init writes its lines first, so what does not fit is of an earlier run.
    pub(super) fn is_told_by(&self, end: &RunEnd) -> bool {
        let process = match self.process.as_deref().filter(|_| self.failed) {
            None => return end.next == Some(Next::Respawns),
            Some(RESPAWN) => return end.next == Some(Next::GivesUp),
            Some(name) => Process::from_name(name),
        };
        let told = match process {
            Some(Process::Main) => &end.main,
            Some(Process::PreStart) => &end.pre_start,
            Some(Process::Security) => &end.security,
            _ => return false,
        };
        match &self.ended {
            Some(_) => *told == self.ended && end.next.is_none(),
            None => end.not_executed.as_ref().map(|(process, _)| *process) == process,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(process: &str, ended: Option<Ended>) -> StoppingEvent {
        StoppingEvent { failed: true, process: Some(process.to_owned()), ended }
    }

    const OK: StoppingEvent = StoppingEvent { failed: false, process: None, ended: None };

    #[test]
    fn an_asked_end_and_a_normal_one_are_orderly() {
        let said = |goal, main_lives| Ok(Status { goal, main_lives });
        for (status, orderly) in [
            (said(Goal::Stop, true), true),
            (said(Goal::Start, true), true),
            (said(Goal::Stop, false), true),
            (said(Goal::Start, false), false),
            (Err("init: it does not answer".to_owned()), false),
        ] {
            assert_eq!(OK.is_orderly(&status), orderly, "{status:?}");
            assert!(!failed("main", None).is_orderly(&status), "{status:?}");
        }
    }

    #[test]
    fn lines_on_another_end_are_not_taken_for_this_ones() {
        let main = Some(Ended::Status(3));
        let told = RunEnd { main: main.clone(), ..RunEnd::default() };
        let respawned = RunEnd { next: Some(Next::Respawns), ..told.clone() };
        let gave_up = RunEnd { next: Some(Next::GivesUp), ..told.clone() };
        for (event, end, fits) in [
            (OK, &respawned, true),
            (OK, &told, false),
            (failed("main", main.clone()), &told, true),
            (failed("main", main.clone()), &respawned, false),
            (failed("main", Some(Ended::Status(4))), &told, false),
            (failed("main", None), &told, false),
            (failed(RESPAWN, None), &gave_up, true),
            (failed(RESPAWN, None), &respawned, false),
            (failed("pre-start", main), &told, false),
        ] {
            assert_eq!(event.is_told_by(end), fits, "{event:?} {end:?}");
        }
    }
}
