//! What a time series database is told, as node_exporter would find it.
#![cfg(feature = "deliver")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod support;

use std::os::unix::fs::{MetadataExt, symlink};
use std::process::{Command, Stdio};

use support::{Answer, Host, Notifier, Receiver, configure, crash_unnoticed, deliver, wait_until};

/// Where node_exporter looks.
const DIRECTORY: &str = "/var/lib/prometheus/node-exporter";

/// The file there.
const TEXTFILE: &str = "/var/lib/prometheus/node-exporter/upstart-monitor.prom";

/// A host with one sink, and with metrics.
fn host(receiver: &Receiver) -> Host {
    let host = Host::with_notifier();
    host.make_dir(DIRECTORY);
    let url = receiver.url("/hook");
    configure(
        &host,
        &format!("[sink.webhook.hook]\nurl = \"{url}\"\n[metrics]\ntextfile = \"{TEXTFILE}\"\n"),
    );
    host
}

/// The value of `metric`, a name without what all begin with, and labels.
fn value(host: &Host, metric: &str) -> Option<String> {
    let text = host.read(TEXTFILE);
    let begin = format!("upstart_monitor_{metric} ");
    text.lines().find_map(|line| line.strip_prefix(&begin)).map(str::to_owned)
}

/// How often `job` has crashed.
fn crashes(host: &Host, job: &str) -> Option<String> {
    let labels = format!("job_name=\"{job}\",instance_name=\"\",verdict=\"unclear\"");
    value(host, &format!("crashes_total{{{labels}}}"))
}

/// How many tries of the hook had this outcome.
fn tries(host: &Host, outcome: &str) -> u64 {
    let metric = format!("deliveries_total{{sink=\"webhook.hook\",outcome=\"{outcome}\"}}");
    value(host, &metric).map_or(0, |value| value.parse().unwrap())
}

fn waiting(host: &Host) -> Option<String> {
    value(host, "queue_reports{sink=\"webhook.hook\"}")
}

/// What `promtool` has to say on the file; nothing where all is well.
fn promtool(host: &Host) -> String {
    let file = std::fs::File::open(host.path(TEXTFILE)).unwrap();
    let mut command = Command::new("promtool");
    command.args(["check", "metrics"]).stdin(Stdio::from(file));
    // From the package prometheus; scripts/setup.sh installs it.
    let output = command.output().unwrap();
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[test]
fn promtool_takes_the_metrics_and_everybody_may_read_them() {
    let receiver = Receiver::new([]);
    let host = host(&receiver);
    let main = "echo last words; kill -SEGV $$";
    host.job("shop").instance("eu \"1\" \\").main(main).start().wait_until_down();
    let metric = "crashes_total{job_name=\"shop\",instance_name=\"eu \\\"1\\\" \\\\\",\
                  verdict=\"crashed\"}";
    wait_until("the delivery to be shown", || {
        host.path(TEXTFILE).exists() && tries(&host, "delivered") == 1
    });
    assert_eq!(value(&host, metric).as_deref(), Some("1"), "{}", host.read(TEXTFILE));
    assert_eq!(waiting(&host).as_deref(), Some("0"));
    assert_eq!(promtool(&host), "");
    assert_eq!(std::fs::metadata(host.path(TEXTFILE)).unwrap().mode() & 0o7777, 0o644);
}

#[test]
fn counters_go_on_after_a_restart_and_when_all_else_is_forgotten() {
    let receiver = Receiver::new([]);
    let host = host(&receiver);
    crash_unnoticed(&host, "shop");
    deliver(&host);
    assert_eq!((crashes(&host, "shop").as_deref(), tries(&host, "delivered")), (Some("1"), 1));

    for place in ["archive", "incidents"] {
        std::fs::remove_dir_all(host.path(&format!("/var/spool/upstart-monitor/{place}"))).unwrap();
    }
    std::fs::remove_file(host.path(TEXTFILE)).unwrap();
    deliver(&host);
    assert_eq!((crashes(&host, "shop").as_deref(), tries(&host, "delivered")), (Some("1"), 1));
    for job in ["shop", "cart"] {
        crash_unnoticed(&host, job);
    }
    deliver(&host);
    assert_eq!(crashes(&host, "shop").as_deref(), Some("2"));
    assert_eq!((crashes(&host, "cart").as_deref(), tries(&host, "delivered")), (Some("1"), 3));
}

#[test]
fn what_waits_is_shown_and_since_when() {
    let receiver = Receiver::new([Answer::status(503).header("Retry-After", "600")]);
    let host = host(&receiver);
    crash_unnoticed(&host, "shop");
    let notifier = Notifier::start(&host);
    wait_until("the try to be shown", || {
        host.path(TEXTFILE).exists() && tries(&host, "retried") == 1
    });
    assert_eq!(waiting(&host).as_deref(), Some("1"));
    let oldest = value(&host, "queue_oldest_timestamp_seconds{sink=\"webhook.hook\"}").unwrap();
    let last = "last_crash_timestamp_seconds{job_name=\"shop\",instance_name=\"\"}";
    let last: f64 = value(&host, last).unwrap().parse().unwrap();
    assert!((oldest.parse::<f64>().unwrap() - last).abs() < 1.0, "{oldest} {last}");
    assert_eq!(promtool(&host), "");
    drop(notifier);

    receiver.answer_from_now_on([Answer::status(404)]);
    std::fs::remove_dir_all(host.path("/var/spool/upstart-monitor/queue")).unwrap();
    crash_unnoticed(&host, "cart");
    deliver(&host);
    assert_eq!((tries(&host, "retried"), tries(&host, "parked")), (1, 1));
}

#[test]
fn a_file_that_cannot_be_written_stops_no_delivery() {
    let receiver = Receiver::new([]);
    let host = host(&receiver);
    std::fs::remove_dir(host.path(DIRECTORY)).unwrap();
    crash_unnoticed(&host, "shop");
    let said = String::from_utf8(deliver(&host).stderr).unwrap();
    assert_eq!(receiver.requests().len(), 1);
    assert_eq!(said.matches("the metrics stay as they are until it can be").count(), 1, "{said}");

    host.make_dir(DIRECTORY);
    deliver(&host);
    assert_eq!(crashes(&host, "shop").as_deref(), Some("1"));
}

#[test]
fn a_link_in_the_place_of_the_file_is_replaced_and_not_followed() {
    let receiver = Receiver::new([]);
    let host = host(&receiver);
    host.write("/precious", "precious");
    for link in [TEXTFILE.to_owned(), format!("{TEXTFILE}.tmp")] {
        symlink(host.path("/precious"), host.path(&link)).unwrap();
    }
    crash_unnoticed(&host, "shop");
    deliver(&host);
    assert_eq!(host.read("/precious"), "precious");
    assert_eq!(crashes(&host, "shop").as_deref(), Some("1"));
}
