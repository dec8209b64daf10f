//! What Upstart's answers say, read without trust.

use serde::Serialize;

use super::{InitStatus, LogPriority};
#[cfg(feature = "deliver")]
use crate::bus::Value;
use crate::bus::{Body, Reader};

/// What init wants of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// It is to run.
    Start,
    /// It is to be down.
    Stop,
    /// It died while a hook ran, and is to run again when that is done (since 1.11).
    Respawn,
}

/// Where a job is. What Upstart 1.13 has as two states, before and after the fork of a process, is
/// one here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Down.
    Waiting,
    /// Before its first process.
    Starting,
    /// Its pre-start runs.
    PreStart,
    /// Its main process is being started.
    Spawned,
    /// Its post-start runs.
    PostStart,
    /// It is up.
    Running,
    /// Its pre-stop runs.
    PreStop,
    /// The `stopping` event is being handled.
    Stopping,
    /// The main process was asked to end.
    Killed,
    /// Its post-stop runs.
    PostStop,
}

/// Reads the properties of an instance: `a{sv}` with `goal`, `state` and `processes` in it.
pub(super) fn status(body: Body<'_>) -> Option<InitStatus> {
    let mut reader = body.0;
    let length = reader.length()?;
    reader.align(8);
    let end = reader.at.checked_add(length)?;
    let (mut goal, mut state, mut main_pid) = (None, None, None);
    let mut saw_processes = false;
    while reader.at < end {
        reader.align(8);
        match (reader.text()?, reader.signature()?) {
            (b"goal", b"s") => goal = Some(Goal::named(reader.text()?)?),
            (b"state", b"s") => state = Some(State::named(reader.text()?)?),
            (b"processes", b"a(si)") => {
                main_pid = self::main_pid(&mut reader)?;
                saw_processes = true;
            }
            (_, b"s") => drop(reader.text()?),
            _ => return None,
        }
    }
    saw_processes.then_some(InitStatus { goal: goal?, state: state?, main_pid })
}

/// Reads the paths of instances, `ao`, and gives their names.
#[cfg(feature = "deliver")]
pub(super) fn instances(body: Body<'_>) -> Option<Vec<String>> {
    let mut reader = body.0;
    let length = reader.length()?;
    let end = reader.at.checked_add(length)?;
    let mut names = Vec::new();
    while reader.at < end {
        let path = reader.text()?;
        let element = path.rsplit(|byte| *byte == b'/').next()?;
        names.push(String::from_utf8_lossy(&name_in(element)?).into_owned());
    }
    Some(names)
}

/// The name in an element of an object path (`nih_dbus_path`).
#[cfg(feature = "deliver")]
fn name_in(element: &[u8]) -> Option<Vec<u8>> {
    let mut name = Vec::new();
    let mut rest = element.iter();
    while let Some(byte) = rest.next() {
        match (*byte, rest.as_slice()) {
            (b'_', []) if name.is_empty() => {}
            (b'_', [_, _, after @ ..]) => {
                let digits = std::str::from_utf8(rest.as_slice().get(..2)?).ok()?;
                name.push(u8::from_str_radix(digits, 16).ok()?);
                rest = after.iter();
            }
            (b'_', _) => return None,
            (plain, _) => name.push(plain),
        }
    }
    Some(name)
}

/// Reads the property `version`: a variant with `init (upstart 1.13.2)`.
#[cfg(feature = "deliver")]
pub(super) fn version(body: Body<'_>) -> Option<String> {
    let Value::Text(text) = body.value()? else { return None };
    let text = String::from_utf8_lossy(text);
    let number = text.trim_end_matches(')').rsplit(' ').next()?;
    Some(number.to_owned())
}

/// Reads the property `log_priority`: a variant with a string.
pub(super) fn log_priority(body: Body<'_>) -> Option<LogPriority> {
    let mut reader = body.0;
    match reader.signature()? {
        b"s" => LogPriority::named(reader.text()?),
        _ => None,
    }
}

impl Goal {
    fn named(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"start" => Self::Start,
            b"stop" => Self::Stop,
            b"respawn" => Self::Respawn,
            _ => return None,
        })
    }
}

impl State {
    fn named(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"waiting" => Self::Waiting,
            b"starting" | b"security-spawning" | b"security" => Self::Starting,
            b"pre-starting" | b"pre-start" => Self::PreStart,
            b"spawning" | b"spawned" => Self::Spawned,
            b"post-starting" | b"post-start" => Self::PostStart,
            b"running" => Self::Running,
            b"pre-stopping" | b"pre-stop" => Self::PreStop,
            b"stopping" => Self::Stopping,
            b"killed" => Self::Killed,
            b"post-stopping" | b"post-stop" => Self::PostStop,
            _ => return None,
        })
    }
}

/// The process named `main` in a list of names and ids.
fn main_pid(reader: &mut Reader<'_>) -> Option<Option<i32>> {
    let length = reader.length()?;
    reader.align(8);
    let end = reader.at.checked_add(length)?;
    let mut main = None;
    while reader.at < end {
        reader.align(8);
        let name = reader.text()?;
        let pid = reader.u32()?.cast_signed();
        if name == b"main" && pid > 0 {
            main = Some(pid);
        }
    }
    Some(main)
}

#[cfg(test)]
mod tests;
