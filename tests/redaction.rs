//! No secret reaches a sink: each kind of sink, as the config makes it, is handed notices and reports
//! with a secret in every text that somebody else can have written.
#![cfg(feature = "deliver")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails panics")]

mod support;

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::Value;
use support::kinds::KINDS;
use support::{Request, Sinks, known_kinds, notices};
use upstart_monitor::notice::{Notice, Subject};
use upstart_monitor::report::CrashReport;
use upstart_monitor::sinks::Fidelity;

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
    "/withheld/by",
    "/withheld/until",
    "/agent",
];

/// The same of a notice.
const OWN_OF_NOTICE: &[&str] = &[
    "/id",
    "/time",
    "/severity",
    "/host",
    "/subject/kind",
    "/subject/cause/verdict",
    "/subject/cause/severity",
    "/subject/began",
    "/subject/tally/cause/verdict",
    "/subject/tally/cause/severity",
    "/subject/report",
    "/subject/since",
    "/subject/until",
    "/subject/latest",
    "/subject/jobs/tally/cause/verdict",
    "/subject/jobs/tally/cause/severity",
    "/subject/jobs/until",
    "/subject/jobs/latest",
    "/subject/sink",
];

/// Puts `planted` into all other texts of `value`; how many there were.
fn plant(value: &mut Value, path: &str, own: &[&str], planted: &str) -> usize {
    if own.contains(&path) {
        return 0;
    }
    match value {
        Value::String(text) => {
            planted.clone_into(text);
            1
        }
        Value::Array(values) => {
            values.iter_mut().map(|value| plant(value, path, own, planted)).sum()
        }
        Value::Object(fields) => fields
            .iter_mut()
            .map(|(name, value)| plant(value, &format!("{path}/{name}"), own, planted))
            .sum(),
        _ => 0,
    }
}

/// A report with `planted` in it wherever a service can have put it.
fn report_with(planted: &str) -> CrashReport {
    let mut report = serde_json::from_str(include_str!("data/report-v1.json")).unwrap();
    assert!(plant(&mut report, "", OWN, planted) >= 20, "{report:#}");
    serde_json::from_value(report).unwrap()
}

/// A notice of each kind with `planted` in it wherever somebody else can have put it.
fn notices_with(planted: &str) -> Vec<Notice> {
    let mut notices = notices();
    for notice in &mut notices {
        assert!(plant(notice, "", OWN_OF_NOTICE, planted) >= 1, "{notice:#}");
    }
    notices.into_iter().map(|notice| serde_json::from_value(notice).unwrap()).collect()
}

/// Everything that reaches any sink of notices with `planted` in them, in full and in short, with
/// their reports, and where these were dropped; and whether `planted` may have no place there.
fn told_with(planted: &str) -> Vec<(bool, String)> {
    let (sinks, report) = (Sinks::all(), report_with(planted));
    let mut told = Vec::new();
    for notice in notices_with(planted) {
        let named = notice.report().is_some().then_some(&report);
        let is_test = matches!(notice.subject, Subject::Test { .. });
        for (report, fidelity) in
            [(named, Fidelity::Full), (None, Fidelity::Full), (named, Fidelity::Minimal)]
        {
            for (kind, request) in sinks.tell(&notice, report, fidelity) {
                // As it came, and as who reads it sees it.
                let Request { path, headers, .. } = &request;
                let came = format!("{path} {headers:?} {}", request.text());
                told.push((
                    is_test || fidelity == Fidelity::Minimal,
                    format!("{}: {came}\n{}", kind.label(), (kind.read)(&request)),
                ));
            }
        }
    }
    told
}

#[test]
fn no_kind_of_sink_is_missing() {
    let here: BTreeSet<_> = KINDS.iter().map(|kind| kind.name.to_owned()).collect();
    assert_eq!(here, known_kinds());
}

#[test]
fn no_sink_is_told_a_secret_of_any_kind() {
    // Most of the time goes into waiting for services.
    std::thread::scope(|scope| {
        for (planted, secret) in SECRETS {
            scope.spawn(move || {
                for (may_lack_it, told) in told_with(planted) {
                    assert!(!told.contains(secret), "{planted}: {told}");
                    assert!(may_lack_it || told.contains("[redacted: "), "{planted}: {told}");
                }
            });
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_sink_is_told_a_secret_whatever_stands_around_it(
        (planted, secret) in prop::sample::select(SECRETS),
        before in "(\\PC{0,20}[ ,;])?",
        after in "([ ,;]\\PC{0,20})?",
    ) {
        for (_, told) in told_with(&format!("{before}{planted}{after}")) {
            prop_assert!(!told.contains(secret), "{}: {}", planted, told);
        }
    }
}
