use proptest::prelude::*;

use super::*;
use crate::report::{CrashReport, Link};
use crate::sinks::samples;
use crate::sinks::testing::{hostile, is_harmless, texts};

/// The event on `notice`, told at once.
fn event(notice: &Notice, report: Option<&CrashReport>, fidelity: Fidelity) -> Value {
    let told = samples::redacted(notice, report.filter(|_| notice.report().is_some()));
    let message = Message::of(&told, notice.time, &samples::view(50));
    let event =
        Event { told: &told, message: &message, severity: notice.severity, group: Some("web") };
    event.json(fidelity)
}

#[test]
fn a_job_has_one_alert_from_the_crash_to_the_all_clear() {
    let report = samples::report();
    let events = samples::notices().map(|notice| event(&notice, Some(&report), Fidelity::Full));
    let told = events.each_ref().map(|event| {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (text(&event["event_action"]), text(&event["dedup_key"]))
    });
    let expected = [
        ("trigger", "web-1/nginx/eu-1"),
        ("trigger", "web-1/nginx/eu-1"),
        ("trigger", "web-1/nginx/eu-1"),
        ("resolve", "web-1/nginx/eu-1"),
        ("trigger", "web-1//digest"),
        ("trigger", "web-1//sink/slack.ops"),
        ("trigger", "web-1//test/slack.ops"),
    ];
    assert_eq!(told, expected.map(|(action, key)| (action.to_owned(), key.to_owned())));
}

#[test]
fn an_event_looks_like_this() {
    let mut report = samples::report();
    report.links = vec![Link {
        text: "runbook".to_owned(),
        href: "https://wiki.example.com/nginx".to_owned(),
    }];
    report.log.as_mut().unwrap().lines = vec!["<!channel> @everyone".to_owned()];
    let event = event(&Notice::of(&report), Some(&report), Fidelity::Full);
    assert_eq!(
        event,
        json!({
            "event_action": "trigger",
            "dedup_key": "web-1/nginx/eu-1",
            "client": "upstart-monitor",
            "links": [{ "href": "https://wiki.example.com/nginx", "text": "runbook" }],
            "payload": {
                "summary":
                    "web-1: nginx (eu-1) crashed: SIGSEGV after 5 h 42 min, back after 0.4 s",
                "source": "web-1",
                "severity": "error",
                "timestamp": "2026-11-21T03:42:17.123456Z",
                "class": "crash",
                "component": "nginx (eu-1)",
                "group": "web",
                "custom_details": {
                    "Host": "web-1",
                    "Job": "nginx (eu-1)",
                    "Verdict": "crashed: SIGSEGV",
                    "Time": "2026-11-21 03:42:17 UTC",
                    "Ran": "5 h 42 min",
                    "Load": "8.42 3.10 1.05",
                    "Memory free": "202 MiB of 7.8 GiB",
                    "Kernel":
                        "nginx[4712]: segfault at 0 ip 00000000004005d4 sp 00007ffc6a1d2e30 error 4 in \
                         nginx[400000+f2000]\n\
                         init: nginx (eu-1) main process (4712) killed by SEGV signal",
                    "Unusual":
                        "memory: about 202 MiB of 7.8 GiB available\n\
                         swap: 4 KiB of 2.0 GiB free\n\
                         memory of /upstart/nginx: at its limit 7 times, \
                         1 process killed for want of memory\n\
                         load: 8.42 3.10 1.05 on 4 processors\n\
                         pressure: everything waited for memory 41 % of 10 s\n\
                         disk /var/log/upstart: 0 B of 4.8 GiB available\n\
                         disk /var/log/upstart: 12 of 327680 inodes available\n\
                         file handles: 790112 of 812014 open",
                    "Changed":
                        "/etc/init/nginx.conf was changed 4 h 30 min before the crash, \
                         while the job ran\npackages were changed 21 h 17 min before the crash",
                    "Left behind": "4715 /usr/bin/worker --queue mail (tcp 8080)",
                    "Why": "init calls it a failure and respawns the job\n\
                            init: main was killed by SIGSEGV\n\
                            the marker that pre-start armed at 2026-11-20T22:00:00.000000Z \
                            was still there: pre-stop never ran",
                    "Log of": "/var/log/upstart/nginx-eu-1.log (the last lines of this run)",
                    "Log": ["<!channel> @everyone"],
                    "Not collected": "pressure: not \u{fffd}there",
                    "Labels": "team=web",
                    "Id": "report 6c1d8e40",
                    "More": "upstart-crash show 6c1d8e40",
                },
            },
        }),
        "{event:#}"
    );
}

#[test]
fn a_digest_names_its_jobs() {
    let [.., digest, _, _] = samples::notices();
    let event = event(&digest, None, Fidelity::Full);
    let lines = event["payload"]["custom_details"]["List"].as_array().unwrap();
    assert_eq!(lines.last().unwrap(), "and 35 more jobs (396 failures)");
}

#[test]
fn every_event_keeps_every_limit_and_uses_its_room() {
    let mut longest = 0;
    let (report, worst) = (samples::report(), samples::worst());
    let mostly = samples::notices().map(|notice| (notice, &report));
    let at_worst = samples::worst_notices().map(|notice| (notice, &worst));
    for (notice, report) in mostly.into_iter().chain(at_worst) {
        for fidelity in [Fidelity::Full, Fidelity::Minimal] {
            let event = event(&notice, Some(report), fidelity);
            assert!(event.to_string().len() <= 512_000 - 100, "{}", event.to_string().len());
            longest = event.to_string().len().max(longest);
            let chars = |text: &Value| text.as_str().unwrap().chars().count();
            assert!((1..=255).contains(&chars(&event["dedup_key"])), "{event:#}");
            if event["event_action"] == "resolve" {
                continue;
            }
            assert!((1..=1024).contains(&chars(&event["payload"]["summary"])), "{event:#}");
            let source = &event["payload"]["source"];
            assert!((1..=1024).contains(&chars(source)), "{event:#}");
            let least = event["payload"].get("custom_details").is_none();
            assert_eq!(least, fidelity == Fidelity::Minimal);
            let component = event["payload"]["component"].as_str().unwrap_or_default();
            assert!(component.chars().count() <= 1024, "{component}");
        }
    }
    assert!(longest > 128_000, "there is room for more: {longest}");
}

#[test]
fn the_log_keeps_its_end_and_a_storm_every_crash() {
    let mut report = samples::worst();
    let line = "\u{1}".repeat(400);
    report.log.as_mut().unwrap().lines = vec![line; 5000];
    report.log.as_mut().unwrap().lines.push("the end".to_owned());
    let told = samples::redacted(&Notice::of(&report), Some(&report));
    let message = Message::of(&told, report.time, &samples::view(usize::MAX));
    let event = Event { told: &told, message: &message, severity: Severity::Error, group: None };
    let event = event.json(Fidelity::Full);
    let log = event["payload"]["custom_details"]["Log"].as_array().unwrap();
    assert_eq!(log.last().unwrap(), "the end");
    assert!((50..5000).contains(&log.len()), "{}", log.len());
    let line = &message.log().unwrap().lines[0];
    assert!(log[..log.len() - 1].iter().all(|shown| shown == line), "a line was cut");
    assert!((128_000..512_000).contains(&event.to_string().len()));
}

proptest! {
    #[test]
    fn two_long_keys_stay_two(one in "[a-zé/]{0,300}", other in "[a-zé/]{0,300}") {
        let common = "x".repeat(250);
        let of = |end: &str| {
            let [Notice { mut subject, .. }, ..] = samples::notices();
            if let Subject::Crash { job, .. } = &mut subject {
                job.key = format!("{common}{end}");
            }
            dedup_key("web-1", &subject)
        };
        prop_assert!(of(&one).chars().count() <= 255);
        prop_assert_eq!(of(&one) == of(&other), one == other);
    }

    #[test]
    fn what_strangers_write_stays_text(planted in hostile()) {
        for told in samples::hostile_told(&planted) {
            let message = Message::of(&told, told.notice().time, &samples::view(50));
            let severity = told.notice().severity;
            let event = Event { told: &told, message: &message, severity, group: None };
            let event = event.json(Fidelity::Full);
            prop_assert!(texts(&event).into_iter().all(is_harmless), "{:?}", event);
        }
    }
}
