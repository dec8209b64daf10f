//! The counters as Prometheus reads them: its text-based exposition format, without timestamps, as
//! the textfile collector of node_exporter asks (github.com/prometheus/node_exporter).
//!
//! `job` and `instance` are labels that Prometheus sets itself, so ours have other names.

use std::fmt::Write as _;

use super::{Counters, Outcome};
use crate::message::harmless;
use crate::time::Timestamp;

/// What waits for one sink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// The sink.
    pub sink: String,
    /// How much waits.
    pub waiting: usize,
    /// Since when the first of it does; `None` where nothing waits.
    pub oldest: Option<Timestamp>,
}

/// All metrics.
pub fn exposition(counters: &Counters, queues: &[Queue]) -> String {
    let mut text = String::new();
    let out = &mut text;
    family(out, "crashes_total", "counter", "Crashes since the counters were first kept.");
    for (job, instances) in &counters.crashes {
        for (instance, crashes) in instances {
            for (verdict, count) in &crashes.verdicts {
                let labels = [
                    ("job_name", job.as_str()),
                    ("instance_name", instance),
                    ("verdict", verdict.word()),
                ];
                sample(out, "crashes_total", &labels, &count.to_string());
            }
        }
    }
    let last = "last_crash_timestamp_seconds";
    family(out, last, "gauge", "When the last crash was, in seconds since the epoch.");
    for (job, instances) in &counters.crashes {
        for (instance, crashes) in instances {
            let labels = [("job_name", job.as_str()), ("instance_name", instance)];
            sample(out, last, &labels, &seconds(crashes.last));
        }
    }
    family(out, "deliveries_total", "counter", "Tries to hand a notice to a sink, by outcome.");
    let mut sinks: Vec<_> = queues.iter().map(|queue| queue.sink.as_str()).collect();
    sinks.extend(counters.deliveries.keys().map(String::as_str));
    sinks.sort_unstable();
    sinks.dedup();
    for sink in sinks {
        // All of them from the beginning: a counter that appears with its first count has no
        // increase to be seen.
        for outcome in Outcome::ALL {
            let counted = counters.deliveries.get(sink).and_then(|it| it.get(&outcome));
            let labels = [("sink", sink), ("outcome", outcome.word())];
            sample(out, "deliveries_total", &labels, &counted.unwrap_or(&0).to_string());
        }
    }
    family(out, "queue_reports", "gauge", "Notices that wait for a sink.");
    for Queue { sink, waiting, .. } in queues {
        sample(out, "queue_reports", &[("sink", sink)], &waiting.to_string());
    }
    let oldest = "queue_oldest_timestamp_seconds";
    family(out, oldest, "gauge", "Since when the first notice waits, in seconds since the epoch.");
    for queue in queues {
        if let Some(since) = queue.oldest {
            sample(out, oldest, &[("sink", &queue.sink)], &seconds(since));
        }
    }
    text
}

fn family(out: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(out, "# HELP upstart_monitor_{name} {help}");
    let _ = writeln!(out, "# TYPE upstart_monitor_{name} {kind}");
}

fn sample(out: &mut String, name: &str, labels: &[(&str, &str)], value: &str) {
    let labels: Vec<_> =
        labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
    let _ = writeln!(out, "upstart_monitor_{name}{{{}}} {value}", labels.join(","));
}

/// The value of a label: three characters are escaped, control characters are none.
fn escaped(value: &str) -> String {
    harmless(value).replace('\\', r"\\").replace('"', "\\\"")
}

/// `1795232537.123456`.
fn seconds(time: Timestamp) -> String {
    let micros = time.micros();
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sinks::samples;

    #[test]
    fn the_metrics_look_like_this() {
        let mut counters = Counters::default();
        counters.count_crash(&samples::report());
        counters.count_try("slack.ops", Outcome::Delivered);
        let since = Timestamp::from_micros(1_795_232_537_000_001);
        let queues = [
            Queue { sink: "file.all".to_owned(), waiting: 0, oldest: None },
            Queue { sink: "slack.ops".to_owned(), waiting: 2, oldest: Some(since) },
        ];
        let expected = r#"# HELP upstart_monitor_crashes_total Crashes since the counters were first kept.
# TYPE upstart_monitor_crashes_total counter
upstart_monitor_crashes_total{job_name="nginx",instance_name="eu-1",verdict="crashed"} 1
# HELP upstart_monitor_last_crash_timestamp_seconds When the last crash was, in seconds since the epoch.
# TYPE upstart_monitor_last_crash_timestamp_seconds gauge
upstart_monitor_last_crash_timestamp_seconds{job_name="nginx",instance_name="eu-1"} 1795232537.123456
# HELP upstart_monitor_deliveries_total Tries to hand a notice to a sink, by outcome.
# TYPE upstart_monitor_deliveries_total counter
upstart_monitor_deliveries_total{sink="file.all",outcome="delivered"} 0
upstart_monitor_deliveries_total{sink="file.all",outcome="retried"} 0
upstart_monitor_deliveries_total{sink="file.all",outcome="given_up"} 0
upstart_monitor_deliveries_total{sink="file.all",outcome="parked"} 0
upstart_monitor_deliveries_total{sink="slack.ops",outcome="delivered"} 1
upstart_monitor_deliveries_total{sink="slack.ops",outcome="retried"} 0
upstart_monitor_deliveries_total{sink="slack.ops",outcome="given_up"} 0
upstart_monitor_deliveries_total{sink="slack.ops",outcome="parked"} 0
# HELP upstart_monitor_queue_reports Notices that wait for a sink.
# TYPE upstart_monitor_queue_reports gauge
upstart_monitor_queue_reports{sink="file.all"} 0
upstart_monitor_queue_reports{sink="slack.ops"} 2
# HELP upstart_monitor_queue_oldest_timestamp_seconds Since when the first notice waits, in seconds since the epoch.
# TYPE upstart_monitor_queue_oldest_timestamp_seconds gauge
upstart_monitor_queue_oldest_timestamp_seconds{sink="slack.ops"} 1795232537.000001
"#;
        assert_eq!(exposition(&counters, &queues), expected);
    }

    proptest! {
        #[test]
        fn a_name_of_any_kind_is_one_value_on_one_line(name in "(\\PC|[\"\\\\\n\r\u{0}\u{1b}]){0,20}") {
            let mut counters = Counters::default();
            let mut report = samples::report();
            report.job.name = name;
            counters.count_crash(&report);
            let text = exposition(&counters, &[]);
            let line = text.lines().nth(2).unwrap();
            let value = line.strip_prefix("upstart_monitor_crashes_total{job_name=\"").unwrap();
            let value = value.strip_suffix("\",instance_name=\"eu-1\",verdict=\"crashed\"} 1");
            let unescaped = value.unwrap().replace(r"\\", "").replace("\\\"", "");
            prop_assert!(!unescaped.contains(['"', '\\']), "{}", line);
        }
    }
}
