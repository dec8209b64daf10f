use proptest::prelude::*;

use super::*;
use crate::report::CrashReport;
use crate::sinks::alertmanager::annotations::CALLS;
use crate::sinks::alertmanager::labels::is_name;
use crate::sinks::samples;
use crate::sinks::testing::{hostile, is_harmless};
use crate::verdict::VerdictKind::{Crashed, GaveUp};

fn layout() -> Layout {
    Layout {
        labels: BTreeMap::from([("env".to_owned(), "prod".to_owned())]),
        severity: BTreeMap::from([(Severity::Critical, "page".to_owned())]),
        resolve_after: Duration::from_secs(4 * 3600),
    }
}

/// What is posted of `notice`, `late` seconds after what it tells of.
fn alerts(
    notice: &Notice,
    report: Option<&CrashReport>,
    fidelity: Fidelity,
    late: u64,
) -> Vec<Value> {
    let told = samples::redacted(notice, report.filter(|_| notice.report().is_some()));
    let now = later(notice.time, Duration::from_secs(late));
    let message = Message::of(&told, now, &samples::view(50));
    let alerts = layout().alerts(&told, &message, fidelity, now);
    alerts.as_array().unwrap().clone()
}

#[test]
fn an_alert_looks_like_this() {
    let mut report = samples::report();
    report.log.as_mut().unwrap().lines = vec!["<!channel> @everyone a@b".to_owned()];
    report.links = vec![crate::report::Link {
        text: "runbook".to_owned(),
        href: "https://wiki.example.com/nginx".to_owned(),
    }];
    assert_eq!(
        Value::from(alerts(&Notice::of(&report), Some(&report), Fidelity::Full, 1)),
        json!([{
            "labels": {
                "alertname": "UpstartJobCrash",
                "env": "prod",
                "instance": "web-1",
                "severity": "error",
                "upstart_instance": "eu-1",
                "upstart_job": "nginx",
            },
            "annotations": {
                "summary":
                    "web-1: nginx (eu-1) crashed: SIGSEGV after 5 h 42 min, back after 0.4 s",
                "description":
                    "Host: web-1\nJob: nginx (eu-1)\nVerdict: crashed: SIGSEGV\n\
                     Time: 2026-11-21 03:42:17 UTC\nRan: 5 h 42 min\n\
                     Left behind: 4715 /usr/bin/worker --queue mail (tcp 8080)\n\
                     Labels: team=web\nLoad: 8.42 3.10 1.05\nMemory free: 202 MiB of 7.8 GiB",
                "kernel":
                    "nginx[4712]: segfault at 0 ip 00000000004005d4 sp 00007ffc6a1d2e30 error 4 in \
                     nginx[400000+f2000]\n\
                     init: nginx (eu-1) main process (4712) killed by SEGV signal",
                "unusual":
                    "memory: about 202 MiB of 7.8 GiB available\n\
                     swap: 4 KiB of 2.0 GiB free\n\
                     memory of /upstart/nginx: at its limit 7 times, \
                     1 process killed for want of memory\n\
                     load: 8.42 3.10 1.05 on 4 processors\n\
                     pressure: everything waited for memory 41 % of 10 s\n\
                     disk /var/log/upstart: 0 B of 4.8 GiB available\n\
                     disk /var/log/upstart: 12 of 327680 inodes available\n\
                     file handles: 790112 of 812014 open",
                "changed":
                    "/etc/init/nginx.conf was changed 4 h 30 min before the crash, \
                     while the job ran\npackages were changed 21 h 17 min before the crash",
                "reasons":
                    "init calls it a failure and respawns the job\n\
                     init: main was killed by SIGSEGV\n\
                     the marker that pre-start armed at 2026-11-20T22:00:00.000000Z was still \
                     there: pre-stop never ran",
                "log": "<\u{200b}!channel> @\u{200b}everyone a@b",
                "log_path": "/var/log/upstart/nginx-eu-1.log",
                "log_note": "the last lines of this run",
                "not_collected": "pressure: not \u{fffd}there",
                "report_id": "6c1d8e40",
                "command": "upstart-crash show 6c1d8e40",
                "team": "web",
                "runbook_url": "https://wiki.example.com/nginx",
            },
            "startsAt": "2026-11-21T03:42:17.123456Z",
            "endsAt": "2026-11-21T07:42:18.123456Z",
        }])
    );
}

/// The labels that the alerts on `notice` are told apart by.
fn identities(notice: &Notice) -> Vec<String> {
    let alerts = alerts(notice, None, Fidelity::Full, 0);
    alerts.iter().map(|alert| alert["labels"].to_string()).collect()
}

#[test]
fn a_job_has_one_alert_a_severity_and_the_all_clear_resolves_each() {
    let [crash, gave_up, repeats, recovered, ..] = samples::notices();
    assert_eq!(identities(&crash), identities(&repeats));
    assert_ne!(identities(&crash), identities(&gave_up));
    let mut after_both = recovered.clone();
    let Subject::Recovered { tally, .. } = &mut after_both.subject else { panic!() };
    *tally = samples::tally(&[
        (Crashed, Some("SIGSEGV"), 3),
        (GaveUp, Some("SIGSEGV"), 1),
        (Crashed, Some("exit status 1"), 1),
    ]);
    let mut opened = [identities(&crash), identities(&gave_up)].concat();
    opened.sort();
    assert_eq!(identities(&after_both), opened);
}

#[test]
fn a_job_of_a_digest_has_the_alert_that_its_own_crash_has() {
    let [crash, .., digest, _, _] = samples::notices();
    let of_digest = identities(&digest);
    assert!(of_digest.contains(&identities(&crash)[0]), "{of_digest:?}");
    let alerts = alerts(&digest, None, Fidelity::Full, 0);
    assert_eq!(alerts.len(), 3, "two jobs, and one for those without a name: {alerts:?}");
    assert_eq!(
        alerts[0]["annotations"]["summary"],
        "web-1: nginx (eu-1) crashed 14 times (13 × exit status 1, 1 × SIGSEGV), \
         last at 03:45:10 UTC"
    );
    assert_eq!(alerts[2]["labels"]["alertname"], "UpstartDigest");
}

#[test]
fn a_storm_of_any_size_is_a_bounded_number_of_alerts() {
    let [.., digest, _, _] = samples::worst_notices();
    let alerts = alerts(&digest, None, Fidelity::Full, 0);
    assert_eq!(alerts.len(), JOBS + 1);
    assert_eq!(alerts[JOBS]["labels"]["alertname"], "UpstartDigest");
    assert!(Value::from(alerts).to_string().len() < 1 << 20);
}

#[test]
fn an_alert_fires_however_late_it_is_told_and_a_resolved_one_ends_in_the_past() {
    let hour = 3600;
    for notice in samples::notices() {
        for late in [0, 1, 23 * hour] {
            let now = later(notice.time, Duration::from_secs(late));
            for alert in alerts(&notice, None, Fidelity::Full, late) {
                let time = |key: &str| -> Timestamp {
                    serde_json::from_value(alert[key].clone()).unwrap()
                };
                assert!(time("startsAt") <= time("endsAt"), "{alert:#}");
                assert!(time("startsAt") <= now, "{alert:#}");
                let Subject::Recovered { up_seconds, .. } = &notice.subject else {
                    let is_test = matches!(notice.subject, Subject::Test { .. });
                    let lasts = if is_test { 300 } else { 4 * hour };
                    assert_eq!(time("endsAt").since(now).as_secs(), lasts);
                    continue;
                };
                // As far as the job has been up the clocks may disagree.
                assert!(now.since(time("endsAt")).as_secs() >= *up_seconds, "{alert:#}");
            }
        }
    }
}

#[test]
fn after_a_refusal_there_is_only_a_summary() {
    for notice in samples::notices() {
        for alert in alerts(&notice, Some(&samples::report()), Fidelity::Minimal, 0) {
            let annotations = alert["annotations"].as_object().unwrap();
            assert_eq!(annotations.keys().collect::<Vec<_>>(), ["summary"]);
        }
        let labels = |fidelity| {
            let alerts = alerts(&notice, None, fidelity, 0);
            alerts.iter().map(|alert| alert["labels"].clone()).collect::<Vec<_>>()
        };
        assert_eq!(labels(Fidelity::Full), labels(Fidelity::Minimal));
    }
}

/// Fails unless all that others wrote in `alert` is text that calls nobody, and bounded.
fn check(alert: &Value) {
    for (name, text) in alert["annotations"].as_object().unwrap() {
        let text = text.as_str().unwrap();
        assert!(is_name(name) && text.chars().count() <= 10_000, "{name}");
        assert!(!CALLS.iter().any(|call| text.contains(call)), "{name}: {text}");
        assert!(is_harmless(text), "{name}: {text:?}");
    }
    for (name, text) in alert["labels"].as_object().unwrap() {
        let text = text.as_str().unwrap();
        assert!(is_name(name) && harmless(text) == text, "{name}: {text:?}");
    }
}

#[test]
fn every_text_is_bounded_and_calls_nobody() {
    let worst = samples::worst();
    let mut longest = 0;
    for notice in samples::worst_notices() {
        for alert in alerts(&notice, Some(&worst), Fidelity::Full, 0) {
            check(&alert);
            let texts = alert["annotations"].as_object().unwrap().values();
            let texts = texts.map(|text| text.as_str().unwrap().chars().count());
            longest = texts.chain([longest]).max().unwrap();
        }
    }
    assert!(longest > 9500, "there is room for more: {longest}");
}

#[test]
fn a_log_loses_whole_lines_at_its_front() {
    let mut report = samples::report();
    let lines: Vec<_> = (0..5000).map(|n| format!("{n} <!channel> @here")).collect();
    report.log.as_mut().unwrap().lines.clone_from(&lines);
    let told = samples::redacted(&Notice::of(&report), Some(&report));
    let message = Message::of(&told, report.time, &samples::view(5000));
    let alerts = layout().alerts(&told, &message, Fidelity::Full, report.time);
    let log = alerts[0]["annotations"]["log"].as_str().unwrap().replace('\u{200b}', "");
    let shown: Vec<_> = log.lines().map(str::to_owned).collect();
    assert!(shown.len() > 300 && lines.ends_with(&shown), "{log}");
}

proptest! {
    #[test]
    fn what_strangers_write_stays_text(planted in hostile()) {
        for told in samples::hostile_told(&planted) {
            let now = told.notice().time;
            let message = Message::of(&told, now, &samples::view(50));
            let alerts = layout().alerts(&told, &message, Fidelity::Full, now);
            alerts.as_array().unwrap().iter().for_each(check);
        }
    }
}
