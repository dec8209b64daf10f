//! Whether the clock can be right.

use std::time::Duration;

use super::finding::{Finding, Level};
use super::host::Host;

/// How far a clock may be set back without a word.
const SLACK: Duration = Duration::from_secs(300);

const ADVICE: &str = "ntpdate -u pool.ntp.org  # or date -s";

pub(super) fn check(host: &Host) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(built) = host.machine.built.filter(|built| built.since(host.now) > SLACK) {
        let words = format!("it shows {}, but this program was built {built}", host.now);
        findings.push(Finding::new(Level::Warning, "the clock", words).advised(ADVICE));
    }
    let newest = host.spool.as_ref().ok().and_then(|spool| spool.from_the_future);
    if let Some((id, time)) = newest.filter(|(_, time)| time.since(host.now) > SLACK) {
        let words = format!("it shows {}, but report {} is of {time}", host.now, id.short());
        findings.push(Finding::new(Level::Warning, "the clock", words).advised(ADVICE));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::testing::host;
    use super::*;
    use crate::id::{ReportId, RunId};
    use crate::time::Timestamp;

    #[test]
    fn a_time_before_what_has_happened_already_is_wrong() {
        let now = host().now;
        let later = |minutes: i64| Timestamp::from_micros(now.micros() + minutes * 60_000_000);
        for (built, report, found) in [(-9, -9, 0), (4, 4, 0), (6, 0, 1), (0, 6, 1), (6, 6, 2)] {
            let mut host = host();
            host.machine.built = Some(later(built));
            let id = ReportId::new(later(report), RunId([0; 10]));
            host.spool.as_mut().unwrap().from_the_future = Some((id, later(report)));
            assert_eq!(check(&host).len(), found, "{built} {report}");
        }
    }
}
