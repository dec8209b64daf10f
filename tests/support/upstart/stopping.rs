//! The `stopping` event (init/job.c, `job_emit_event`), and the observer that runs on it.

use nix::sys::signal::Signal;

use super::class::{Class, End, Stanza};
use super::state::Process;

/// The job that runs the observer.
const OBSERVER: &str = "upstart-monitor";

/// The observer, which init runs on every `stopping` event:
///
/// ```text
/// start on stopping JOB!=upstart-monitor*
/// task
/// console none
/// instance $JOB/$INSTANCE
/// exec /opt/upstart-monitor/bin/stopping
/// ```
#[derive(Debug)]
pub struct Observer {
    pub stanza: Stanza,
    pub root: String,
}

/// What made a job fail. The first failure stays until the job starts again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// The process ended as it must not.
    Ended(Process, End),
    /// The process could not be executed.
    NotExecuted(Process),
    /// Respawning too fast.
    Respawn,
}

impl Failure {
    /// `PROCESS`, as the event has it.
    pub(super) fn process(self) -> String {
        match self {
            Self::Ended(process, _) | Self::NotExecuted(process) => process.to_string(),
            Self::Respawn => "respawn".to_owned(),
        }
    }

    fn end(self) -> Option<End> {
        match self {
            Self::Ended(_, end) => Some(end),
            Self::NotExecuted(_) | Self::Respawn => None,
        }
    }
}

/// A signal's name without `SIG`.
pub(super) fn signal_name(signal: Signal) -> &'static str {
    signal.as_str().trim_start_matches("SIG")
}

impl Observer {
    /// How Upstart names the run of the observer for `class`.
    pub(super) fn title(class: &Class) -> String {
        format!("{OBSERVER} ({})", Self::instance(class))
    }

    fn instance(class: &Class) -> String {
        format!("{}/{}", class.name, class.instance)
    }

    /// The environment of the observer, when `class` stops and `failure` was before.
    pub(super) fn environment(
        &self,
        class: &Class,
        failure: Option<Failure>,
    ) -> Vec<(String, String)> {
        let mut environment = vec![("UPSTART_MONITOR_ROOT".to_owned(), self.root.clone())];
        environment.extend(event(class, failure));
        environment.extend([
            ("UPSTART_EVENTS".to_owned(), "stopping".to_owned()),
            ("UPSTART_JOB".to_owned(), OBSERVER.to_owned()),
            ("UPSTART_INSTANCE".to_owned(), Self::instance(class)),
        ]);
        environment
    }
}

/// The event's variables.
fn event(class: &Class, failure: Option<Failure>) -> Vec<(String, String)> {
    let mut event = vec![("JOB", class.name.clone()), ("INSTANCE", class.instance.clone())];
    match failure {
        None => event.push(("RESULT", "ok".to_owned())),
        Some(failure) => {
            event.push(("RESULT", "failed".to_owned()));
            event.push(("PROCESS", failure.process()));
            event.extend(failure.end().map(|end| match end {
                End::Exited(status) => ("EXIT_STATUS", status.to_string()),
                End::Killed(signal) => ("EXIT_SIGNAL", signal_name(signal).to_owned()),
            }));
        }
    }
    event.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
