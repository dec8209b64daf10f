//! A real Alertmanager at the other end: what it takes, merges, resolves and tells.
#![cfg(feature = "deliver")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "it is a test")]

mod support;

use std::time::{Duration, SystemTime};

use support::{Alertmanager, Host, Receiver, configure, notices, wait_until};
use upstart_monitor::config::Config;
use upstart_monitor::notice::{Notice, Subject};
use upstart_monitor::paths::Places;
use upstart_monitor::redaction::Redaction;
use upstart_monitor::sinks::{Attempt, Fidelity, NamedSink, Outcome};
use upstart_monitor::time::Timestamp;

const CRASHES: &str = "echo last words; kill -SEGV $$";

/// A sink for these Alertmanagers, on a host of its own.
fn sink(urls: &[String]) -> NamedSink {
    let host = Host::new();
    configure(&host, &config(urls));
    let root = Vec::leak(host.path("").as_os_str().as_encoded_bytes().to_vec());
    let mut sinks = Config::load(Places::under(root)).unwrap().sinks;
    sinks.remove(0)
}

fn config(urls: &[String]) -> String {
    format!("[sink.alertmanager.am]\nurls = {urls:?}\nlabels = {{ env = \"test\" }}\n")
}

fn after_now(seconds: u64) -> Timestamp {
    Timestamp::from(SystemTime::now() + Duration::from_secs(seconds))
}

/// The notice `kind` of the samples, on `job`, of what happens now.
fn notice(kind: &str, of: &str) -> Notice {
    let mut notices = notices().into_iter();
    let sample = notices.find(|notice| notice["subject"]["kind"] == kind).unwrap();
    let mut notice: Notice = serde_json::from_value(sample).unwrap();
    notice.time = after_now(0);
    match &mut notice.subject {
        Subject::Crash { job, .. } => job.name = of.to_owned(),
        Subject::Repeats { job, until, .. } => {
            (job.name, *until) = (of.to_owned(), notice.time);
        }
        Subject::Recovered { job, until, up_seconds, .. } => {
            job.name = of.to_owned();
            *until = Timestamp::from_micros(notice.time.micros() - 301_000_000);
            *up_seconds = 300;
        }
        Subject::Digest { .. } | Subject::SinkFailed { .. } | Subject::Test { .. } => {}
    }
    notice
}

/// Hands `notice` over at `now`, as the notifier does.
fn deliver_at(sink: &NamedSink, notice: &Notice, now: Timestamp) -> Outcome {
    let notice = &Redaction::off().redact_notice(notice, None);
    sink.sink.deliver(&Attempt { notice, fidelity: Fidelity::Full, now })
}

fn deliver(sink: &NamedSink, notice: &Notice) {
    let outcome = deliver_at(sink, notice, after_now(0));
    assert!(matches!(outcome, Outcome::Delivered { .. }), "{outcome:?}");
}

/// What people were told so far: of which job, and whether it fires.
fn told(receiver: &Receiver) -> Vec<(String, String)> {
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let messages = receiver.requests().into_iter().map(|request| request.json());
    messages
        .map(|message| {
            assert_eq!(message["alerts"].as_array().unwrap().len(), 1, "{message:#}");
            (text(&message["groupLabels"]["upstart_job"]), text(&message["status"]))
        })
        .collect()
}

fn owned(told: &[(&str, &str)]) -> Vec<(String, String)> {
    told.iter().map(|(job, status)| ((*job).to_owned(), (*status).to_owned())).collect()
}

#[test]
fn a_crash_fires_with_what_people_need() {
    let receiver = Receiver::new([]);
    let alertmanager = Alertmanager::start(&receiver, None);
    let host = Host::with_notifier();
    configure(&host, &config(&[alertmanager.url()]));
    host.job("shop").instance("eu-1").main(CRASHES).start().wait_until_down();

    let message = receiver.wait_for(1)[0].json();
    let alert = &message["alerts"][0];
    assert_eq!((&message["status"], &alert["status"]), (&"firing".into(), &"firing".into()));
    let report = host.only_report();
    for (name, value) in [
        ("alertname", "UpstartJobCrash"),
        ("upstart_job", "shop"),
        ("upstart_instance", "eu-1"),
        ("instance", report["host"]["name"].as_str().unwrap()),
        ("severity", "error"),
        ("env", "test"),
    ] {
        assert_eq!(alert["labels"][name], value, "{alert:#}");
    }
    let annotations = &alert["annotations"];
    assert!(annotations["summary"].as_str().unwrap().contains("shop (eu-1) crashed: SIGSEGV"));
    assert_eq!(annotations["log"], "last words");
}

#[test]
fn an_alert_is_merged_resolved_and_opened_again() {
    let receiver = Receiver::new([]);
    let alertmanager = Alertmanager::start(&receiver, None);
    let sink = sink(&[alertmanager.url()]);

    deliver(&sink, &notice("crash", "shop"));
    receiver.wait_for(1);
    // The answer to the first try was lost: it is made again.
    deliver(&sink, &notice("crash", "shop"));
    deliver(&sink, &notice("repeats", "shop"));
    wait_until("the alert to say more", || {
        let alerts = alertmanager.active();
        assert_eq!(alerts.len(), 1, "{alerts:#?}");
        alerts[0]["annotations"]["summary"].as_str().unwrap().contains("14 more times")
    });
    let recovered = notice("recovered", "shop");
    deliver(&sink, &recovered);
    receiver.wait_for(2);
    assert_eq!(alertmanager.active(), [] as [serde_json::Value; 0]);
    deliver(&sink, &recovered);

    deliver(&sink, &notice("repeats", "shop"));
    receiver.wait_for(3);
    deliver(&sink, &notice("recovered", "shop"));
    receiver.wait_for(4);
    let expected = ["firing", "resolved", "firing", "resolved"].map(|status| ("shop", status));
    assert_eq!(told(&receiver), owned(&expected));
}

#[test]
fn an_all_clear_counts_though_the_clocks_disagree() {
    let receiver = Receiver::new([]);
    let alertmanager = Alertmanager::start(&receiver, None);
    let sink = sink(&[alertmanager.url()]);

    for (job, ahead) in [("shop", 0), ("cart", 60)] {
        let mut crash = notice("crash", job);
        crash.time = after_now(ahead);
        let outcome = deliver_at(&sink, &crash, after_now(ahead));
        assert!(matches!(outcome, Outcome::Delivered { .. }), "{outcome:?}");
    }
    receiver.wait_for(2);
    for (job, ahead) in [("shop", 0), ("cart", 60)] {
        let mut recovered = notice("recovered", job);
        recovered.time = after_now(ahead);
        let outcome = deliver_at(&sink, &recovered, after_now(ahead));
        assert!(matches!(outcome, Outcome::Delivered { .. }), "{outcome:?}");
    }
    receiver.wait_for(4);
    let mut told = told(&receiver);
    told.sort();
    let expected =
        [("cart", "firing"), ("cart", "resolved"), ("shop", "firing"), ("shop", "resolved")];
    assert_eq!(told, owned(&expected));
}

#[test]
fn a_job_of_a_digest_is_resolved_by_its_own_all_clear() {
    let receiver = Receiver::new([]);
    let alertmanager = Alertmanager::start(&receiver, None);
    let sink = sink(&[alertmanager.url()]);

    let mut digest = notice("digest", "");
    let Subject::Digest { jobs, more_jobs, .. } = &mut digest.subject else { panic!() };
    jobs.truncate(1);
    (jobs[0].job.name, jobs[0].until, *more_jobs) = ("shop".to_owned(), digest.time, 0);
    deliver(&sink, &digest);
    receiver.wait_for(1);
    deliver(&sink, &notice("recovered", "shop"));
    receiver.wait_for(2);
    assert_eq!(told(&receiver), owned(&[("shop", "firing"), ("shop", "resolved")]));
}

#[test]
fn a_cluster_tells_once_and_one_replica_is_enough() {
    let receiver = Receiver::new([]);
    let one = Alertmanager::start(&receiver, None);
    let other = Alertmanager::start(&receiver, Some(&one));
    let both = sink(&[one.url(), other.url()]);

    deliver(&both, &notice("crash", "shop"));
    receiver.wait_for(1);
    assert!([&one, &other].iter().all(|replica| replica.active().len() == 1));

    // What the second one alone knows of it tells late, as it would have told of the first.
    let second = if one.name() > other.name() { &one } else { &other };
    deliver(&sink(&[second.url()]), &notice("crash", "cart"));
    receiver.wait_for(2);
    assert_eq!(told(&receiver), owned(&[("shop", "firing"), ("cart", "firing")]));

    drop(other);
    deliver(&both, &notice("crash", "mail"));
    wait_until("the other replica to tell", || told(&receiver).len() > 2);
    drop(one);
    let outcome = deliver_at(&both, &notice("crash", "mail"), after_now(0));
    assert!(matches!(outcome, Outcome::Retry { .. }), "{outcome:?}");
}
