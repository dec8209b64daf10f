//! The same where systemd supervises the service.

use super::{death, known, marker};
use crate::evidence::{Evidence, SystemdEvidence};
use crate::systemd::UnitStatus;

/// Each piece by its name, the weightiest first.
pub(super) fn statements(
    evidence: &Evidence,
    told: &SystemdEvidence,
) -> Vec<(&'static str, String)> {
    vec![
        ("result", result(told)),
        ("asked for", known(&told.status, asked)),
        ("main", main(told)),
        ("the unit", known(&told.status, unit)),
        ("marker", marker(evidence.marker)),
        ("kernel log", known(&evidence.kernel_log, death)),
    ]
}

fn result(told: &SystemdEvidence) -> String {
    let invocation = told.invocation.as_deref().unwrap_or("not known");
    match (&told.result, told.result()) {
        (Some(result), _) => format!("SERVICE_RESULT={result} (invocation {invocation})"),
        (None, Some(result)) => format!("Result={result}, asked for: the environment had none"),
        (None, None) => "not known: it stood in no variable and systemd did not tell".to_owned(),
    }
}

fn main(told: &SystemdEvidence) -> String {
    let core = if told.dumped_core { ", with a core" } else { "" };
    match &told.main {
        Some(ended) => format!("ended with {}{core}", ended.words()),
        None => "never ran, or is not known to systemd".to_owned(),
    }
}

fn asked(status: &UnitStatus) -> String {
    if status.active_state == "failed" {
        return "a start after the last end, by systemd itself, which it then refused".to_owned();
    }
    let job = status.job.as_ref().map(|job| match job.is_running {
        true => format!("a {} was under way", job.kind),
        false => format!("a {} waited for its turn", job.kind),
    });
    let order = match status.ended_by_itself {
        Some(true) => "main had ended before systemd began to stop the unit",
        Some(false) => "main ended after systemd had begun to stop the unit",
        None => "which came first, main's end or the unit's, is not known",
    };
    format!("{}; {order}", job.unwrap_or_else(|| "nothing was asked of the unit".to_owned()))
}

fn unit(status: &UnitStatus) -> String {
    let UnitStatus { service_type, restart, active_state, sub_state, system_state, .. } = status;
    let restarts = match status.restarts {
        Some(0) | None => String::new(),
        Some(count) => format!(", started again by systemd {count} times"),
    };
    let failed = status
        .failed_command
        .as_ref()
        .map(|command| format!("; {}={} failed", command.setting, command.path));
    format!(
        "Type={service_type}, Restart={restart}{restarts}; {active_state} ({sub_state}), \
         the host {system_state}; systemd {}{}",
        status.version,
        failed.unwrap_or_default()
    )
}
