//! Whether an event asked for the stop, as the hook's environment tells.

use serde::Serialize;

use crate::sys;

/// The events of the job's `stop on`, as Upstart gives them to pre-stop and post-stop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
pub struct StopEvents {
    /// `UPSTART_STOP_EVENTS`: their names.
    pub names: String,
    /// `RUNLEVEL`, which a runlevel event brings along.
    pub runlevel: Option<char>,
}

impl StopEvents {
    /// The events that stopped this job; `None` where no event did. `RUNLEVEL` alone says nothing:
    /// the event that started the job may have brought it.
    pub fn from_env() -> Option<Self> {
        let names = sys::var(c"UPSTART_STOP_EVENTS").filter(|names| !names.is_empty())?;
        let runlevel = sys::var(c"RUNLEVEL").and_then(|level| level.first());
        Some(Self {
            names: String::from_utf8_lossy(names).into_owned(),
            runlevel: runlevel.map(|level| char::from(*level)),
        })
    }

    /// Whether the host was going down.
    pub fn is_shutdown(&self) -> bool {
        self.names.split(' ').any(|name| name == "runlevel")
            && matches!(self.runlevel, Some('0' | '6'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runlevels_0_and_6_are_the_hosts_end() {
        for (names, runlevel, shutdown) in [
            ("runlevel", Some('0'), true),
            ("runlevel", Some('6'), true),
            ("net-device-down runlevel", Some('0'), true),
            ("runlevel", Some('1'), false),
            ("runlevel", None, false),
            ("stopping", Some('0'), false),
        ] {
            let events = StopEvents { names: names.to_owned(), runlevel };
            assert_eq!(events.is_shutdown(), shutdown, "{events:?}");
        }
    }
}
