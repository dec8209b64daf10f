//! Which notices a sink is sent. Pure.

use crate::globs::JobGlobs;
use crate::notice::Cause;
use crate::verdict::{Severity, VerdictKind};

/// What one sink is sent, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routing {
    /// Of which jobs.
    pub jobs: JobGlobs,
    /// After which verdicts; `None` is all.
    pub verdicts: Option<Vec<VerdictKind>>,
    /// How loud it must be.
    pub min_severity: Severity,
    /// Whether crashes that repeat are told of together; otherwise each is told by itself.
    pub fold: bool,
    /// Whether the all-clear is told.
    pub recovered: bool,
    /// Whether an alert stays open until the all-clear: then that is told after a single crash, too.
    pub resolves: bool,
}

impl Default for Routing {
    fn default() -> Self {
        Self {
            jobs: JobGlobs::ALL,
            verdicts: None,
            min_severity: Severity::Info,
            fold: true,
            recovered: true,
            resolves: false,
        }
    }
}

impl Routing {
    /// What a feed is sent that says nothing else: every crash by itself, and no all-clear.
    pub fn of_a_feed() -> Self {
        Self { fold: false, recovered: false, ..Self::default() }
    }

    /// What a service is sent that keeps alerts open and says nothing else.
    pub fn of_alerts() -> Self {
        Self { resolves: true, ..Self::default() }
    }

    /// Whether the sink is told that `job` (`instance` is empty for a job without) died of `cause`.
    pub fn takes(&self, job: &str, instance: &str, cause: &Cause) -> bool {
        self.jobs.mean(job, instance)
            && self.verdicts.as_ref().is_none_or(|verdicts| verdicts.contains(&cause.verdict))
            && cause.severity >= self.min_severity
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sink_is_told_what_it_asked_for() {
        use Severity::{Critical, Error, Warning};
        use VerdictKind::{Crashed, GaveUp, Unclear};
        let all = Routing::default;
        let shops = Routing { jobs: JobGlobs::of(["shop*", "!shop (test)"]), ..all() };
        let crashes = Routing { verdicts: Some(vec![Crashed, GaveUp]), ..all() };
        let loud = Routing { min_severity: Error, ..all() };
        let both = Routing { min_severity: Critical, ..crashes.clone() };
        for (routing, job, instance, verdict, severity, taken) in [
            (&all(), "shop", "", Crashed, Error, true),
            (&all(), "shop", "", Unclear, Warning, true),
            (&Routing::of_a_feed(), "shop", "", Unclear, Warning, true),
            (&shops, "shop", "", Crashed, Error, true),
            (&shops, "shop", "test", Crashed, Error, false),
            (&shops, "nginx", "", Crashed, Error, false),
            (&crashes, "shop", "", GaveUp, Critical, true),
            (&crashes, "shop", "", Unclear, Warning, false),
            (&loud, "shop", "", Crashed, Error, true),
            (&loud, "shop", "", Crashed, Warning, false),
            (&loud, "shop", "", Crashed, Critical, true),
            (&both, "shop", "", Crashed, Error, false),
            (&both, "shop", "", Crashed, Critical, true),
            (&both, "shop", "", Unclear, Critical, false),
        ] {
            let cause = Cause { verdict, exit: None, severity };
            let takes = routing.takes(job, instance, &cause);
            assert_eq!(takes, taken, "{routing:?} {job} {instance} {cause:?}");
        }
    }
}
