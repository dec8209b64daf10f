//! One try of the only sink of a host, without a notifier.

use upstart_monitor::config::Config;
use upstart_monitor::notice::Notice;
use upstart_monitor::paths::Places;
use upstart_monitor::redaction::Redaction;
use upstart_monitor::report::CrashReport;
use upstart_monitor::sinks::{Attempt, Fidelity, NamedSink, Outcome, Wait};

use super::Host;

/// A crash with everything in it.
pub fn report() -> CrashReport {
    serde_json::from_str(include_str!("../data/report-v1.json")).unwrap()
}

/// Hands [`report`] to the only sink of `host`.
pub fn try_once(host: &Host, fidelity: Fidelity) -> Outcome {
    try_with(host, &report(), fidelity)
}

/// Hands `report` to the only sink of `host`.
pub fn try_with(host: &Host, report: &CrashReport, fidelity: Fidelity) -> Outcome {
    let told = Redaction::off().redact_notice(&Notice::of(report), Some(report));
    sink(host).sink.deliver(&Attempt { notice: &told, fidelity, now: report.time })
}

/// The fingerprint of the only sink of `host`.
pub fn fingerprint(host: &Host) -> String {
    sink(host).sink.fingerprint()
}

fn sink(host: &Host) -> NamedSink {
    let root = Vec::leak(host.path("").as_os_str().as_encoded_bytes().to_vec());
    let mut sinks =
        Config::load(Places::under(root)).unwrap_or_else(|e| panic!("{:#?}", e.0)).sinks;
    assert_eq!(sinks.len(), 1);
    sinks.remove(0)
}

/// The name of the outcome, how many seconds to wait, and why.
pub fn told(outcome: Outcome) -> (&'static str, Option<u64>, String) {
    match outcome {
        Outcome::Delivered { answer } => ("delivered", None, answer),
        Outcome::Retry { why, wait: Wait::BackOff } => ("retry", None, why),
        Outcome::Retry { why, wait: Wait::For(wait) | Wait::Doubling(wait) } => {
            ("retry", Some(wait.as_secs()), why)
        }
        Outcome::Refused { why } => ("refused", None, why),
        Outcome::Parked { why } => ("parked", None, why),
        Outcome::Rejected { why } => ("rejected", None, why),
    }
}
