//! The properties of a unit that tell how a run of it ended.

use std::fmt::Write as _;

use serde::Serialize;

use super::command::{self, FailedCommand};
use super::{JOB, MANAGER, ROOT, SERVICE, Systemd, UNIT, Unavailable, object};
use crate::bus::{Piece, Value};
use crate::time::Timestamp;

/// A unit as systemd has it at this moment. What this version of systemd does not tell is empty.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
pub struct UnitStatus {
    /// The version of systemd that says so.
    pub version: String,
    /// `SystemState`: `stopping` while the host goes down (since 216).
    pub system_state: String,
    /// `Type`: `simple`, `notify`, `oneshot`, ...
    pub service_type: String,
    /// `ActiveState`: `active`, `deactivating`, `failed`, ...
    pub active_state: String,
    /// `SubState`: `running`, `stop-post`, `auto-restart`, ...
    pub sub_state: String,
    /// What was asked of the unit and is not done yet.
    pub job: Option<RunningJob>,
    /// `Result`, the word that `SERVICE_RESULT` has.
    pub result: String,
    /// `Restart`: `no`, `on-failure`, `always`, ...
    pub restart: String,
    /// Whether `RestartPreventExitStatus=` names main's end: then it is not to run again, whatever
    /// `Restart` says.
    pub restart_prevented: bool,
    /// `NRestarts`: how often systemd itself has started it again (since 235).
    pub restarts: Option<u32>,
    /// Whether the service was up in this run: `ActiveEnterTimestamp` is not before
    /// `InactiveExitTimestamp`.
    pub was_active: bool,
    /// Whether main had ended before the unit began to: then nothing that is asked of the unit by
    /// now was the cause. `ActiveExitTimestamp` is not before `ExecMainExitTimestamp`; null where the
    /// service was not up, or main is not known.
    pub ended_by_itself: Option<bool>,
    /// Whether it serves a terminal: `StandardInput=tty`.
    pub on_terminal: bool,
    /// `InvocationID`: systemd's name for the run that this is, or was; null for a unit that it has
    /// forgotten the runs of (since 232).
    #[cfg_attr(feature = "deliver", serde(default))]
    pub invocation: Option<String>,
    /// `ActiveEnterTimestamp`: when it was up last.
    #[cfg_attr(feature = "deliver", serde(default))]
    pub active_at: Option<Timestamp>,
    /// `InactiveEnterTimestamp`: when it was down last.
    #[cfg_attr(feature = "deliver", serde(default))]
    pub inactive_at: Option<Timestamp>,
    /// `RestartUSec`: how long systemd waits before it starts it again, in microseconds.
    #[cfg_attr(feature = "deliver", serde(default))]
    pub restart_micros: Option<u64>,
    /// `MainPID`: the main process, while it lives.
    pub main_pid: Option<i32>,
    /// `ExecMainPID`: the main process, also after its end.
    pub last_main_pid: Option<i32>,
    /// `ExecMainStartTimestamp`: when the main process was started.
    pub started_at: Option<Timestamp>,
    /// How long it ran, in microseconds; by a clock that nobody sets.
    pub ran_micros: Option<u64>,
    /// `ExecMainCode`, as waitid(2) has it: 1 exited, 2 killed, 3 dumped a core.
    pub main_code: Option<i32>,
    /// `ExecMainStatus`: an exit status, or a signal's number.
    pub main_status: Option<i32>,
    /// The command that failed, where the service did not come up.
    pub failed_command: Option<FailedCommand>,
}

#[cfg(feature = "deliver")]
impl UnitStatus {
    /// Whether the service is up: in order, or with a main process that is on its way there.
    pub fn is_up(&self) -> bool {
        match self.active_state.as_str() {
            "active" | "reloading" | "refreshing" => true,
            "activating" => self.main_pid.is_some(),
            _ => false,
        }
    }

    /// Since when it is; `None` where it is not, or that is not known.
    pub fn up_since(&self) -> Option<Timestamp> {
        let is_active = self.active_state != "activating";
        let at = if is_active { self.active_at.or(self.started_at) } else { self.started_at };
        at.filter(|_| self.is_up())
    }
}

/// A job of systemd's: what was asked of a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
pub struct RunningJob {
    /// `start`, `stop`, `restart`, ...
    pub kind: String,
    /// Whether systemd is at it; else it waits for another.
    pub is_running: bool,
}

impl RunningJob {
    /// Whether it ends the unit's run.
    pub fn ends_the_run(&self) -> bool {
        self.is_running && matches!(self.kind.as_str(), "stop" | "restart" | "try-restart")
    }
}

/// What is noted of a value on its way.
#[derive(Default)]
struct Raw {
    job: Option<(u32, String)>,
    active_enter: u64,
    active_exit: u64,
    inactive_exit: u64,
    main_start: u64,
    main_exit: u64,
}

/// Where a value goes.
type Put = fn(&mut UnitStatus, &mut Raw, Value<'_>);

/// The properties, each with its interface and where its value goes.
const PROPERTIES: [(&str, &str, Put); 25] = [
    (MANAGER, "Version", |unit, _, value| unit.version = text(value)),
    (MANAGER, "SystemState", |unit, _, value| unit.system_state = text(value)),
    (UNIT, "Job", |_, raw, value| {
        if let Value::Numbered(number, path) = value {
            raw.job = Some((number, String::from_utf8_lossy(path).into_owned()));
        }
    }),
    (UNIT, "ActiveState", |unit, _, value| unit.active_state = text(value)),
    (UNIT, "SubState", |unit, _, value| unit.sub_state = text(value)),
    (UNIT, "ActiveEnterTimestampMonotonic", |_, raw, value| raw.active_enter = number(value)),
    (UNIT, "ActiveExitTimestampMonotonic", |_, raw, value| raw.active_exit = number(value)),
    (UNIT, "InactiveExitTimestampMonotonic", |_, raw, value| raw.inactive_exit = number(value)),
    (UNIT, "ActiveEnterTimestamp", |unit, _, value| unit.active_at = time(value)),
    (UNIT, "InactiveEnterTimestamp", |unit, _, value| unit.inactive_at = time(value)),
    (UNIT, "InvocationID", |unit, _, value| {
        if let Value::Bytes(id) = value {
            unit.invocation = Some(hex(id)).filter(|id| !id.is_empty());
        }
    }),
    (SERVICE, "RestartUSec", |unit, _, value| {
        unit.restart_micros = Some(number(value)).filter(|micros| *micros < u64::MAX);
    }),
    (SERVICE, "Type", |unit, _, value| unit.service_type = text(value)),
    (SERVICE, "Result", |unit, _, value| unit.result = text(value)),
    (SERVICE, "Restart", |unit, _, value| unit.restart = text(value)),
    (SERVICE, "NRestarts", |unit, _, value| unit.restarts = u32::try_from(number(value)).ok()),
    (SERVICE, "StandardInput", |unit, _, value| unit.on_terminal = text(value).starts_with("tty")),
    (SERVICE, "MainPID", |unit, _, value| unit.main_pid = pid(value)),
    (SERVICE, "ExecMainPID", |unit, _, value| unit.last_main_pid = pid(value)),
    (SERVICE, "ExecMainStartTimestamp", |unit, _, value| unit.started_at = time(value)),
    (SERVICE, "ExecMainStartTimestampMonotonic", |_, raw, value| raw.main_start = number(value)),
    (SERVICE, "ExecMainExitTimestampMonotonic", |_, raw, value| raw.main_exit = number(value)),
    (SERVICE, "ExecMainCode", |unit, _, value| unit.main_code = small(value)),
    (SERVICE, "ExecMainStatus", |unit, _, value| unit.main_status = small(value)),
    // Behind the two that it is on, since answers come in the order of the questions.
    (SERVICE, "RestartPreventExitStatus", |unit, _, value| {
        if let (Value::Lists(statuses, signals), Some(status)) = (value, unit.main_status) {
            let exited = unit.main_code == Some(libc::CLD_EXITED);
            unit.restart_prevented = if exited { statuses } else { signals }.has(status);
        }
    }),
];

/// Asks for all of them, then for what follows from them.
pub(super) fn read(systemd: &Systemd, unit: &[u8]) -> Result<UnitStatus, Unavailable> {
    let object = object(unit);
    let names = PROPERTIES.map(|(interface, name, _)| {
        let object: &[Piece<'_>] = if interface == MANAGER { &[ROOT] } else { &object };
        (object, interface, name)
    });
    let (mut status, mut raw) = (UnitStatus::default(), Raw::default());
    systemd.properties(&names, |at, body| {
        if let (Some((_, _, put)), Some(value)) = (PROPERTIES.get(at), body.value()) {
            put(&mut status, &mut raw, value);
        }
    })?;
    if status.active_state.is_empty() {
        return Err(Unavailable::UnknownJob);
    }
    status.was_active = raw.active_enter >= raw.inactive_exit && raw.active_enter > 0;
    // Its start is stamped a moment before the unit's own, its end never is.
    let is_of_this_run = raw.main_exit >= raw.inactive_exit || status.main_pid.is_some();
    if raw.main_start > 0 && is_of_this_run {
        status.ran_micros = raw.main_exit.checked_sub(raw.main_start);
        let both = status.was_active && raw.main_exit >= raw.main_start && raw.active_exit > 0;
        status.ended_by_itself = both.then_some(raw.main_exit <= raw.active_exit);
    } else {
        status = UnitStatus {
            last_main_pid: None,
            started_at: None,
            main_code: None,
            main_status: None,
            ..status
        };
    }
    // Of an end in order, as most oneshots have it, no command is to blame.
    if !status.was_active && status.result != "success" {
        status.failed_command = command::failed(systemd, unit, raw.inactive_exit)?;
    }
    if let Some((_, path)) = raw.job.filter(|(number, _)| *number > 0) {
        status.job = job(systemd, &path)?;
    }
    Ok(status)
}

/// The job at `path`; `None` where it is done by now.
fn job(systemd: &Systemd, path: &str) -> Result<Option<RunningJob>, Unavailable> {
    let object = [Piece::Plain(path)];
    let (mut kind, mut state) = (String::new(), String::new());
    systemd.properties(&[(&object, JOB, "JobType"), (&object, JOB, "State")], |at, body| {
        let word = body.value().map(text).unwrap_or_default();
        if at == 0 { kind = word } else { state = word }
    })?;
    Ok((!kind.is_empty()).then(|| RunningJob { kind, is_running: state == "running" }))
}

/// A string or a path; of any other type an empty one.
pub(super) fn text(value: Value<'_>) -> String {
    match value {
        Value::Text(text) => String::from_utf8_lossy(text).into_owned(),
        Value::Number(_) | Value::Numbered(..) | Value::Bytes(_) | Value::Lists(..) => {
            String::new()
        }
    }
}

/// A time of day; `None` where it never was.
fn time(value: Value<'_>) -> Option<Timestamp> {
    let micros = i64::try_from(number(value)).ok().filter(|micros| *micros > 0);
    micros.map(Timestamp::from_micros)
}

/// Lower-case hexadecimal digits, two a byte.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn number(value: Value<'_>) -> u64 {
    if let Value::Number(number) = value { number } else { 0 }
}

fn small(value: Value<'_>) -> Option<i32> {
    i32::try_from(number(value).cast_signed()).ok()
}

fn pid(value: Value<'_>) -> Option<i32> {
    small(value).filter(|pid| *pid > 0)
}
