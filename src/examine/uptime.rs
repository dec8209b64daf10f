//! For how long a job has been up.

use std::time::Duration;

use super::process::age;
use crate::init::{Goal, Init, State};
use crate::job::Job;
use crate::marker::Marker;
use crate::notice::JobName;
use crate::paths::Places;
use crate::supervisor::Supervisor;
use crate::sys;

/// How long init may take for one answer.
const PATIENCE: Duration = Duration::from_millis(100);

/// For how long `job` has been up, by clocks that nobody sets: of its main process, which init
/// knows, or else of the marker that pre-start armed. `None` where it is not up, or nobody knows.
pub fn uptime(places: Places, job: &JobName) -> Option<Duration> {
    let of = |supervisor| Job {
        supervisor,
        name: job.name.as_bytes(),
        instance: job.instance.as_bytes(),
    };
    let job = of(Supervisor::Upstart);
    match Init::of(job, places).and_then(|init| init.status(PATIENCE)) {
        Ok(status) if (status.goal, status.state) != (Goal::Start, State::Running) => None,
        Ok(status) => status.main_pid.and_then(age).or_else(|| armed(places, &job)),
        Err(_) => Supervisor::ALL.into_iter().find_map(|by| armed(places, &of(by))),
    }
}

/// For how long the marker of `job` has been armed; the main process that it names must live.
fn armed(places: Places, job: &Job<'_>) -> Option<Duration> {
    let marker = Marker::of(job, places).ok()?.read(job).ok()??;
    let is_of_this_boot = marker.boot.is_some() && marker.boot == sys::boot_id();
    if let Some(supervise) = marker.supervise {
        age(i32::try_from(supervise.main).ok()?)?;
    }
    let micros = sys::boot_micros().checked_sub(marker.started.boot_micros)?;
    let since = u64::try_from(micros).ok().map(Duration::from_micros);
    since.filter(|_| is_of_this_boot && marker.ended.is_none())
}
