//! Whether the job came back.

use std::thread;
use std::time::{Duration, Instant};

use super::Scene;
use crate::aftermath::{Recovery, RecoveryKind};
use crate::init::{Goal, Init, InitStatus, Unavailable};
use crate::job::Job;
use crate::marker::Marker;
use crate::service_dir::{ServiceDir, Status};
use crate::sys;
use crate::time::Timestamp;

/// How often to look.
const LOOK: Duration = Duration::from_millis(100);

/// How long init may take for one answer.
const PATIENCE: Duration = Duration::from_millis(100);

/// How the job looks at one moment.
#[derive(Debug, Clone, PartialEq)]
enum Look {
    /// It runs again, since then.
    Up(Timestamp, &'static str),
    /// It does not run.
    Down(&'static str),
}

/// Waits as long as the operator said; `None` where nothing is waited for. Another crash ends the
/// wait, a return does not: what came back may crash again at once.
pub(super) fn wait(scene: &Scene) -> Result<Option<Recovery>, String> {
    if scene.settings.settle.is_zero() {
        return Ok(None);
    }
    let crash = scene.report.time;
    let end = Instant::now() + scene.settings.settle;
    let mut up_since = None;
    loop {
        // Last, so that a report that is put while init is asked is seen at the next look.
        let look = look(scene, up_since)?;
        if let Some(again) = scene.spool.later_crash(&scene.report).map_err(|it| it.to_string())? {
            return Ok(Some(recovery(
                RecoveryKind::CrashedAgain,
                again.since(crash),
                "its report",
            )));
        }
        up_since = if let Look::Up(since, _) = look { Some(since) } else { None };
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(Some(match look {
                Look::Up(since, by) => recovery(RecoveryKind::Respawned, since.since(crash), by),
                Look::Down(by) => recovery(RecoveryKind::StayedDown, sys::now().since(crash), by),
            }));
        }
        thread::sleep(left.min(LOOK));
    }
}

fn recovery(kind: RecoveryKind, after: Duration, known_by: &str) -> Recovery {
    let after_seconds = (after.as_secs_f64() * 1000.0).round() / 1000.0;
    Recovery { kind, after_seconds, known_by: known_by.to_owned() }
}

/// Looks once. The supervisor knows best whether the job runs, pre-start's marker since when.
fn look(scene: &Scene, up_since: Option<Timestamp>) -> Result<Look, String> {
    let facts = &scene.report.job;
    let supervisor = scene.report.init.kind;
    let (name, instance) = (facts.name.as_bytes(), facts.instance.as_bytes());
    let job = Job { supervisor, name, instance };
    let marker = match armed_since(scene, &job) {
        Some(since) => Armed::Since(since),
        None if facts.started_at.is_some() => Armed::No,
        None => Armed::NeverIs,
    };
    let now = up_since.unwrap_or_else(sys::now);
    if let Some(finish) = &scene.report.evidence.finish {
        let status = ServiceDir(finish.directory.as_bytes()).status();
        return judge_directory(status, marker, now);
    }
    let status = Init::of(job, scene.places).and_then(|init| init.status(PATIENCE));
    judge(status, scene.dead_main(), marker, now)
}

/// When the marker was armed that a later run has; `None` where there is none.
fn armed_since(scene: &Scene, job: &Job<'_>) -> Option<Timestamp> {
    let marker = Marker::of(job, scene.places).ok()?.read(job).ok()??;
    let is_later = *marker.run.to_hex() != *scene.report.job.run && marker.ended.is_none();
    is_later.then_some(marker.started.wall)
}

/// Whether a later run of the job has armed the marker.
#[derive(Debug, Clone, Copy)]
enum Armed {
    /// It has, then.
    Since(Timestamp),
    /// It has not, though runs of this job do.
    No,
    /// The job has no pre-start of ours that would.
    NeverIs,
}

/// What is to be made of init's answer, of the main process that died, of the marker, at `now`.
///
/// # Errors
/// That neither tells, and why.
fn judge(
    status: Result<InitStatus, Unavailable>,
    dead: Option<i32>,
    marker: Armed,
    now: Timestamp,
) -> Result<Look, String> {
    const INIT: &str = "init's status";
    const MARKER: &str = "the marker of pre-start";
    match (status, marker) {
        (Ok(InitStatus { goal: Goal::Start, main_pid: Some(pid), .. }), _) if Some(pid) != dead => {
            Ok(Look::Up(if let Armed::Since(armed) = marker { armed } else { now }, INIT))
        }
        // An instance that is down is forgotten.
        (Ok(_), _) | (Err(Unavailable::UnknownJob), Armed::No | Armed::NeverIs) => {
            Ok(Look::Down(INIT))
        }
        (Err(_), Armed::Since(armed)) => Ok(Look::Up(armed, MARKER)),
        (Err(_), Armed::No) => Ok(Look::Down(MARKER)),
        (Err(why), Armed::NeverIs) => Err(format!("init: {}", why.words())),
    }
}

/// The same of what runit or s6 writes into the service directory.
///
/// # Errors
/// That it does not tell, and why.
fn judge_directory(
    status: Result<Status, &'static str>,
    marker: Armed,
    now: Timestamp,
) -> Result<Look, String> {
    const STATUS: &str = "the supervisor's status";
    match (status, marker) {
        (Ok(Status { pid: Some(_), is_finishing: false, .. }), Armed::Since(armed)) => {
            Ok(Look::Up(armed, STATUS))
        }
        (Ok(Status { pid: Some(_), is_finishing: false, .. }), _) => Ok(Look::Up(now, STATUS)),
        (Ok(_), _) => Ok(Look::Down(STATUS)),
        (Err(why), _) => Err(format!("supervise/status: {why}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::init::State;

    #[test]
    fn init_knows_best_whether_and_the_marker_since_when() {
        let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
        let (armed, now) = (Armed::Since(at(3)), at(5));
        let says = |goal, main_pid| Ok(InitStatus { goal, state: State::Running, main_pid });
        let silent = || Err(Unavailable::TimedOut);
        for (status, marker, expected) in [
            (says(Goal::Start, Some(8)), armed, "up 3 init's status"),
            (says(Goal::Start, Some(8)), Armed::No, "up 5 init's status"),
            (says(Goal::Start, Some(8)), Armed::NeverIs, "up 5 init's status"),
            (says(Goal::Start, Some(7)), Armed::No, "down init's status"),
            (says(Goal::Start, None), armed, "down init's status"),
            (says(Goal::Stop, Some(8)), Armed::No, "down init's status"),
            (says(Goal::Respawn, None), Armed::No, "down init's status"),
            (Err(Unavailable::UnknownJob), Armed::No, "down init's status"),
            (Err(Unavailable::UnknownJob), armed, "up 3 the marker of pre-start"),
            (silent(), armed, "up 3 the marker of pre-start"),
            (silent(), Armed::No, "down the marker of pre-start"),
            (silent(), Armed::NeverIs, "init: it does not answer"),
        ] {
            let row = format!("{status:?} {marker:?}");
            let shown = match judge(status, Some(7), marker, now) {
                Ok(Look::Up(since, by)) => format!("up {} {by}", since.micros() / 1_000_000),
                Ok(Look::Down(by)) => format!("down {by}"),
                Err(why) => why,
            };
            assert_eq!(shown, expected, "{row}");
        }
    }

    #[test]
    fn a_service_directory_tells_whether_and_the_marker_since_when() {
        let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
        let status = |pid, is_finishing| {
            Ok(Status { pid, is_finishing, wanted_up: true, wait_status: None })
        };
        for (status, marker, expected) in [
            (status(Some(8), false), Armed::Since(at(3)), "up 3"),
            (status(Some(8), false), Armed::No, "up 5"),
            (status(Some(8), true), Armed::Since(at(3)), "down"),
            (status(None, false), Armed::No, "down"),
            (Err("gone"), Armed::Since(at(3)), "supervise/status: gone"),
        ] {
            let shown = match judge_directory(status, marker, at(5)) {
                Ok(Look::Up(since, _)) => format!("up {}", since.micros() / 1_000_000),
                Ok(Look::Down(_)) => "down".to_owned(),
                Err(why) => why,
            };
            assert_eq!(shown, expected, "{status:?} {marker:?}");
        }
    }
}
