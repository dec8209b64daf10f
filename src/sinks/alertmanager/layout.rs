//! A notice as a list of alerts (github.com/prometheus/alertmanager, `api/v2/openapi.yaml`).
//!
//! The set of its labels is an alert's identity: a label holds nothing that changes from one crash
//! to the next, or that is not known at the all-clear. All else is in annotations. A digest is an
//! alert a job, so that each of them can be resolved by its own all-clear: to group alerts is
//! Alertmanager's trade.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};

use super::annotations::{full, least};
use crate::message::{Message, harmless};
use crate::notice::{JobName, Notice, Subject};
use crate::redaction::Redacted;
use crate::sinks::Fidelity;
use crate::time::Timestamp;
use crate::verdict::Severity;

/// The most jobs of a digest that get an alert of their own.
const JOBS: usize = 100;

/// When the alert of a test ends: after the half minute for which Alertmanager collects a group
/// before it tells of it, unless it is set to collect for longer.
const TEST_ENDS_AFTER: Duration = Duration::from_secs(5 * 60);

/// How alerts are made.
#[derive(Debug)]
pub(super) struct Layout {
    /// More labels of each.
    pub(super) labels: BTreeMap<String, String>,
    /// The value of the label `severity`.
    pub(super) severity: BTreeMap<Severity, String>,
    /// When one ends that is not resolved.
    pub(super) resolve_after: Duration,
}

impl Layout {
    /// The alerts that tell `told`, which is `message` in words, at `now`.
    pub(super) fn alerts(
        &self,
        told: &Redacted,
        message: &Message,
        fidelity: Fidelity,
        now: Timestamp,
    ) -> Value {
        let Notice { time, severity, host, subject, .. } = told.notice();
        let ends_after = match subject {
            Subject::Test { .. } => TEST_ENDS_AFTER.min(self.resolve_after),
            _ => self.resolve_after,
        };
        let firing = |labels, time: Timestamp, annotations| {
            json!({
                "labels": labels,
                "annotations": annotations,
                "startsAt": time.min(now),
                "endsAt": later(now, ends_after),
            })
        };
        let annotations = match fidelity {
            Fidelity::Full => full(told, message),
            Fidelity::Minimal => least(&message.title),
        };
        match subject {
            Subject::Crash { job, .. } | Subject::Repeats { job, .. } => {
                json!([firing(self.of_job(host, job, *severity), *time, annotations)])
            }
            Subject::Recovered { job, tally, until, up_seconds, .. } => {
                // An alert louder than the last one is another alert. Several of ours may have the
                // same word.
                let severities = tally.0.iter().map(|count| count.cause.severity);
                let labels: BTreeSet<_> =
                    severities.map(|severity| self.of_job(host, job, severity)).collect();
                let ended = earlier(*time, Duration::from_secs(*up_seconds)).max(*until).min(now);
                let resolved = |labels: &BTreeMap<_, _>| {
                    json!({
                        "labels": labels,
                        "annotations": annotations,
                        "startsAt": ended,
                        "endsAt": ended,
                    })
                };
                labels.iter().map(resolved).collect()
            }
            Subject::Digest { jobs, more_jobs, .. } => {
                let lines =
                    message.jobs().into_iter().flat_map(|jobs| jobs.within(JOBS + 1, |_| 1));
                let named = jobs.iter().zip(lines).take(JOBS).map(|(job, line)| {
                    let severity = job.tally.severity().unwrap_or(*severity);
                    let summary = format!("{}: {line}", harmless(host));
                    firing(self.of_job(host, &job.job, severity), job.until, least(&summary))
                });
                let is_all = *more_jobs == 0 && jobs.len() <= JOBS;
                let labels = self.named("UpstartDigest", host, *severity);
                let all = (!is_all).then(|| firing(labels, *time, annotations));
                named.chain(all).collect()
            }
            Subject::SinkFailed { sink, .. } => {
                let mut labels = self.named("UpstartMonitorSinkFailed", host, *severity);
                labels.insert("sink".to_owned(), harmless(sink));
                json!([firing(labels, *time, annotations)])
            }
            Subject::Test { sink, .. } => {
                let mut labels = self.named("UpstartMonitorTest", host, *severity);
                labels.insert("sink".to_owned(), harmless(sink));
                json!([firing(labels, *time, annotations)])
            }
        }
    }

    /// The labels of the alert on `job`.
    fn of_job(&self, host: &str, job: &JobName, severity: Severity) -> BTreeMap<String, String> {
        let mut labels = self.named("UpstartJobCrash", host, severity);
        labels.insert("upstart_job".to_owned(), harmless(&job.name));
        // An empty label is none to Alertmanager.
        if !job.instance.is_empty() {
            labels.insert("upstart_instance".to_owned(), harmless(&job.instance));
        }
        labels
    }

    /// The labels of every alert.
    fn named(&self, name: &str, host: &str, severity: Severity) -> BTreeMap<String, String> {
        let word = self.severity.get(&severity).map_or(severity.word(), String::as_str);
        let ours = [("alertname", name.to_owned()), ("instance", harmless(host))];
        let ours = ours.into_iter().chain([("severity", word.to_owned())]);
        let ours = ours.map(|(name, value)| (name.to_owned(), value));
        self.labels.clone().into_iter().chain(ours).collect()
    }
}

/// `time` and then `by`.
fn later(time: Timestamp, by: Duration) -> Timestamp {
    Timestamp::from_micros(time.micros().saturating_add(micros(by)))
}

/// `by` before `time`.
fn earlier(time: Timestamp, by: Duration) -> Timestamp {
    Timestamp::from_micros(time.micros().saturating_sub(micros(by)))
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
