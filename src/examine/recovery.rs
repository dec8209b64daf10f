//! Whether the job came back.

use std::thread;
use std::time::{Duration, Instant};

use super::Scene;
use super::service::{self, Service};
use crate::aftermath::{Recovery, RecoveryKind};
use crate::job::Job;
use crate::marker::Marker;
use crate::service_dir::{ServiceDir, Status};
use crate::supervisor::Supervisor;
use crate::sys;
use crate::systemd::Unavailable;
use crate::time::Timestamp;
use crate::verdict::VerdictKind;

/// How often to look.
const LOOK: Duration = Duration::from_millis(100);

/// How the job looks at one moment.
#[derive(Debug, Clone, PartialEq)]
enum Look {
    /// It runs again, since then.
    Up(Timestamp, String),
    /// It does not run.
    Down(String),
    /// The supervisor, which alone knows, was too busy to say.
    Untold(String),
}

/// Waits as long as the operator said; `None` where nothing is waited for. Another crash ends the
/// wait, a return does not: what came back may crash again at once.
pub(super) fn wait(scene: &Scene) -> Result<Option<Recovery>, String> {
    if scene.settings.settle.is_zero() {
        return Ok(None);
    }
    let crash = scene.report.time;
    // Whom systemd has given up it does not bring back.
    let is_given_up = scene.systemd().is_some() && scene.report.verdict.kind == VerdictKind::GaveUp;
    let settle = if is_given_up { Duration::ZERO } else { scene.settings.settle };
    let end = Instant::now() + settle;
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
        up_since = match &look {
            Look::Up(since, _) => Some(*since),
            Look::Down(_) => None,
            Look::Untold(_) => up_since,
        };
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(Some(match look {
                Look::Up(since, by) => recovery(RecoveryKind::Respawned, since.since(crash), &by),
                Look::Down(by) => recovery(RecoveryKind::StayedDown, sys::now().since(crash), &by),
                Look::Untold(why) => return Err(why),
            }));
        }
        thread::sleep(left.min(LOOK));
    }
}

fn recovery(kind: RecoveryKind, after: Duration, known_by: &str) -> Recovery {
    let after_seconds = (after.as_secs_f64() * 1000.0).round() / 1000.0;
    Recovery { kind, after_seconds, known_by: known_by.to_owned() }
}

/// Looks once. The supervisor knows best whether the job runs; since when, where it does not say,
/// pre-start's marker.
fn look(scene: &Scene, up_since: Option<Timestamp>) -> Result<Look, String> {
    let job = scene.job();
    let marker = match armed_since(scene, &job) {
        Some(since) => Armed::Since(since),
        None if scene.report.job.started_at.is_some() && !is_dated_by_systemd(scene) => Armed::No,
        None => Armed::NeverIs,
    };
    let now = up_since.unwrap_or_else(sys::now);
    if let Some(finish) = &scene.report.evidence.finish {
        let status = ServiceDir(finish.directory.as_bytes()).status();
        return judge_directory(status, marker, now);
    }
    let dead = Dead { pid: scene.dead_main(), run: scene.invocation() };
    let status = service::ask(scene.places, &job, service::PATIENCE);
    judge(job.supervisor, status, dead, marker, now)
}

/// Whether it was systemd that told when the run began, no marker.
fn is_dated_by_systemd(scene: &Scene) -> bool {
    let told = scene.systemd().and_then(|told| told.status.as_ref().ok());
    told.is_some_and(|status| status.started_at == scene.report.job.started_at)
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

/// What is known of the run that ended.
#[derive(Debug, Clone, Copy, Default)]
struct Dead<'a> {
    /// Its main process.
    pid: Option<i32>,
    /// Its supervisor's name for it.
    run: Option<&'a str>,
}

impl Dead<'_> {
    /// Whether `service` is up again, in another run than this one.
    fn is_followed_by(self, service: &Service) -> bool {
        let is_another = match (&service.run, self.run) {
            (Some(now), Some(then)) => now != then,
            _ => service.main_pid.is_some_and(|pid| Some(pid) != self.pid),
        };
        service.is_wanted && is_another
    }
}

/// What is to be made of the supervisor's answer, of the run that ended, of the marker, at `now`.
///
/// # Errors
/// That neither tells, and why.
fn judge(
    supervisor: Supervisor,
    status: Result<Service, Unavailable>,
    dead: Dead<'_>,
    marker: Armed,
    now: Timestamp,
) -> Result<Look, String> {
    let told = || service::answer_of(supervisor);
    let noted = || "the marker of pre-start".to_owned();
    match (status, marker) {
        (Ok(service), _) if dead.is_followed_by(&service) => {
            let armed = if let Armed::Since(armed) = marker { Some(armed) } else { None };
            Ok(Look::Up(service.since.or(armed).unwrap_or(now), told()))
        }
        // An instance that is down is forgotten.
        (Ok(_), _) | (Err(Unavailable::UnknownJob), Armed::No | Armed::NeverIs) => {
            Ok(Look::Down(told()))
        }
        (Err(_), Armed::Since(armed)) => Ok(Look::Up(armed, noted())),
        (Err(_), Armed::No) => Ok(Look::Down(noted())),
        (Err(why), Armed::NeverIs) => {
            let words = match supervisor {
                Supervisor::Upstart => format!("init: {}", why.words()),
                other => format!("{}: {}", other.title(), why.words()),
            };
            if why == Unavailable::TimedOut { Ok(Look::Untold(words)) } else { Err(words) }
        }
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
            Ok(Look::Up(armed, STATUS.to_owned()))
        }
        (Ok(Status { pid: Some(_), is_finishing: false, .. }), _) => {
            Ok(Look::Up(now, STATUS.to_owned()))
        }
        (Ok(_), _) => Ok(Look::Down(STATUS.to_owned())),
        (Err(why), _) => Err(format!("supervise/status: {why}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAITS: Service =
        Service { is_wanted: true, is_running: false, main_pid: None, since: None, run: None };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    fn shown(look: Result<Look, String>) -> String {
        match look {
            Ok(Look::Up(since, by)) => format!("up {} {by}", since.micros() / 1_000_000),
            Ok(Look::Down(by)) => format!("down {by}"),
            Ok(Look::Untold(why)) => format!("{why} yet"),
            Err(why) => why,
        }
    }

    #[test]
    fn the_supervisor_knows_best_whether_and_the_marker_since_when() {
        let (armed, now) = (Armed::Since(at(3)), at(5));
        let says = |is_wanted, main_pid| Ok(Service { is_wanted, main_pid, ..WAITS });
        let silent = || Err(Unavailable::TimedOut);
        for (status, marker, expected) in [
            (says(true, Some(8)), armed, "up 3 init's status"),
            (says(true, Some(8)), Armed::No, "up 5 init's status"),
            (says(true, Some(8)), Armed::NeverIs, "up 5 init's status"),
            (says(true, Some(7)), Armed::No, "down init's status"),
            (says(true, None), armed, "down init's status"),
            (says(false, Some(8)), Armed::No, "down init's status"),
            (says(false, None), Armed::No, "down init's status"),
            (Err(Unavailable::UnknownJob), Armed::No, "down init's status"),
            (Err(Unavailable::UnknownJob), armed, "up 3 the marker of pre-start"),
            (silent(), armed, "up 3 the marker of pre-start"),
            (silent(), Armed::No, "down the marker of pre-start"),
            (silent(), Armed::NeverIs, "init: it does not answer yet"),
            (Err(Unavailable::NotPermitted), Armed::NeverIs, "init: it talks to root only"),
        ] {
            let row = format!("{status:?} {marker:?}");
            let dead = Dead { pid: Some(7), run: None };
            let look = judge(Supervisor::Upstart, status, dead, marker, now);
            assert_eq!(shown(look), expected, "{row}");
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
                Ok(Look::Untold(why)) => why,
                Err(why) => why,
            };
            assert_eq!(shown, expected, "{status:?} {marker:?}");
        }
    }

    #[test]
    fn a_run_that_has_a_name_is_told_from_the_next_by_it() {
        const UP: &str = "up 4 systemd's status";
        const DOWN: &str = "down systemd's status";
        for (is_wanted, run, main_pid, expected) in [
            (true, Some("b"), Some(8), UP),
            // Ids of processes are used again; a service may have no main process.
            (true, Some("b"), Some(7), UP),
            (true, Some("b"), None, UP),
            (true, Some("a"), Some(8), DOWN),
            (false, Some("b"), None, DOWN),
            (true, None, Some(8), UP),
            (true, None, Some(7), DOWN),
        ] {
            let run = run.map(str::to_owned);
            let status = Service { is_wanted, main_pid, run, since: Some(at(4)), ..WAITS };
            let row = format!("{status:?}");
            let dead = Dead { pid: Some(7), run: Some("a") };
            let look = judge(Supervisor::Systemd, Ok(status), dead, Armed::NeverIs, at(5));
            assert_eq!(shown(look), expected, "{row}");
        }
        let silent = Err(Unavailable::TimedOut);
        let look = judge(Supervisor::Systemd, silent, Dead::default(), Armed::NeverIs, at(5));
        assert_eq!(shown(look), "systemd: it does not answer yet");
    }
}
