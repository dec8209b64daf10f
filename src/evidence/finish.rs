//! What runit and s6 tell of the end of a run: the arguments of `finish`, and what lies in the
//! service directory.

use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use serde::Serialize;

use super::{Ended, Signal};
use crate::marker::Supervise;
use crate::service_dir::{CONTROL, STATUS, Status, down_signal, last_command};
use crate::sys;
use crate::time::Timestamp;

/// How often the status is looked at, a millisecond apart, until it is of this end: s6 writes it
/// when it has started `finish` already.
const LOOKS: u32 = 50;

/// What a supervisor that calls `finish` tells.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
pub struct Finish {
    /// The service directory; bytes that are not UTF-8 are shown as U+FFFD.
    pub directory: String,
    /// How main ended, or why that is not known.
    #[serde(with = "super::known")]
    pub ended: Result<Ended, String>,
    /// Whether the supervisor is to start the service again, or why that is not known.
    #[serde(with = "super::known")]
    pub wanted_up: Result<bool, String>,
    /// Whether the run was to be the only one from its start: `sv once`, `s6-svc -o`.
    pub once: bool,
    /// How many seconds before this the supervisor was given a command, whatever it was; null where
    /// none came in this run. Or why that is not known.
    #[serde(with = "super::known")]
    pub commanded: Result<Option<f64>, String>,
    /// The signal that a restart sends, where the service has one of its own (`down-signal`).
    pub down_signal: Option<String>,
}

impl Finish {
    /// Looks around in the working directory of a `finish` with these `arguments`, of a run that
    /// `began` so, where pre-start noted that.
    pub fn look(arguments: &[&[u8]], began: Option<Supervise>) -> Self {
        let now = sys::now();
        let status = status_of_this_end();
        let wait_status = status.as_ref().ok().and_then(|status| status.wait_status);
        let last = last_command(CONTROL).map_err(|why| format!("supervise/control: {why}"));
        Self {
            directory: std::env::current_dir()
                .map(|path| String::from_utf8_lossy(path.as_os_str().as_bytes()).into_owned())
                .unwrap_or_default(),
            ended: ended(arguments, wait_status),
            wanted_up: status.map(|status| status.wanted_up),
            once: began.is_some_and(|began| began.once),
            commanded: last.map(|last| commanded(last, began.map(|began| began.command), now)),
            down_signal: down_signal(c"down-signal"),
        }
    }

    /// The main process that ended, by the `arguments` of `finish`: its process group, which s6
    /// names since 2.13.
    pub fn main(arguments: &[&[u8]]) -> Option<u32> {
        std::str::from_utf8(arguments.get(3)?).ok()?.parse().ok()
    }
}

/// The status while `finish` runs.
fn status_of_this_end() -> Result<Status, String> {
    for _ in 0..LOOKS {
        let status = Status::read(STATUS).map_err(|why| format!("supervise/status: {why}"))?;
        if status.is_finishing {
            return Ok(status);
        }
        sys::pause(Duration::from_millis(1));
    }
    Err("supervise/status: it is not of this end".to_owned())
}

/// How main ended: by the `arguments` of `finish`, or else by s6's own `wait_status`.
///
/// runit gives the exit status and 0, or -1 and the low byte of the wait status (runsv.c,
/// startservice); s6 the exit status and 0, or 256 and the signal (s6-supervise.c, uplastup_z).
fn ended(arguments: &[&[u8]], wait_status: Option<u16>) -> Result<Ended, String> {
    const KILLED: [i32; 2] = [-1, 256];
    /// The other bit tells of a core dump.
    const SIGNAL: i32 = 0x7f;
    let number = |word: &&[u8]| std::str::from_utf8(word).ok()?.parse::<i32>().ok();
    match (arguments.first(), arguments.get(1).and_then(number), wait_status.map(i32::from)) {
        (None, _, Some(status)) if status & SIGNAL == 0 => Ok(Ended::Status(status >> 8)),
        (None, _, Some(status)) => Ok(Ended::Signal(Signal::numbered(status & SIGNAL))),
        (None, _, None) => {
            Err("`finish` handed on no arguments: it is to call post-stop with \"$@\"".to_owned())
        }
        (Some(code), signal, _) => match (number(code), signal) {
            (Some(code), Some(signal)) if KILLED.contains(&code) => {
                Ok(Ended::Signal(Signal::numbered(signal & SIGNAL)))
            }
            (Some(code), _) if (0..=255).contains(&code) => Ok(Ended::Status(code)),
            _ => Err("the arguments of `finish` are not understood".to_owned()),
        },
    }
}

/// How many seconds before `now` the `last` command came; `None` where it is the one that had come
/// `before` this run. Not by when the run began: the clock of file systems goes by ticks.
fn commanded(last: Timestamp, before: Option<Timestamp>, now: Timestamp) -> Option<f64> {
    (before != Some(last)).then(|| (now.since(last).as_secs_f64() * 1000.0).round() / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_told_by_arguments_or_by_s6_itself() {
        const STATUS_3: u16 = 0x300;
        for (arguments, wait_status, expected) in [
            // runit
            (&["3", "0"][..], None, "exit status 3"),
            (&["0", "0"], None, "exit status 0"),
            (&["-1", "11"], None, "SIGSEGV"),
            (&["-1", "139"], None, "SIGSEGV"),
            // s6, old and new
            (&["3", "0", "web"], Some(STATUS_3), "exit status 3"),
            (&["256", "11", "web", "4711"], Some(0x8b), "SIGSEGV"),
            (&["256", "40"], None, "signal 40"),
            // execline that does not hand them on
            (&[], Some(STATUS_3), "exit status 3"),
            (&[], Some(0x8b), "SIGSEGV"),
            (&[], Some(0), "exit status 0"),
            (&[], None, "no arguments"),
            (&["$@"], None, "not understood"),
            (&["-1"], None, "not understood"),
            (&["257", "0"], None, "not understood"),
        ] {
            let arguments: Vec<_> = arguments.iter().map(|word| word.as_bytes()).collect();
            let said = match ended(&arguments, wait_status) {
                Ok(ended) => ended.words(),
                Err(why) => why,
            };
            assert!(said.contains(expected), "{arguments:?} {wait_status:?}: {said}");
        }
    }

    #[test]
    fn only_a_command_in_this_run_counts() {
        let at = Timestamp::from_micros;
        let now = at(10_000_000);
        assert_eq!(commanded(at(4_000_000), Some(at(4_000_000)), now), None);
        assert_eq!(commanded(at(4_000_001), Some(at(4_000_000)), now), Some(6.0));
        assert_eq!(commanded(at(4_000_000), None, now), Some(6.0));
        // A clock that was set back meanwhile.
        assert_eq!(commanded(at(11_000_000), Some(at(4_000_000)), now), Some(0.0));
    }
}
