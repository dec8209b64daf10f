//! Each sink as the notifier drives it: a config in a throw-away root, and a service that behaves
//! as services do on a bad day.
#![cfg(feature = "deliver")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails panics"
)]

mod support;

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use support::{Answer, Certified, Receiver, Request, told};
use upstart_monitor::config::Config;
use upstart_monitor::notice::Notice;
use upstart_monitor::paths::Places;
use upstart_monitor::redaction::{Redacted, Redaction};
use upstart_monitor::report::CrashReport;
use upstart_monitor::sinks::{Attempt, Fidelity, NamedSink, Outcome};
use upstart_monitor::time::Timestamp;

/// What no text may show: parts of URLs, headers and the key that posts are signed with.
const SECRETS: [&str; 5] = [
    "XXXXsecretpathXXXX",
    "YYYYsecretqueryYYYY",
    "ZZZZpasswordZZZZ",
    "WWWWsecretheaderWWWW",
    "VVVVsigningkeyVVVV",
];

const NOW: Timestamp = Timestamp::from_micros(1_795_232_600_500_000);

fn report() -> CrashReport {
    serde_json::from_str(include_str!("data/report-v1.json")).unwrap()
}

/// `report` as the notifier hands it over.
fn handed_over(report: &CrashReport) -> Redacted {
    Redaction::off().redact_notice(&Notice::of(report), Some(report))
}

// --- the host ------------------------------------------------------------------------------

/// A throw-away root with a config.
struct Host {
    root: tempfile::TempDir,
}

impl Host {
    fn new(config: &str) -> Self {
        let host = Self { root: tempfile::tempdir().unwrap() };
        host.write("/etc/upstart-monitor/config.toml", config, 0o600);
        host
    }

    fn path(&self, absolute: &str) -> PathBuf {
        self.root.path().join(absolute.trim_start_matches('/'))
    }

    fn write(&self, absolute: &str, text: &str, mode: u32) {
        let path = self.path(absolute);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    }

    /// The only sink of the config.
    fn sink(&self) -> NamedSink {
        let root = Vec::leak(self.root.path().as_os_str().as_encoded_bytes().to_vec());
        let config = Config::load(Places::under(root));
        let mut sinks = config.unwrap_or_else(|error| panic!("{:#?}", error.0)).sinks;
        assert_eq!(sinks.len(), 1);
        sinks.remove(0)
    }

    fn deliver(&self, fidelity: Fidelity) -> Outcome {
        deliver(&self.sink(), fidelity)
    }
}

fn deliver(sink: &NamedSink, fidelity: Fidelity) -> Outcome {
    let outcome =
        sink.sink.deliver(&Attempt { notice: &handed_over(&report()), fidelity, now: NOW });
    let shown = format!("{outcome:?}");
    for secret in SECRETS {
        assert!(!shown.contains(secret), "{}: {shown}", sink.name);
    }
    outcome
}

fn slack(url: &str) -> String {
    format!(
        "[delivery]\nproxy = \"none\"\n\
         [sink.slack.ops]\nwebhook_url = \"{url}/services/T0/B0/{}\"\n",
        SECRETS[0]
    )
}

fn webhook(url: &str) -> String {
    format!(
        "[delivery]\nproxy = \"none\"\n\
         [sink.webhook.hook]\nurl = \"{}/hooks/{}?token={}\"\n\
         secret = \"{}\"\nheaders = {{ \"X-Api-Key\" = \"Bearer {}\" }}\n",
        url.replace("://", &format!("://user:{}@", SECRETS[2])),
        SECRETS[0],
        SECRETS[1],
        SECRETS[4],
        SECRETS[3],
    )
}

// --- what a service does --------------------------------------------------------------------

/// The limit holds for the whole try, however slowly the service goes on; 20 s are for a machine
/// that is busy, against services that never end.
#[test]
fn a_service_that_does_not_end_is_left_at_the_time_limit() {
    for answer in [Answer::Hang, Answer::Drip] {
        let service = Receiver::new([answer]);
        for url in [service.url(""), service.url("").replace("http:", "https:")] {
            for config in [slack(&url), webhook(&url)] {
                let begun = Instant::now();
                let host = Host::new(&format!("{config}timeout = \"300ms\"\n"));
                let (outcome, after, why) = told(host.deliver(Fidelity::Full));
                assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
                assert_eq!((outcome, after), ("retry", None), "{why}");
            }
        }
    }
}

#[test]
fn a_service_that_is_not_there_is_tried_again() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    // A label of 64 characters is no name: the resolver says so without asking anybody.
    for url in [format!("http://{nobody}"), format!("http://{}.invalid", "x".repeat(64))] {
        for config in [slack(&url), webhook(&url)] {
            let (outcome, after, why) = told(Host::new(&config).deliver(Fidelity::Full));
            assert_eq!((outcome, after), ("retry", None), "{why}");
            assert!(why.starts_with(&format!("{url}: cannot connect: ")), "{why}");
        }
    }
}

#[test]
fn slack_counts_200_only_with_ok() {
    for (body, expected) in
        [("no_service", "parked"), ("invalid_blocks", "refused"), ("hello", "rejected")]
    {
        let service = Receiver::new([Answer::status(200).body(body)]);
        let (outcome, _, why) = told(Host::new(&slack(&service.url(""))).deliver(Fidelity::Full));
        assert_eq!(outcome, expected, "{why}");
        assert!(why.contains(body), "{why}");
    }
}

// --- what is sent --------------------------------------------------------------------------

#[test]
fn slack_gets_blocks_or_plain_text() {
    let service = Receiver::new([Answer::status(200).body("ok")]);
    let host = Host::new(&slack(&service.url("")));
    for fidelity in [Fidelity::Full, Fidelity::Minimal] {
        assert_eq!(told(host.deliver(fidelity)).0, "delivered");
    }
    let requests = service.requests();
    for request in &requests {
        assert_eq!(request.path, format!("/services/T0/B0/{}", SECRETS[0]));
        assert_eq!(request.header("content-type"), Some("application/json"));
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(request.header("user-agent"), Some(&*format!("upstart-monitor/{version}")));
    }
    let [full, minimal] = [&requests[0], &requests[1]].map(Request::json);
    let title = format!("🔴 {}, back after 0.4 s", report().summary);
    assert_eq!(full["text"], title);
    assert_eq!(full["blocks"][0]["text"]["text"], title);
    assert_eq!(minimal["blocks"], serde_json::Value::Null);
    assert!(minimal["text"].as_str().unwrap().contains("upstart-crash show 6c1d8e40"));
}

#[test]
fn a_webhook_gets_the_report_as_it_is_signed() {
    let service = Receiver::new([Answer::status(204)]);
    let host = Host::new(&webhook(&service.url("")));
    for fidelity in [Fidelity::Full, Fidelity::Full, Fidelity::Minimal] {
        assert_eq!(told(host.deliver(fidelity)).0, "delivered");
    }
    let requests = service.requests();
    let mut expected = serde_json::to_value(report()).unwrap();
    expected["kind"] = "crash".into();
    expected["incident"] = serde_json::json!({
        "nth": 1,
        "since": report().time,
        "tally": [{
            "cause": { "verdict": "crashed", "exit": "SIGSEGV", "severity": "error" },
            "count": 1,
        }],
    });
    assert_eq!(requests[0].json(), expected);
    assert_eq!(requests[0].body, requests[1].body);
    for request in &requests {
        assert_eq!(request.path, format!("/hooks/{}?token={}", SECRETS[0], SECRETS[1]));
        assert_eq!(request.header("x-api-key"), Some(&*format!("Bearer {}", SECRETS[3])));
        assert!(request.header("authorization").unwrap().starts_with("Basic "));
        assert_eq!(request.header("webhook-id"), Some(report().id.text().as_str()));
        assert_eq!(request.header("webhook-timestamp"), Some("1795232600"));
        assert!(request.header("webhook-signature").unwrap().starts_with("v1,"));
    }
    assert_eq!(requests[0].header("webhook-signature"), requests[1].header("webhook-signature"));
    assert_ne!(requests[0].header("webhook-signature"), requests[2].header("webhook-signature"));
    assert_eq!(
        requests[2].json(),
        serde_json::json!({
            "version": 1,
            "id": report().id,
            "kind": "crash",
            "severity": "error",
            "summary": "web-1: nginx (eu-1) crashed: SIGSEGV after 5 h 42 min",
            "time": "2026-11-21T03:42:17.123456Z",
            "host": { "name": "web-1" },
            "job": { "name": "nginx", "instance": "eu-1" },
            "verdict": { "kind": "crashed" },
        })
    );
}

#[test]
fn a_webhook_without_a_secret_is_not_signed() {
    let service = Receiver::new([Answer::status(200)]);
    let url = service.url("");
    let host = Host::new(&format!("[sink.webhook.a]\nurl = \"{url}/\"\nproxy = \"none\"\n"));
    assert_eq!(told(host.deliver(Fidelity::Full)).0, "delivered");
    let requests = service.requests();
    assert!(requests[0].header("webhook-id").is_some());
    assert!(requests[0].header("webhook-timestamp").is_some());
    assert_eq!(requests[0].header("webhook-signature"), None);
}

#[test]
fn a_proxy_is_used_but_not_for_the_hosts_it_is_not_for() {
    let proxy = Receiver::new([Answer::status(200).body("ok")]);
    let direct = Receiver::new([Answer::status(200).body("ok")]);
    for url in ["http://service.invalid", &direct.url("")] {
        let config = slack(url).replace("\"none\"", &format!("\"{}\"", proxy.url("")));
        let config = config.replace("[sink", "no_proxy = [\"127.0.0.1\"]\n[sink");
        assert_eq!(told(Host::new(&config).deliver(Fidelity::Full)).0, "delivered");
    }
    let path = format!("/services/T0/B0/{}", SECRETS[0]);
    let paths =
        |service: &Receiver| service.requests().iter().map(|r| r.path.clone()).collect::<Vec<_>>();
    assert_eq!(paths(&proxy), [format!("http://service.invalid{path}")]);
    assert_eq!(paths(&direct), [path]);
}

// --- TLS -----------------------------------------------------------------------------------

#[test]
fn a_certificate_of_ca_file_is_trusted_and_no_other() {
    for (name, until, with_ca, expected) in [
        ("127.0.0.1", 4000, true, ("delivered", None)),
        ("127.0.0.1", 4000, false, ("retry", Some(300))),
        ("127.0.0.1", 2001, true, ("retry", Some(300))),
        ("example.com", 4000, true, ("retry", Some(300))),
    ] {
        let certified = Certified::of(name, until);
        let service = Receiver::over_tls([Answer::status(200).body("ok")], &certified);
        for config in [slack(&service.url("")), webhook(&service.url(""))] {
            let ca_file = if with_ca { "ca_file = \"/etc/ssl/corp.pem\"\n" } else { "" };
            let host = Host::new(&format!("{config}{ca_file}"));
            host.write("/etc/ssl/corp.pem", &certified.ca_pem, 0o644);
            let (outcome, after, why) = told(host.deliver(Fidelity::Full));
            assert_eq!((outcome, after), expected, "{name} {until} {with_ca}: {why}");
            assert!(outcome == "delivered" || why.contains("certificate"), "{why}");
        }
    }
}

#[test]
fn a_ca_file_that_cannot_be_used_is_named() {
    for (content, why) in [(None, "No such file"), (Some("garbage"), "holds no certificate")] {
        let config = slack("https://127.0.0.1:1");
        let host = Host::new(&format!("{config}ca_file = \"/etc/ssl/corp.pem\"\n"));
        if let Some(content) = content {
            host.write("/etc/ssl/corp.pem", content, 0o644);
        }
        let (outcome, after, told) = told(host.deliver(Fidelity::Full));
        assert_eq!((outcome, after), ("retry", Some(300)));
        assert!(told.contains("/etc/ssl/corp.pem") && told.contains(why), "{told}");
    }
}

// --- secrets -------------------------------------------------------------------------------

#[test]
fn a_secret_file_is_read_at_each_send() {
    let service = Receiver::new([Answer::status(200).body("ok")]);
    let host = Host::new("[sink.slack.ops]\nwebhook_url_file = \"ops\"\nproxy = \"none\"\n");
    let sink = host.sink();
    let secret = "/etc/upstart-monitor/secrets/ops";
    let mut fingerprints = vec![sink.sink.fingerprint()];

    let (outcome, _, why) = told(deliver(&sink, Fidelity::Full));
    assert_eq!(outcome, "parked");
    assert!(why.contains(&host.path(secret).display().to_string()), "{why}");

    host.write(secret, &format!("{}/{}", service.url(""), SECRETS[0]), 0o644);
    fingerprints.push(sink.sink.fingerprint());
    let (outcome, _, why) = told(deliver(&sink, Fidelity::Full));
    assert_eq!(outcome, "parked");
    assert!(why.contains(&format!("chmod 0600 {}", host.path(secret).display())), "{why}");

    for path in ["one", "two"] {
        host.write(secret, &format!("{}/{path}{}\n", service.url(""), SECRETS[0]), 0o600);
        fingerprints.push(sink.sink.fingerprint());
        assert_eq!(told(deliver(&sink, Fidelity::Full)).0, "delivered");
    }
    let paths: Vec<_> = service.requests().into_iter().map(|request| request.path).collect();
    let expected = ["one", "two"].map(|path| format!("/{path}{}", SECRETS[0]));
    assert_eq!(paths, expected);

    assert_eq!(fingerprints.last(), Some(&sink.sink.fingerprint()), "nothing has changed");
    for (position, fingerprint) in fingerprints.iter().enumerate() {
        assert!(fingerprint.len() == 64 && !fingerprints[..position].contains(fingerprint));
    }
}

#[test]
fn a_secret_that_stands_where_others_can_read_it_is_not_used() {
    let service = Receiver::new([Answer::status(200).body("ok")]);
    for config in [slack(&service.url("")), webhook(&service.url(""))] {
        let host = Host::new("");
        host.write("/etc/upstart-monitor/config.toml", &config, 0o644);
        let exposed = host.sink();
        let (outcome, _, why) = told(deliver(&exposed, Fidelity::Full));
        assert_eq!(outcome, "parked");
        let path = host.path("/etc/upstart-monitor/config.toml");
        assert!(why.contains(&format!("chmod 0600 {}", path.display())), "{why}");

        host.write("/etc/upstart-monitor/config.toml", &config, 0o600);
        let mended = host.sink();
        assert_eq!(told(deliver(&mended, Fidelity::Full)).0, "delivered");
        assert_ne!(exposed.sink.fingerprint(), mended.sink.fingerprint());
    }
}

#[test]
fn a_secret_that_does_not_do_is_told_without_it() {
    let [key, url] = [
        "[sink.webhook.a]\nurl = \"http://127.0.0.1:1\"\nsecret_file = \"it\"\n",
        "[sink.slack.ops]\nwebhook_url_file = \"it\"\n",
    ];
    let unset = "[sink.slack.ops]\nwebhook_url_env = \"UPSTART_MONITOR_TEST_UNSET\"\n";
    for (config, told_so) in [
        (key, "what follows `whsec_` is no base64"),
        (url, "not an https:// or http:// URL"),
        (unset, "UPSTART_MONITOR_TEST_UNSET is set neither in the environment nor in "),
    ] {
        let host = Host::new(config);
        host.write("/etc/upstart-monitor/secrets/it", &format!("whsec_{}!", SECRETS[0]), 0o600);
        let (outcome, _, why) = told(host.deliver(Fidelity::Full));
        assert_eq!(outcome, "parked");
        assert!(why.contains(told_so), "{why}");
    }
}

// --- files ---------------------------------------------------------------------------------

const JSONL: &str = "[sink.file.jsonl]\npath = \"/var/log/crashes.jsonl\"\n";

#[test]
fn a_file_grows_by_one_line_a_report() {
    let host = Host::new(JSONL);
    host.write("/var/log/other", "", 0o600);
    let sink = host.sink();
    for _ in 0..2 {
        assert_eq!(told(deliver(&sink, Fidelity::Full)).0, "delivered");
    }
    let path = host.path("/var/log/crashes.jsonl");
    fs::rename(&path, path.with_extension("1")).unwrap();
    assert_eq!(told(deliver(&sink, Fidelity::Full)).0, "delivered");

    for (path, count) in [(path.with_extension("1"), 2), (path.clone(), 1)] {
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<_> = text.split_inclusive('\n').collect();
        assert_eq!(lines.len(), count);
        for line in lines {
            assert!(line.ends_with('\n'));
            assert_eq!(serde_json::from_str::<CrashReport>(line).unwrap(), report());
        }
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o137, 0, "not for everybody");
    }
}

#[test]
fn a_long_line_loses_the_front_of_its_log() {
    let host = Host::new(JSONL);
    host.write("/var/log/other", "", 0o600);
    let mut report = report();
    let log = report.log.as_mut().unwrap();
    log.truncated = false;
    log.lines = (0..50).map(|n| format!("{n} {}", "\"".repeat(1300))).collect();
    let attempt = Attempt { notice: &handed_over(&report), fidelity: Fidelity::Full, now: NOW };
    assert_eq!(told(host.sink().sink.deliver(&attempt)).0, "delivered");

    let line = fs::read_to_string(host.path("/var/log/crashes.jsonl")).unwrap();
    let read: CrashReport = serde_json::from_str(&line).unwrap();
    let kept = read.log.unwrap();
    assert!(line.len() <= 64 * 1024 && line.len() > 60 * 1024, "{}", line.len());
    assert!(kept.truncated && kept.lines[0] != report.log.as_ref().unwrap().lines[0]);
    assert_eq!(kept.lines.last(), report.log.unwrap().lines.last());
}

#[test]
fn a_file_that_cannot_be_written_is_tried_again() {
    type Trouble = fn(&Host);
    for (trouble, why) in [
        ((|_| {}) as Trouble, "mkdir -p "),
        (
            |host| {
                host.write("/var/log/target", "", 0o600);
                symlink("target", host.path("/var/log/crashes.jsonl")).unwrap();
            },
            "symbolic link",
        ),
        (|host| fs::create_dir_all(host.path("/var/log/crashes.jsonl")).unwrap(), "directory"),
        (
            |host| {
                fs::create_dir_all(host.path("/var/log")).unwrap();
                let fifo = host.path("/var/log/crashes.jsonl");
                nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
            },
            "No such device",
        ),
    ] {
        let host = Host::new(JSONL);
        trouble(&host);
        let (outcome, after, told) = told(host.deliver(Fidelity::Full));
        assert_eq!((outcome, after), ("retry", None), "{told}");
        let path = host.path("/var/log/crashes.jsonl");
        assert!(told.starts_with(&path.display().to_string()) && told.contains(why), "{told}");
    }
}
