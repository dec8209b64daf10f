//! For how long a job has been up.

use std::time::Duration;

use super::process::age;
use super::service;
use crate::job::Job;
use crate::marker::Marker;
use crate::notice::JobName;
use crate::paths::Places;
use crate::sys;

/// How long its supervisor may take to say so: the notifier asks for one job after the other.
const PATIENCE: Duration = Duration::from_millis(100);

/// For how long `job` has been up, by clocks that nobody sets: of its main process, which its
/// supervisor knows, or else of the marker that pre-start armed. Where there is neither, by what the
/// supervisor says. `None` where it is not up, or nobody knows.
pub fn uptime(places: Places, job: &JobName) -> Option<Duration> {
    let (name, instance) = (job.name.as_bytes(), job.instance.as_bytes());
    let job = Job { supervisor: job.supervisor, name, instance };
    let armed = || armed(places, &job);
    match service::ask(places, &job, PATIENCE) {
        Ok(service) if !(service.is_wanted && service.is_running) => None,
        Ok(service) => {
            let told = || service.since.map(|since| sys::now().since(since));
            service.main_pid.and_then(age).or_else(armed).or_else(told)
        }
        Err(_) => armed(),
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
