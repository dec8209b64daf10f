//! What is known about the end of a run. One file a source; each may say why it knows nothing.

mod kernel_log;
mod marker;
mod runlevel;
mod stop_events;

use std::time::Duration;

pub use kernel_log::{
    Certainty, Ended, KernelDeath, KernelLine, KernelLines, KernelLog, Next, Process, RunEnd,
    Signal, Source,
};
pub use marker::MarkerEvidence;
pub use runlevel::is_shutdown;
pub use stop_events::StopEvents;

pub use crate::init::Goal;
use crate::init::Init;
use crate::job::Job;
use crate::marker::Instant;
use crate::paths::Root;

/// Everything that the verdict is reached from.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// What the marker says.
    pub marker: MarkerEvidence,
    /// What init wants of the job; `None` where that is not known.
    pub goal: Option<Goal>,
    /// What the kernel log says, or why it says nothing.
    pub kernel_log: Result<KernelLog, String>,
    /// The events that stopped the job; `None` where no event did.
    pub stop_events: Option<StopEvents>,
    /// The current runlevel, or why it is not known.
    pub runlevel: Result<char, String>,
}

/// How long init may take to tell its goal.
const PATIENCE: Duration = Duration::from_millis(50);

impl Evidence {
    /// Everything that post-stop can learn of the run of `job` that began at `started`.
    pub fn gather(root: Root, job: &Job<'_>, marker: MarkerEvidence, started: Instant) -> Self {
        Self {
            marker,
            goal: goal(root, job),
            kernel_log: KernelLog::read(root, job, Some(started)),
            stop_events: StopEvents::from_env(),
            runlevel: runlevel::read(root),
        }
    }

    /// The evidence on an end that nobody saw.
    pub fn of_marker_alone(marker: MarkerEvidence) -> Self {
        let unseen = || "nobody saw the end of this run".to_owned();
        Self {
            marker,
            goal: None,
            kernel_log: Err(unseen()),
            stop_events: None,
            runlevel: Err(unseen()),
        }
    }
}

/// What init wants of `job`. One that died while a hook ran is to be respawned after it: to run.
fn goal(root: Root, job: &Job<'_>) -> Option<Goal> {
    let status = Init::of(*job, root).and_then(|init| init.status(PATIENCE)).ok()?;
    Some(match status.goal {
        Goal::Respawn => Goal::Start,
        goal => goal,
    })
}
