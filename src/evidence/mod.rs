//! What is known about the end of a run. One file a source; each may say why it knows nothing.

mod finish;
mod kernel_log;
mod known;
mod marker;
mod runlevel;
mod stanzas;
mod status;
mod stop_events;
mod stopping;
mod systemd;

use std::time::Duration;

use serde::Serialize;

pub use finish::Finish;
pub use kernel_log::{
    Certainty, Ended, KernelDeath, KernelLine, KernelLines, KernelLog, Next, Process, RunEnd,
    Signal, Source,
};
pub use marker::MarkerEvidence;
pub use runlevel::is_shutdown;
pub use status::{Goal, Status};
pub use stop_events::StopEvents;
pub use stopping::{RESPAWN, StoppingEvent};
pub use systemd::{CleanEnd, SystemdEvidence};

use crate::init::Init;
use crate::job::Job;
use crate::marker::Instant;
use crate::paths::Places;

/// Everything that the verdict is reached from.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
pub struct Evidence {
    /// What the marker says.
    pub marker: MarkerEvidence,
    /// What init's `stopping` event says, which only the observer is told.
    pub stopping: Option<StoppingEvent>,
    /// What systemd says, where it supervises the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub systemd: Option<SystemdEvidence>,
    /// What runit or s6 says, where it supervises the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish: Option<Finish>,
    /// What init wants of the job, or why that is not known.
    #[serde(with = "known")]
    pub init: Result<Status, String>,
    /// What the kernel log says, or why it says nothing.
    #[serde(with = "known")]
    pub kernel_log: Result<KernelLog, String>,
    /// Whether init writes to its log when a process of a job fails, or why that is not known.
    #[serde(with = "known")]
    pub failures_logged: Result<bool, String>,
    /// The events that stopped the job; `None` where no event did. The observer is not told them.
    pub stop_events: Option<StopEvents>,
    /// The current runlevel, or why it is not known.
    #[serde(with = "known")]
    pub runlevel: Result<char, String>,
    /// Whether the job has our pre-stop, or why that is not known.
    #[serde(with = "known")]
    pub pre_stop: Result<bool, String>,
}

/// How long init may take to say what it wants of the job: most of what a hook has. It is busy
/// when many jobs die at once.
const STATUS_PATIENCE: Duration = Duration::from_millis(150);

/// How long it may take for an answer of less weight.
const PATIENCE: Duration = Duration::from_millis(50);

impl Evidence {
    /// Everything that post-stop can learn of the run of `job` that `started` then, where that is
    /// known.
    pub fn at_post_stop(
        places: Places,
        job: &Job<'_>,
        marker: MarkerEvidence,
        started: Option<Instant>,
    ) -> Self {
        let init = Status::ask(places, job);
        let kernel_log = KernelLog::read(places, job, started);
        Self {
            marker,
            stopping: None,
            systemd: None,
            finish: None,
            failures_logged: failures_logged(places, job, &init, &kernel_log),
            init,
            kernel_log,
            stop_events: StopEvents::from_env(),
            runlevel: runlevel::read(places),
            pre_stop: stanzas::has_pre_stop(places, job, started),
        }
    }

    /// Everything that the observer can learn of the run of `job` whose end `event` tells of.
    /// When the run `started` is known where a pre-start armed a marker; `init` was asked before.
    pub fn at_stopping(
        places: Places,
        job: &Job<'_>,
        marker: MarkerEvidence,
        event: StoppingEvent,
        init: Result<Status, String>,
        started: Option<Instant>,
    ) -> Self {
        let kernel_log = KernelLog::read(places, job, started);
        Self {
            marker,
            systemd: None,
            finish: None,
            failures_logged: failures_logged(places, job, &init, &kernel_log),
            init,
            kernel_log: kernel_log.map(|log| log.on(|end| event.is_told_by(end))),
            stop_events: None,
            runlevel: runlevel::read(places),
            pre_stop: Err("not looked for: init's event tells of each stop".to_owned()),
            stopping: Some(event),
        }
    }

    /// Everything that can be learned of the run whose end `systemd` tells of.
    pub fn at_exec_stop_post(
        places: Places,
        marker: MarkerEvidence,
        systemd: SystemdEvidence,
        started: Option<Instant>,
    ) -> Self {
        const SYSTEMD: &str = "not looked at: systemd tells of the end";
        let pid = systemd.status.as_ref().ok().and_then(|status| status.last_main_pid);
        Self {
            kernel_log: KernelLog::of_process(places, pid, systemd.main.as_ref(), started),
            systemd: Some(systemd),
            ..Self::without_upstart(marker, SYSTEMD)
        }
    }

    /// Everything that can be learned of the run whose end `finish` tells of, and whose main
    /// process was `main`, where that is known.
    pub fn at_finish(
        places: Places,
        marker: MarkerEvidence,
        finish: Finish,
        main: Option<i32>,
        started: Option<Instant>,
    ) -> Self {
        let ended = finish.ended.as_ref().ok();
        Self {
            kernel_log: KernelLog::of_process(places, main, ended, started),
            runlevel: runlevel::read(places),
            finish: Some(finish),
            ..Self::without_upstart(marker, "not looked at: the supervisor tells of the end")
        }
    }

    /// The evidence that `systemd` gives on a service that it starts no more, asked afterwards.
    #[cfg(feature = "deliver")]
    pub fn of_giving_up(systemd: SystemdEvidence) -> Self {
        const LATER: &str = "not looked at: systemd was asked after the end";
        let none = Self::without_upstart(MarkerEvidence::Absent, LATER);
        Self { systemd: Some(systemd), ..none }
    }

    /// The evidence on an end that nobody saw.
    pub fn of_marker_alone(marker: MarkerEvidence) -> Self {
        Self::without_upstart(marker, "nobody saw the end of this run")
    }

    /// The marker, and no witness of Upstart's; `why` says so.
    fn without_upstart(marker: MarkerEvidence, why: &str) -> Self {
        fn none<T>(why: &str) -> Result<T, String> {
            Err(why.to_owned())
        }
        Self {
            marker,
            stopping: None,
            systemd: None,
            finish: None,
            init: none(why),
            kernel_log: none(why),
            failures_logged: none(why),
            stop_events: None,
            runlevel: none(why),
            pre_stop: none(why),
        }
    }

    /// What init wants of the job, where that is known.
    pub fn goal(&self) -> Option<Goal> {
        self.init.as_ref().ok().map(|status| status.goal)
    }
}

/// Whether init writes to its log when a process of a job fails. It need not be asked where it did
/// write, nor once more where it did not answer.
fn failures_logged(
    places: Places,
    job: &Job<'_>,
    init: &Result<Status, String>,
    log: &Result<KernelLog, String>,
) -> Result<bool, String> {
    match (log, init) {
        (Ok(log), _) if !log.end.is_silent() => Ok(true),
        (Ok(_), Err(why)) => Err(why.clone()),
        (Ok(_), Ok(_)) => Init::of(*job, places)
            .and_then(|init| init.log_priority(PATIENCE))
            .map(|priority| priority.tells_of_failures())
            .map_err(|why| format!("init: {}", why.words())),
        (Err(_), _) => Err("not asked: init's log cannot be read".to_owned()),
    }
}
