//! The same where runit or s6 supervises the service.

use super::{death, known, marker, runlevel};
use crate::evidence::{Evidence, Finish};

/// Each piece by its name, the weightiest first.
pub(super) fn statements(evidence: &Evidence, told: &Finish) -> Vec<(&'static str, String)> {
    vec![
        ("finish", known(&told.ended, |ended| format!("main ended with {}", ended.words()))),
        ("wanted", known(&told.wanted_up, |up| wanted(*up, told.once))),
        ("last command", known(&told.commanded, |seconds| commanded(*seconds))),
        ("marker", marker(evidence.marker)),
        ("kernel log", known(&evidence.kernel_log, death)),
        ("runlevel", known(&evidence.runlevel, |level| runlevel(*level))),
        ("directory", told.directory.clone()),
    ]
}

fn wanted(up: bool, once: bool) -> String {
    match (up, once) {
        (true, _) => "up: the supervisor starts the service again",
        (false, false) => "down, and the run did not begin so: asked for since",
        (false, true) => "down from the start: the run was to be the only one",
    }
    .to_owned()
}

fn commanded(seconds: Option<f64>) -> String {
    match seconds {
        None => "none in this run".to_owned(),
        Some(seconds) => format!("{seconds} s before the end; which one is not kept"),
    }
}
