//! What systemd says of the end of a run: to the hook in its environment, and when it is asked.

use serde::Serialize;

use super::{Ended, STATUS_PATIENCE, Signal, known};
use crate::paths::Places;
use crate::sys;
use crate::systemd::{Systemd, UnitStatus};

/// systemd's part of the evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
pub struct SystemdEvidence {
    /// The unit's name, `nginx.service`.
    pub unit: String,
    /// `INVOCATION_ID`: systemd's name for the run, which the journal has, too (since 232).
    pub invocation: Option<String>,
    /// `SERVICE_RESULT`: `success`, `exit-code`, `signal`, ... (since 232).
    pub result: Option<String>,
    /// How main ended: `EXIT_CODE` and `EXIT_STATUS` (since 232), else what systemd says when it is
    /// asked. `None` where main never ran, or is not known.
    pub main: Option<Ended>,
    /// Whether main dumped a core on its end.
    pub dumped_core: bool,
    /// The unit as systemd has it, or why that is not known.
    #[serde(with = "known")]
    pub status: Result<UnitStatus, String>,
}

impl SystemdEvidence {
    /// What is known of the run of `unit` whose `ExecStopPost=` this process is.
    pub fn at_exec_stop_post(places: Places, unit: &[u8]) -> Self {
        let status = Systemd::of(places, STATUS_PATIENCE)
            .and_then(|systemd| systemd.unit(unit))
            .map_err(|why| format!("systemd: {}", why.words()));
        let text = |name| sys::var(name).map(|value| String::from_utf8_lossy(value).into_owned());
        let (code, word) = (text(c"EXIT_CODE"), text(c"EXIT_STATUS"));
        let told = code.as_deref().zip(word.as_deref()).and_then(|(code, word)| ended(code, word));
        let asked = || status.as_ref().ok().and_then(main_end);
        let dumped_core = code.as_deref() == Some("dumped")
            || (code.is_none()
                && status.as_ref().is_ok_and(|status| status.main_code == Some(libc::CLD_DUMPED)));
        Self {
            unit: String::from_utf8_lossy(unit).into_owned(),
            invocation: text(c"INVOCATION_ID"),
            result: text(c"SERVICE_RESULT"),
            main: told.or_else(asked),
            dumped_core,
            status,
        }
    }

    /// systemd's word for how the run ended; `None` where nobody told it.
    pub fn result(&self) -> Option<&str> {
        let asked = || self.status.as_ref().ok().map(|status| status.result.as_str());
        self.result.as_deref().or_else(asked).filter(|result| !result.is_empty())
    }

    /// What was asked of the unit that ended its run, and is being done. What was asked when main
    /// had ended already was not the cause.
    pub fn stop_asked(&self) -> Option<&str> {
        let status = self.status.as_ref().ok()?;
        let job = status.job.as_ref().filter(|job| job.ends_the_run())?;
        (status.ended_by_itself != Some(true)).then_some(job.kind.as_str())
    }

    /// Whether the host was going down, and systemd says so.
    pub fn host_is_stopping(&self) -> bool {
        self.status.as_ref().is_ok_and(|status| status.system_state == "stopping")
    }

    /// Whether somebody asked for this end, or nothing in it is a failure and nobody minds. Then
    /// nothing else needs to be looked at.
    pub fn is_orderly(&self) -> bool {
        self.stop_asked().is_some() || matches!(self.clean_end(), Some(CleanEnd::Normal))
    }

    /// What kind of a clean end it was; `None` where systemd calls it a failure.
    pub fn clean_end(&self) -> Option<CleanEnd> {
        match self.result()? {
            "exec-condition" => Some(CleanEnd::Normal),
            "success" => Some(self.of_success()),
            _ => None,
        }
    }

    fn of_success(&self) -> CleanEnd {
        let Ok(status) = &self.status else { return CleanEnd::Normal };
        let signal = match &self.main {
            Some(Ended::Signal(signal)) => signal.name.as_deref(),
            Some(Ended::Status(_)) | None => None,
        };
        match signal {
            _ if status.service_type == "oneshot" || status.on_terminal => CleanEnd::Normal,
            _ if status.restart == "always" && !status.restart_prevented => CleanEnd::ToRunAlways,
            None => CleanEnd::Normal,
            Some("SIGTERM" | "SIGINT") => CleanEnd::AskedToEnd,
            Some(_) => CleanEnd::Killed,
        }
    }
}

/// An end that systemd calls a success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CleanEnd {
    /// Of a service that has done its work.
    Normal,
    /// Of one that is to run whatever happens: `Restart=always`.
    ToRunAlways,
    /// By a signal with which others, not systemd, may have asked it to end.
    AskedToEnd,
    /// By a signal that systemd calls clean, and that nobody asks a service to end with.
    Killed,
}

/// What `EXIT_CODE` and `EXIT_STATUS` say.
fn ended(code: &str, status: &str) -> Option<Ended> {
    match code {
        "exited" => status.parse().ok().map(Ended::Status),
        "killed" | "dumped" => Some(Ended::Signal(Signal::from_word(status))),
        _ => None,
    }
}

/// What `ExecMainCode` and `ExecMainStatus` say.
fn main_end(status: &UnitStatus) -> Option<Ended> {
    Ended::of_child(status.main_code?, status.main_status?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence(result: &str, main: Option<Ended>, status: UnitStatus) -> SystemdEvidence {
        SystemdEvidence {
            unit: "web.service".to_owned(),
            invocation: None,
            result: Some(result.to_owned()),
            main,
            dumped_core: false,
            status: Ok(status),
        }
    }

    #[test]
    fn a_clean_end_is_normal_unless_somebody_minds() {
        use CleanEnd::{AskedToEnd, Killed, Normal, ToRunAlways};
        let signal = |word| Some(Ended::Signal(Signal::from_word(word)));
        for (service_type, restart, main, expected) in [
            ("simple", "no", Some(Ended::Status(0)), Normal),
            ("simple", "on-failure", Some(Ended::Status(0)), Normal),
            ("simple", "on-success", Some(Ended::Status(0)), Normal),
            ("simple", "always", Some(Ended::Status(0)), ToRunAlways),
            ("forking", "always", None, ToRunAlways),
            ("oneshot", "always", Some(Ended::Status(0)), Normal),
            ("simple", "always", signal("TERM"), ToRunAlways),
            ("simple", "no", signal("TERM"), AskedToEnd),
            ("simple", "on-failure", signal("INT"), AskedToEnd),
            ("simple", "no", signal("PIPE"), Killed),
            ("simple", "no", signal("HUP"), Killed),
        ] {
            let status = UnitStatus {
                service_type: service_type.to_owned(),
                restart: restart.to_owned(),
                ..UnitStatus::default()
            };
            let row = format!("{service_type} {restart} {main:?}");
            let told = evidence("success", main, status);
            assert_eq!(told.clean_end(), Some(expected), "{row}");
            assert_eq!(told.is_orderly(), expected == Normal, "{row}");
        }
        let status = UnitStatus {
            restart: "always".to_owned(),
            restart_prevented: true,
            ..UnitStatus::default()
        };
        let told = evidence("success", Some(Ended::Status(0)), status);
        assert_eq!(told.clean_end(), Some(Normal), "its end is one after which it is not to run");
    }

    #[test]
    fn the_environment_tells_how_main_ended() {
        let signal = |number, name: &str| {
            Some(Ended::Signal(Signal { number: Some(number), name: Some(name.to_owned()) }))
        };
        for (code, status, expected) in [
            ("exited", "3", Some(Ended::Status(3))),
            ("killed", "TERM", signal(15, "SIGTERM")),
            ("dumped", "SEGV", signal(11, "SIGSEGV")),
            ("exited", "x", None),
            ("", "", None),
        ] {
            assert_eq!(ended(code, status), expected, "{code} {status}");
        }
    }
}
