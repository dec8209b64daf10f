//! One sink, tried once.

use std::time::{Duration, Instant};

use crate::id::{ReportId, RunId};
use crate::notice::{Notice, Subject};
use crate::redaction::Redaction;
use crate::sinks::{Attempt, Fidelity, NamedSink, Outcome};
use crate::snapshot::Host;
use crate::sys;
use crate::verdict::Severity;

/// What became of a test.
pub(super) struct Trial {
    /// The notice's.
    pub(super) id: ReportId,
    /// Why the service did not take the full form, where it was sent the minimal one, too.
    pub(super) full_refused: Option<String>,
    /// What became of the form that was sent last.
    pub(super) outcome: Outcome,
    /// How long it took, both forms together.
    pub(super) took: Duration,
}

impl Trial {
    /// Hands a test that `by` asked for to `sink`: the full form, and after a refusal the minimal
    /// one, as the policy has it.
    pub(super) fn of(sink: &NamedSink, redaction: &Redaction, by: &str) -> Self {
        let began = Instant::now();
        let notice = notice(&sink.name, by);
        let told = redaction.redact_notice(&notice, None);
        let deliver =
            |fidelity| sink.sink.deliver(&Attempt { notice: &told, fidelity, now: sys::now() });
        let (full_refused, outcome) = match deliver(Fidelity::Full) {
            Outcome::Refused { why } => (Some(why), deliver(Fidelity::Minimal)),
            outcome => (None, outcome),
        };
        Self { id: notice.id, full_refused, outcome, took: began.elapsed() }
    }
}

/// A test of `sink`, which is no other one's: what knows notices by their ids tells each.
fn notice(sink: &str, by: &str) -> Notice {
    let now = sys::now();
    Notice {
        id: ReportId::new(now, RunId(sys::random_bytes())),
        time: now,
        severity: Severity::Info,
        host: Host::here().name,
        subject: Subject::Test { sink: sink.to_owned(), by: by.to_owned() },
    }
}
