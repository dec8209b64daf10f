//! The decision itself. A pure function; its tables are in `tests/`, told in `docs/verdicts.md`.

use super::{Exit, Verdict, VerdictKind, by_event, by_finish, by_log, by_systemd};
use crate::evidence::{Evidence, MarkerEvidence};

/// Decides what became of the run that `evidence` speaks of.
pub fn judge(evidence: &Evidence) -> Verdict {
    if let Some(systemd) = &evidence.systemd {
        return by_systemd::decide(evidence, systemd);
    }
    if let Some(finish) = &evidence.finish {
        return by_finish::decide(evidence, finish);
    }
    let mut verdict = match (&evidence.stopping, evidence.marker) {
        (Some(event), _) => by_event::decide(evidence, event),
        (None, MarkerEvidence::Armed { .. }) => by_log::decide(evidence),
        (None, MarkerEvidence::Absent) => without(VerdictKind::Stopped),
        (None, MarkerEvidence::Orphaned { .. } | MarkerEvidence::OfAnotherBoot { .. }) => {
            without(VerdictKind::Unseen)
        }
        (None, MarkerEvidence::Foreign) => without(VerdictKind::Unclear),
    };
    verdict.reasons.extend(of_the_marker(evidence));
    verdict
}

/// A verdict that the marker alone gives.
fn without(kind: VerdictKind) -> Verdict {
    Verdict { kind, exit: Exit::unknown(), reasons: Vec::new() }
}

/// What the marker adds to the reasons.
fn of_the_marker(evidence: &Evidence) -> Vec<String> {
    let unseen = || "no post-stop accounted for the end of that run".to_owned();
    match evidence.marker {
        // Where init's event tells, the marker is of no weight.
        _ if evidence.stopping.is_some() => Vec::new(),
        MarkerEvidence::Absent => vec!["no marker: pre-stop disarmed it".to_owned()],
        MarkerEvidence::Armed { started } => vec![format!(
            "the marker that pre-start armed at {started} was still there: pre-stop never ran"
        )],
        MarkerEvidence::Orphaned { started } => vec![
            format!(
                "the marker that pre-start armed at {started} was still there at the next start"
            ),
            unseen(),
        ],
        MarkerEvidence::OfAnotherBoot { started } => {
            vec![format!("the marker was armed at {started}, before the host was booted"), unseen()]
        }
        MarkerEvidence::Foreign => {
            vec!["what lies in the marker's place was not made by pre-start".to_owned()]
        }
    }
}
