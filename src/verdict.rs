//! From evidence to a verdict, with its reasons. Pure.

use serde::Serialize;

use crate::evidence::{Evidence, MarkerEvidence};

/// What became of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
#[serde(rename_all = "snake_case")]
pub enum VerdictKind {
    /// The main process died unasked.
    Crashed,
    /// The service never came up: its pre-start failed or its main could not be executed.
    StartFailed,
    /// `respawning too fast, stopped`: it will not come back.
    GaveUp,
    /// Asked for: by hand, by an event, by `restart`.
    Stopped,
    /// A task's or a service's normal end.
    Finished,
    /// Runlevel 0 or 6 was under way.
    HostShutdown,
    /// An armed marker of an earlier run or an earlier boot: nobody saw how it ended.
    Unseen,
    /// The evidence does not decide.
    Unclear,
}

impl VerdictKind {
    /// The word that people read after the job's name.
    pub fn words(self) -> &'static str {
        match self {
            Self::Crashed => "crashed",
            Self::StartFailed => "failed to start",
            Self::GaveUp => "gave up: it keeps crashing and will not come back",
            Self::Stopped => "was stopped",
            Self::Finished => "finished",
            Self::HostShutdown => "went down with the host",
            Self::Unseen => "ended unseen",
            Self::Unclear => "ended, perhaps by a crash",
        }
    }

    /// How loud the report on it is.
    pub fn severity(self) -> Severity {
        match self {
            Self::GaveUp => Severity::Critical,
            Self::Crashed | Self::StartFailed => Severity::Error,
            Self::Unseen | Self::Unclear => Severity::Warning,
            Self::Stopped | Self::Finished | Self::HostShutdown => Severity::Info,
        }
    }

    /// Whether people are told. What they are not told of makes no report.
    pub fn is_reported(self) -> bool {
        self.severity() != Severity::Info
    }
}

/// How loud a report is, from quiet to loud.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// For the history only.
    Info,
    /// Something is off; a look in daylight is enough.
    Warning,
    /// A service died.
    Error,
    /// A service is down and stays down.
    Critical,
}

/// What became of a run, and why we say so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
pub struct Verdict {
    /// The decision.
    pub kind: VerdictKind,
    /// The facts it follows from, each a sentence part, the weightiest first.
    pub reasons: Vec<String>,
}

/// Decides what became of the run that `evidence` speaks of.
pub fn judge(evidence: &Evidence) -> Verdict {
    let (kind, reasons) = match evidence.marker {
        MarkerEvidence::Absent => {
            (VerdictKind::Stopped, vec!["no marker: pre-stop disarmed it".to_owned()])
        }
        MarkerEvidence::Armed { started } => (
            VerdictKind::Crashed,
            vec![
                format!("the marker that pre-start armed at {started} was still there"),
                "pre-stop never ran: nobody asked for this stop".to_owned(),
            ],
        ),
        MarkerEvidence::Orphaned { started } => (
            VerdictKind::Unseen,
            vec![
                format!(
                    "the marker that pre-start armed at {started} was still there at the next start"
                ),
                "no post-stop accounted for the end of that run".to_owned(),
            ],
        ),
        MarkerEvidence::OfAnotherBoot { started } => (
            VerdictKind::Unseen,
            vec![
                format!("the marker was armed at {started}, before the host was booted"),
                "no post-stop accounted for the end of that run".to_owned(),
            ],
        ),
        MarkerEvidence::Foreign => (
            VerdictKind::Unclear,
            vec!["what lies in the marker's place was not made by pre-start".to_owned()],
        ),
    };
    Verdict { kind, reasons }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    #[test]
    fn the_marker_alone_decides_as_the_table_says() {
        let started = Timestamp::from_micros(1_795_232_537_123_456);
        for (marker, kind) in [
            (MarkerEvidence::Absent, VerdictKind::Stopped),
            (MarkerEvidence::Armed { started }, VerdictKind::Crashed),
            (MarkerEvidence::Orphaned { started }, VerdictKind::Unseen),
            (MarkerEvidence::OfAnotherBoot { started }, VerdictKind::Unseen),
            (MarkerEvidence::Foreign, VerdictKind::Unclear),
        ] {
            let verdict = judge(&Evidence { marker });
            assert_eq!(verdict.kind, kind, "{marker:?}");
            assert!(!verdict.reasons.is_empty(), "{marker:?} must say why");
        }
    }

    #[test]
    fn what_was_asked_for_is_not_reported() {
        for (kind, reported) in [
            (VerdictKind::Crashed, true),
            (VerdictKind::StartFailed, true),
            (VerdictKind::GaveUp, true),
            (VerdictKind::Unseen, true),
            (VerdictKind::Unclear, true),
            (VerdictKind::Stopped, false),
            (VerdictKind::Finished, false),
            (VerdictKind::HostShutdown, false),
        ] {
            assert_eq!(kind.is_reported(), reported, "{kind:?}");
        }
    }
}
