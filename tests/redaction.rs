//! No secret reaches a sink: each kind of sink, as the config makes it, is handed reports with a
//! secret in every text that somebody else can have written.
#![cfg(feature = "deliver")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails panics")]

mod support;

use proptest::prelude::*;
use serde_json::Value;
use support::{Answer, Host, Receiver};
use upstart_monitor::config::Config;
use upstart_monitor::notice::Notice;
use upstart_monitor::paths::Places;
use upstart_monitor::report::CrashReport;
use upstart_monitor::sinks::{Attempt, Fidelity, Outcome};
use upstart_monitor::time::Timestamp;

/// What a service writes, and the secret in it: one of each kind.
const SECRETS: &[(&str, &str)] = &[
    ("password=hunter2-hunter2", "hunter2-hunter2"),
    ("{\"client_secret\":\"s3cr3t s3cr3t\"}", "s3cr3t s3cr3t"),
    ("--token a1b2c3d4e5f6", "a1b2c3d4e5f6"),
    ("mysql -u root -pa1b2c3d4 shop", "a1b2c3d4"),
    ("Authorization: Basic Ym9iOmh1bnRlcjI=", "Ym9iOmh1bnRlcjI="),
    ("Cookie: sid=a1b2c3d4; x=y", "a1b2c3d4"),
    ("postgres://bob:hunter2-hunter2@db/shop", "hunter2-hunter2"),
    ("https://b.s3/x?X-Amz-Signature=a1b2c3d4e5", "a1b2c3d4e5"),
    ("AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
    ("AIzaSyA1234567890abcdefghijklmnopqrstuv", "AIzaSyA1234567890abcdefghijklmnopqrstuv"),
    ("xoxb-123456789012-AbCdEfGhIjKlMnOp", "xoxb-123456789012-AbCdEfGhIjKlMnOp"),
    ("https://hooks.slack.com/services/T0000/B0000/XXXXXXXXXX", "XXXXXXXXXX"),
    ("ghp_abcdefghijklmnopqrstuvwxyz0123456789", "abcdefghijklmnopqrstuvwxyz0123456789"),
    ("glpat-abcdefghij0123456789", "abcdefghij0123456789"),
    ("sk_live_abcdefghijklmnop01234567", "abcdefghijklmnop01234567"),
    ("npm_abcdefghijklmnopqrstuvwxyz0123456789", "abcdefghijklmnopqrstuvwxyz0123456789"),
    ("SG.abcdefghijklmnopqrstuv.abcdefghijklmnopqrst", "abcdefghijklmnopqrstuv"),
    ("123456789:AAabcdefghijklmnopqrstuvwxyz0123456", "abcdefghijklmnopqrstuvwxyz"),
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3", "eyJzdWIiOiIxMjM0In0"),
    ("-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBgkqhkiG9w0B\\n", "MIIEvQIBADANBgkqhkiG9w0B"),
    ("4111 1111 1111 1111", "4111 1111 1111 1111"),
];

/// Those texts of a report that are not somebody else's: fixed words, times, ids, the host.
const OWN: &[&str] = &[
    "/id",
    "/severity",
    "/time",
    "/host",
    "/job/started_at",
    "/job/run",
    "/verdict/kind",
    "/exit/kind",
    "/evidence/marker",
    "/evidence/init",
    "/evidence/kernel_log",
    "/evidence/runlevel",
    "/snapshot/taken_at",
    "/snapshot/disks/holds",
    "/aftermath/examined_at",
    "/aftermath/recovery/kind",
    "/aftermath/processes/by_memory/user",
    "/aftermath/processes/by_memory/state",
    "/aftermath/processes/by_cpu/user",
    "/aftermath/processes/by_cpu/state",
    "/aftermath/left_behind/ports",
    "/aftermath/changes/booted_at",
    "/aftermath/changes/packages_changed_at",
    "/aftermath/changes/configuration/changed_at",
    "/agent",
];

/// Puts `planted` into all other texts of `value`; how many there were.
fn plant(value: &mut Value, path: &str, planted: &str) -> usize {
    if OWN.contains(&path) {
        return 0;
    }
    match value {
        Value::String(text) => {
            planted.clone_into(text);
            1
        }
        Value::Array(values) => values.iter_mut().map(|value| plant(value, path, planted)).sum(),
        Value::Object(fields) => fields
            .iter_mut()
            .map(|(name, value)| plant(value, &format!("{path}/{name}"), planted))
            .sum(),
        _ => 0,
    }
}

/// A report with `planted` in it wherever a service can have put it.
fn report_with(planted: &str) -> CrashReport {
    let mut report = serde_json::from_str(include_str!("data/report-v1.json")).unwrap();
    assert!(plant(&mut report, "", planted) >= 17, "{report:#}");
    serde_json::from_value(report).unwrap()
}

/// A service for each kind of sink that posts, and a host whose config names all kinds.
struct Sinks {
    host: Host,
    receiver: Receiver,
    config: Config,
}

impl Sinks {
    fn new() -> Self {
        let receiver = Receiver::new([Answer::status(200).body("ok")]);
        let host = Host::new();
        host.config(&format!(
            "[delivery]\nproxy = \"none\"\n[sink.file.all]\npath = \"/all.jsonl\"\n\
             [sink.webhook.hook]\nurl = \"{}\"\n[sink.slack.ops]\nwebhook_url_env = \"OPS\"\n",
            receiver.url("/hook"),
        ));
        host.write("/etc/default/upstart-monitor", format!("OPS={}\n", receiver.url("/ops")));
        let path = host.path("/etc/default/upstart-monitor");
        std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600))
            .unwrap();
        let root = Vec::leak(host.path("").as_os_str().as_encoded_bytes().to_vec());
        let config = Config::load(Places::under(root)).unwrap_or_else(|e| panic!("{:#?}", e.0));
        Self { host, receiver, config }
    }

    /// Everything that reaches any of them of `report`, in full and in short.
    fn told_of(&self, report: &CrashReport) -> Vec<String> {
        let before = self.receiver.requests().len();
        std::fs::remove_file(self.host.path("/all.jsonl")).ok();
        for fidelity in [Fidelity::Full, Fidelity::Minimal] {
            for sink in &self.config.sinks {
                let notice = Notice::of(report);
                let notice = &self.config.redaction.redact_notice(&notice, Some(report));
                let attempt = Attempt { notice, fidelity, now: Timestamp::from_micros(0) };
                assert_eq!(sink.sink.deliver(&attempt), Outcome::Delivered, "{}", sink.name);
            }
        }
        let posted = self.receiver.wait_for(before + 4).split_off(before);
        let file = self.host.read("/all.jsonl");
        posted.iter().map(support::Request::text).chain([file]).collect()
    }
}

thread_local! { static SINKS: Sinks = Sinks::new(); }

#[test]
fn no_sink_is_told_a_secret_of_any_kind() {
    for (planted, secret) in SECRETS {
        for told in SINKS.with(|sinks| sinks.told_of(&report_with(planted))) {
            assert!(!told.contains(secret), "{planted}: {told}");
            assert!(told.contains("[redacted: "), "{planted}: {told}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_sink_is_told_a_secret_whatever_stands_around_it(
        (planted, secret) in prop::sample::select(SECRETS),
        before in "(\\PC{0,20}[ ,;])?",
        after in "([ ,;]\\PC{0,20})?",
    ) {
        let report = report_with(&format!("{before}{planted}{after}"));
        for told in SINKS.with(|sinks| sinks.told_of(&report)) {
            prop_assert!(!told.contains(secret), "{}: {}", planted, told);
        }
    }
}
