//! A run of a service of systemd's has ended, however it ended: `ExecStopPost=`.

use super::witness::witness;
use crate::evidence::{Evidence, SystemdEvidence};
use crate::job::Job;
use crate::paths::Places;
use crate::sys::Arguments;

/// Judges by systemd's word, and captures a crash. A marker is not needed: it adds what is known
/// where systemd does not answer.
pub(super) fn at_exec_stop_post(places: Places, job: &Job<'_>, arguments: Arguments) {
    let unit = arguments.get(1).unwrap_or_default();
    let systemd = SystemdEvidence::at_exec_stop_post(places, unit);
    witness(places, job, systemd.is_orderly(), |marker, started| {
        Evidence::at_exec_stop_post(places, marker, systemd, started)
    });
}
