//! What becomes of a report by what the service says, as an operator sees it: the real notifier,
//! its words, the requests that come, and the spool.
#![cfg(feature = "deliver")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod support;

use std::net::TcpListener;
use std::ops::RangeInclusive;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use support::{
    Answer, Host, Notifier, Receiver, configure, crash_unnoticed, deliver, wait_until, write_secret,
};

const FILE: &str = "[sink.file.all]\npath = \"/reports.jsonl\"\n";

/// The first back-off is a random part of a second.
const BACK_OFF: Fate = Fate::AgainIn(0.0..=1.0);

/// What an operator sees of a try.
#[derive(Debug, Clone, PartialEq)]
enum Fate {
    /// It is made again after as many seconds.
    AgainIn(RangeInclusive<f64>),
    /// Nothing is sent any more.
    Parked,
    /// The report is given up.
    GivenUp,
}

/// What is asked for, and up to a tenth more, as it is rounded.
fn asked(seconds: f64) -> Fate {
    Fate::AgainIn(seconds..=seconds * 1.1 + 0.1)
}

fn webhook(url: &str) -> String {
    format!("[sink.webhook.hook]\nurl = \"{url}\"\n")
}

/// A host with a report for the sinks of `config`.
fn owing(config: &str) -> Host {
    let host = Host::with_notifier();
    configure(&host, config);
    crash_unnoticed(&host, "shop");
    host
}

/// Fails unless the first thing that the notifier says of a report on `host` is `expected`;
/// returns its words.
#[track_caller]
fn expect(host: &Host, expected: &Fate) -> String {
    const AGAIN: &str = " is tried again in ";
    let notifier = Notifier::start(host);
    let line = notifier.wait_for_word(&[AGAIN, "gave up", "is sent nothing more", "delivered"]);
    let fits = match expected {
        Fate::AgainIn(seconds) => line.split_once(AGAIN).is_some_and(|(_, rest)| {
            let (waits, _) = rest.split_once(" s: ").unwrap();
            seconds.contains(&waits.parse().unwrap())
        }),
        Fate::Parked => line.contains("is sent nothing more until its config or secret changes"),
        Fate::GivenUp => line.contains("gave up"),
    };
    assert!(fits, "{expected:?}: {line}");
    line
}

#[test]
fn an_answer_has_one_consequence() {
    use Fate::{GivenUp, Parked};
    let too_many = || Answer::status(429);
    for (answer, expected) in [
        (Answer::status(408), BACK_OFF),
        (Answer::status(425), BACK_OFF),
        (Answer::status(500), BACK_OFF),
        (Answer::status(503), BACK_OFF),
        (Answer::status(599), BACK_OFF),
        (too_many(), asked(30.0)),
        (too_many().header("Retry-After", "120"), asked(120.0)),
        (Answer::status(503).header("Retry-After", "120"), asked(120.0)),
        (too_many().header("Retry-After", "86400"), Fate::AgainIn(3600.0..=3600.0)),
        (too_many().header("Retry-After", "-120"), asked(30.0)),
        (too_many().header("X-RateLimit-Reset-After", "64.5"), asked(64.5)),
        (too_many().header("X-Sentry-Rate-Limits", "60:error:key, 9:default:key"), asked(60.0)),
        (too_many().body(r#"{"retry_after":41.5}"#), asked(41.5)),
        (too_many().body(r#"{"ok":false,"parameters":{"retry_after":35}}"#), asked(35.0)),
        (too_many().body(r#"{"retry_after_ms":42000}"#), asked(42.0)),
        (too_many().body(r#"{"retry_after":1e300}"#), Fate::AgainIn(3600.0..=3600.0)),
        (Answer::status(407), asked(900.0)),
        (Answer::status(401), Parked),
        (Answer::status(403), Parked),
        (Answer::status(404), Parked),
        (Answer::status(410), Parked),
        (Answer::status(302), GivenUp),
        (Answer::status(418), GivenUp),
        (Answer::Reset, BACK_OFF),
        (Answer::Close, BACK_OFF),
        (Answer::CutOff, BACK_OFF),
    ] {
        let hook = Receiver::new([answer.clone()]);
        let line = expect(&owing(&webhook(&hook.url("/x"))), &expected);
        assert!(line.contains(&hook.url("")), "{answer:?}: who says so is missing: {line}");
    }
}

#[test]
fn a_service_that_is_not_reached_is_tried_again() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (deaf, plain) = (Receiver::new([Answer::Hang]), Receiver::new([]));
    for (url, why) in [
        (format!("http://{nobody}/x"), "cannot connect: Connection refused"),
        // A label of 64 characters is no name: the resolver says so without asking anybody.
        (format!("http://{}.invalid/x", "x".repeat(64)), "cannot connect: "),
        (deaf.url("/x"), "no whole answer within 300ms"),
        (plain.url("/x").replace("http:", "https:"), "cannot connect: "),
    ] {
        let host = owing(&format!("{}timeout = \"300ms\"\n", webhook(&url)));
        let line = expect(&host, &BACK_OFF);
        assert!(line.contains(why), "{line}");
    }
}

#[test]
fn a_proxy_that_wants_a_password_is_named_and_left_alone_for_a_while() {
    let proxy = Receiver::new([Answer::status(407)]);
    for url in ["http://service.invalid/x", "https://service.invalid/x"] {
        let host = owing(&format!("{}proxy = \"{}\"\n", webhook(url), proxy.url("")));
        let line = expect(&host, &asked(900.0));
        assert!(line.contains("the proxy") && line.contains("password"), "{line}");
    }
    let methods: Vec<_> = proxy.requests().into_iter().map(|request| request.method).collect();
    assert_eq!(methods, ["POST", "CONNECT"]);
}

#[test]
fn an_error_in_the_body_of_a_200_is_an_error() {
    for (body, expected) in [
        ("no_service", Fate::Parked),
        ("invalid_token", Fate::Parked),
        ("rate_limited", asked(30.0)),
        ("<html>log in first</html>", Fate::GivenUp),
    ] {
        let slack = Receiver::new([Answer::status(200).body(body)]);
        let sink = format!("[sink.slack.ops]\nwebhook_url = \"{}\"\n", slack.url("/x"));
        let line = expect(&owing(&sink), &expected);
        assert!(line.contains(body) && line.contains("answered 200 OK"), "{line}");
    }
}

#[test]
fn nothing_is_sent_before_the_date_that_a_service_names() {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let date = UNIX_EPOCH + Duration::from_secs(seconds + 3);
    let later = Answer::status(429).header("Retry-After", &httpdate::fmt_http_date(date));
    let hook = Receiver::new([later, Answer::status(200)]);
    let host = owing(&webhook(&hook.url("/x")));
    let _notifier = Notifier::start(&host);
    hook.wait_for(2);
    assert!(SystemTime::now() >= date);
}

#[test]
fn a_sink_is_left_alone_as_a_whole_and_by_the_next_notifier_too() {
    let hook = Receiver::new([Answer::status(429).header("Retry-After", "3000")]);
    let host = owing(&format!("{}{FILE}", webhook(&hook.url("/x"))));
    let in_file = |count| {
        wait_until("the reports in the file", || {
            host.path("/reports.jsonl").exists()
                && host.read("/reports.jsonl").lines().count() == count
        });
    };
    let first = Notifier::start(&host);
    first.wait_for_word(&["is tried again in 3"]);
    crash_unnoticed(&host, "cart");
    in_file(2);
    drop(first);

    crash_unnoticed(&host, "mail");
    let _second = Notifier::start(&host);
    in_file(3);
    // By then it had time to do the wrong thing.
    crash_unnoticed(&host, "post");
    in_file(4);
    assert_eq!(hook.requests().len(), 1);
}

#[test]
fn what_is_refused_in_both_forms_is_a_dead_letter() {
    for status in [400, 413, 422] {
        let hook = Receiver::new([Answer::status(status).body("bad form")]);
        let host = owing(&webhook(&hook.url("/x")));
        assert!(deliver(&host).status.success());
        let tries = hook.requests();
        assert_eq!(tries.len(), 2, "{status}");
        assert!(tries[1].body.len() < tries[0].body.len(), "{status}");
        let dead = host.spool("dead/webhook.hook").remove(0);
        let letter = host.read(&format!("/var/spool/upstart-monitor/dead/webhook.hook/{dead}"));
        assert!(letter.contains(&format!("answered {status}")), "{letter}");
        assert!(letter.contains("bad form"), "{letter}");
    }
}

#[test]
fn a_redirect_leads_nowhere() {
    let target = Receiver::new([]);
    for status in [301, 302, 303, 307, 308] {
        let answer = Answer::status(status).header("Location", &target.url("/elsewhere"));
        let hook = Receiver::new([answer]);
        let host = owing(&webhook(&hook.url("/x")));
        assert!(deliver(&host).status.success());
        assert_eq!(hook.requests().len(), 1, "{status}");
        assert_eq!(host.spool("dead/webhook.hook").len(), 1, "{status}");
    }
    assert!(target.requests().is_empty());
}

#[test]
fn a_parked_sink_is_set_free_by_a_new_secret() {
    for status in [401, 403, 404, 410] {
        let hook = Receiver::new([Answer::status(status), Answer::status(200)]);
        let host = owing("[sink.webhook.hook]\nurl_file = \"hook\"\n");
        write_secret(&host, "hook", &hook.url("/old"));
        for _ in 0..2 {
            assert!(deliver(&host).status.success());
            assert_eq!(hook.requests().len(), 1, "{status}");
        }
        write_secret(&host, "hook", &hook.url("/new"));
        assert!(deliver(&host).status.success());
        let paths: Vec<_> = hook.requests().into_iter().map(|request| request.path).collect();
        assert_eq!(paths, ["/old", "/new"], "{status}");
        assert!(host.spool("queue/webhook.hook").is_empty());
    }
}

#[test]
fn a_parked_sink_is_set_free_while_the_notifier_is_busy_with_another() {
    let hook = Receiver::new([Answer::status(401), Answer::status(200)]);
    let other = Receiver::new([Answer::status(503).header("Retry-After", "3000")]);
    let host = owing(&format!(
        "[sink.webhook.hook]\nurl_file = \"hook\"\n[sink.webhook.other]\nurl = \"{}\"\n",
        other.url("/x")
    ));
    write_secret(&host, "hook", &hook.url("/old"));
    let mut notifier = Notifier::start(&host);
    notifier.wait_for_word(&["webhook.hook: is sent nothing more"]);
    notifier.wait_for_word(&["is tried again in 3"]);

    write_secret(&host, "hook", &hook.url("/new"));
    // It steps back, and leaves word for the one at work.
    assert!(deliver(&host).status.success());
    assert_eq!(hook.wait_for(2)[1].path, "/new");
    assert!(notifier.is_at_work());
    assert_eq!(other.requests().len(), 1);
}
