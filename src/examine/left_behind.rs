//! Processes that the dead main left running: they hold its ports and its files.

use std::fs::File;
use std::io::Read;

use super::process::{Stat, directory};
use super::{Scene, ports, service};
use crate::aftermath::LeftBehind;
use crate::marker::kept;
use crate::supervisor::Supervisor;
use crate::sys;

/// The most that are told of.
const MOST: usize = 20;

/// The most bytes of an environment that are read.
const ENVIRONMENT: u64 = 256 * 1024;

/// What still runs of the run that ended.
///
/// It began before the end, and is of main's session or process group, or has the job's name in its
/// environment, which children get from main. So what the new run started is not among it.
pub(super) fn collect(scene: &Scene) -> Result<Vec<LeftBehind>, String> {
    let since_the_crash = sys::now().since(scene.report.time).as_secs_f64();
    let crash = sys::boot_micros() as f64 / 1e6 - since_the_crash;
    let (dead, new) = (scene.dead_main(), new_main(scene));
    let is_left = |stat: &Stat| {
        let of_dead = dead.is_some_and(|main| stat.session == main || stat.group == main);
        stat.state != 'Z'
            && stat.began_seconds() <= crash
            && Some(stat.pid) != new
            && (of_dead || environment(stat.pid).is_some_and(|it| is_of_the_job(&it, scene)))
    };
    let own = i32::try_from(std::process::id()).unwrap_or(0);
    let left = Stat::of_all()?.into_iter().filter(|stat| stat.pid != own && is_left(stat));
    let tell = |stat: Stat| LeftBehind {
        ports: ports::listened_on(stat.pid),
        command: stat.command_line(),
        pid: stat.pid,
    };
    Ok(left.take(MOST).map(tell).collect())
}

/// The main process that is supervised now, where the supervisor tells.
fn new_main(scene: &Scene) -> Option<i32> {
    service::ask(scene.places, &scene.job(), service::PATIENCE).ok()?.main_pid
}

/// The variables that process `pid` was started with; `None` where they cannot be read.
fn environment(pid: i32) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(directory(pid).join("environ"))
        .ok()?
        .take(ENVIRONMENT)
        .read_to_end(&mut bytes)
        .ok()?;
    Some(bytes)
}

/// Whether `environment` is that of a process of the job, started by the same init: a session's
/// jobs may be called as the host's are. systemd names the very run in it; runit and s6 put nothing
/// there.
fn is_of_the_job(environment: &[u8], scene: &Scene) -> bool {
    let value = |name: &str| {
        let variables = environment.split(|byte| *byte == 0);
        let mut values = variables
            .filter_map(|variable| variable.strip_prefix(name.as_bytes())?.strip_prefix(b"="));
        values.next().filter(|value| !value.is_empty())
    };
    match scene.report.init.kind {
        Supervisor::Upstart => {}
        Supervisor::Systemd => {
            let invocation = scene.invocation().map(str::as_bytes);
            return invocation.is_some() && value("INVOCATION_ID") == invocation;
        }
        Supervisor::Runit | Supervisor::S6 => return false,
    }
    // The report has a name as far as the marker keeps it, and what is not UTF-8 as U+FFFD.
    let named = |variable, name: &str| {
        String::from_utf8_lossy(&kept(value(variable).unwrap_or_default())) == name
    };
    let job = &scene.report.job;
    named("UPSTART_JOB", &job.name)
        && named("UPSTART_INSTANCE", &job.instance)
        && [c"UPSTART_MONITOR_ROOT", c"UPSTART_SESSION"].into_iter().all(|name| {
            name.to_str()
                .is_ok_and(|text| value(text) == sys::var(name).filter(|it| !it.is_empty()))
        })
}
