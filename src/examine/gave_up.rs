//! Whether systemd has given a service up that crashed. No hook runs when it refuses a start ("Start
//! request repeated too quickly"), so that it is asked. Pure.

use std::time::Duration;

use crate::report::CrashReport;
use crate::systemd::{Unavailable, UnitStatus};
use crate::time::Timestamp;

/// How often to look while a start is about to be made, or refused.
const SOON: Duration = Duration::from_millis(200);

/// How long nothing happens at most without a look: the clock may be set meanwhile.
const LATER: Duration = Duration::from_secs(60);

/// How long a systemd that does not answer is left alone.
const NO_ANSWER: Duration = Duration::from_secs(5);

/// What is known of the run that crashed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrashedRun {
    /// systemd's names for it, as far as they are known, whole or their beginning.
    names: Vec<String>,
    /// Whether systemd has names for runs at all (since 232).
    has_names: bool,
    /// How often systemd had started the service again by then; `None` where that is not known.
    restarts: Option<u32>,
}

/// What follows from a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outlook {
    /// It is decided that it has not given up: the service runs, or somebody else decided.
    Over,
    /// It is not decided yet: look again after this time.
    Open(Duration),
    /// It gave up, then.
    GaveUp(Timestamp),
}

impl CrashedRun {
    /// The run that `crash` is the report on.
    pub fn of(crash: &CrashReport) -> Self {
        let told = crash.evidence.systemd.as_ref();
        let status = told.and_then(|told| told.status.as_ref().ok());
        let whole = [
            told.and_then(|told| told.invocation.clone()),
            status.and_then(|status| status.invocation.clone()),
        ];
        // The name that a hook has for a run is the beginning of systemd's.
        let begun = Some(crash.job.run.clone()).filter(|run| !run.is_empty());
        Self {
            has_names: whole.iter().any(Option::is_some),
            names: whole.into_iter().chain([begun]).flatten().collect(),
            restarts: status.and_then(|status| status.restarts),
        }
    }

    /// What follows from what systemd says of the unit at `now`.
    pub fn outlook(&mut self, said: &Result<UnitStatus, Unavailable>, now: Timestamp) -> Outlook {
        let status = match said {
            Ok(status) => status,
            Err(Unavailable::TimedOut) => return Outlook::Open(NO_ANSWER),
            Err(_) => return Outlook::Over,
        };
        if !self.is(status) {
            return Outlook::Over;
        }
        match status.active_state.as_str() {
            "failed" if self.is_refused(status) => {
                Outlook::GaveUp(status.inactive_at.unwrap_or(now))
            }
            "deactivating" | "activating" | "maintenance" => {
                // It is raised when the next start is made, and not before.
                self.restarts = self.restarts.or(status.restarts);
                Outlook::Open(until_the_next_start(status, now))
            }
            _ => Outlook::Over,
        }
    }

    /// Whether the last run of the unit is still this one. A unit that somebody stopped or reset has
    /// none any more.
    fn is(&self, status: &UnitStatus) -> bool {
        match &status.invocation {
            Some(now) => self.names.iter().any(|name| now.starts_with(name.as_str())),
            None => !self.has_names,
        }
    }

    /// Whether the unit has failed because its start was refused. Only an end in order leaves the
    /// place of the result to that; of another the restarts tell: systemd counts one when it sets out
    /// to make it. (Before 230 the result has another word.)
    fn is_refused(&self, status: &UnitStatus) -> bool {
        let counted = self.restarts.zip(status.restarts).is_some_and(|(then, now)| now > then);
        counted || matches!(status.result.as_str(), "start-limit-hit" | "start-limit")
    }
}

/// How long to wait for a start that systemd makes after its `RestartSec=`.
fn until_the_next_start(status: &UnitStatus, now: Timestamp) -> Duration {
    let waits = status.sub_state.starts_with("auto-restart");
    let pause = status.restart_micros.map(Duration::from_micros).filter(|_| waits);
    let passed = status.inactive_at.map(|at| now.since(at));
    let left = pause.zip(passed).map(|(pause, passed)| pause.saturating_sub(passed));
    left.unwrap_or_default().clamp(SOON, LATER)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Outlook::{GaveUp, Open, Over};

    const AT: Timestamp = Timestamp::from_micros(1_795_232_537_000_000);

    /// `WORD RUN RESULT RESTARTS`, as systemd has a unit that restarts after 30 s and was down at
    /// [`AT`]; a run or restarts that it does not tell are `-`.
    fn status(text: &str) -> UnitStatus {
        let words: Vec<_> = text.split(' ').collect();
        let (active_state, sub_state) = words[0].split_once('/').unwrap_or((words[0], ""));
        UnitStatus {
            active_state: active_state.to_owned(),
            sub_state: sub_state.to_owned(),
            invocation: Some(words[1].to_owned()).filter(|it| it != "-"),
            result: words[2].to_owned(),
            restarts: words[3].parse().ok(),
            inactive_at: Some(AT),
            restart_micros: Some(30_000_000),
            ..UnitStatus::default()
        }
    }

    fn run(restarts: Option<u32>) -> CrashedRun {
        CrashedRun { names: vec!["ab12".to_owned()], has_names: true, restarts }
    }

    /// The outlook five seconds after [`AT`].
    fn outlook(mut run: CrashedRun, said: Result<UnitStatus, Unavailable>) -> Outlook {
        run.outlook(&said, Timestamp::from_micros(AT.micros() + 5_000_000))
    }

    #[test]
    fn what_systemd_says_of_a_unit_decides_whether_it_gave_up() {
        let waits = Open(Duration::from_secs(25));
        for (said, restarts, expected) in [
            // Restart=always, burst 2: after exit status 3, and after 0.
            ("failed/failed ab12 exit-code 2", Some(1), GaveUp(AT)),
            ("failed/failed ab12 start-limit-hit 2", Some(1), GaveUp(AT)),
            // A service whose own ExecStartPre= fails each time.
            ("failed/failed ab12 exit-code 2", Some(1), GaveUp(AT)),
            ("failed/failed ab12 start-limit-hit -", None, GaveUp(AT)),
            // Restart=no, or RestartPreventExitStatus=.
            ("failed/failed ab12 exit-code 0", Some(0), Over),
            ("failed/failed ab12 signal 4", Some(4), Over),
            ("failed/failed ab12 signal 4", None, Over),
            // A later run: its own hooks tell.
            ("failed/failed cd34 exit-code 3", Some(1), Over),
            ("active/running cd34 success 2", Some(1), Over),
            // Stopped, or reset: the unit has no last run any more.
            ("inactive/dead - success 0", Some(1), Over),
            ("failed/failed - exit-code 2", Some(1), Over),
            ("inactive/dead ab12 success 1", Some(1), Over),
            ("active/running ab12 success 1", Some(1), Over),
            // Not decided yet.
            ("activating/auto-restart ab12 exit-code 1", Some(1), waits),
            ("activating/auto-restart-queued ab12 exit-code 1", Some(1), waits),
            ("deactivating/stop-post ab12 exit-code 1", Some(1), Open(SOON)),
        ] {
            assert_eq!(outlook(run(restarts), Ok(status(said))), expected, "{said} {restarts:?}");
        }
    }

    #[test]
    fn before_232_runs_have_no_names() {
        let nameless = || CrashedRun { names: Vec::new(), has_names: false, restarts: None };
        for (said, expected) in [
            ("failed/failed - start-limit -", GaveUp(AT)),
            ("failed/failed - exit-code -", Over),
            ("active/running - success -", Over),
        ] {
            assert_eq!(outlook(nameless(), Ok(status(said))), expected, "{said}");
        }
    }

    #[test]
    fn what_a_hook_could_not_ask_is_seen_before_the_next_start() {
        let mut run = run(None);
        let waits = Ok(status("activating/auto-restart ab12 exit-code 1"));
        assert!(matches!(run.outlook(&waits, AT), Open(_)));
        assert_eq!(outlook(run, Ok(status("failed/failed ab12 exit-code 2"))), GaveUp(AT));
    }

    #[test]
    fn systemd_may_be_busy_or_gone() {
        assert_eq!(outlook(run(None), Err(Unavailable::TimedOut)), Open(NO_ANSWER));
        for gone in [Unavailable::UnknownJob, Unavailable::NotPermitted] {
            assert_eq!(outlook(run(None), Err(gone)), Over);
        }
    }

    #[test]
    fn looks_come_when_something_may_happen() {
        let waiting = status("activating/auto-restart ab12 exit-code 1");
        let pause = |micros| UnitStatus { restart_micros: micros, ..waiting.clone() };
        for (restart, seconds, expected) in [
            (Some(30_000_000), 0, Duration::from_secs(30)),
            (Some(30_000_000), 29, Duration::from_secs(1)),
            (Some(30_000_000), 31, SOON),
            (Some(100_000), 0, SOON),
            (Some(86_400_000_000), 0, LATER),
            (None, 0, SOON),
        ] {
            let now = Timestamp::from_micros(AT.micros() + seconds * 1_000_000);
            let wait = until_the_next_start(&pause(restart), now);
            assert_eq!(wait, expected, "{restart:?} {seconds}");
        }
    }
}
