//! No secret reaches a sink: each kind of sink, as the config makes it, is handed notices and reports
//! with a secret in every text that somebody else can have written.
#![cfg(feature = "deliver")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails panics")]

mod support;

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::Value;
use support::kinds::{Day, KINDS};
use support::{Request, Stage, known_kinds, notices};
use upstart_monitor::notice::{Notice, Subject};
use upstart_monitor::redaction::Redacted;
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

/// What sinks are handed of notices with a secret in them.
struct Handed {
    planted: String,
    secret: &'static str,
    told: Redacted,
    fidelity: Fidelity,
}

/// Notices with `planted` in them, in full and in short, with their reports, and where these were
/// dropped.
fn handed(planted: &str, secret: &'static str) -> Vec<Handed> {
    let report = report_with(planted);
    let forms = notices_with(planted).into_iter().flat_map(|notice| {
        let named = notice.report().is_some().then_some(&report);
        let whole = [(named, Fidelity::Full), (named, Fidelity::Minimal)];
        let dropped = named.map(|_| (None, Fidelity::Full));
        let told = |(report, fidelity)| Handed {
            planted: planted.to_owned(),
            secret,
            told: Stage::redacted(&notice, report),
            fidelity,
        };
        whole.into_iter().chain(dropped).map(told).collect::<Vec<_>>()
    });
    forms.collect()
}

/// Hands all of it to each kind of sink; fails where a secret is told, or, where the secret `must`
/// leave a mark, there is none. The kinds work at the same time: they wait for their services.
fn tell_all(all: &[Handed], must: bool) {
    std::thread::scope(|scope| {
        for kind in KINDS {
            for half in all.chunks(all.len().div_ceil(2)) {
                scope.spawn(move || {
                    let stage = Stage::new(kind, Day::Good);
                    half.iter().for_each(|handed| tell(&stage, handed, must));
                });
            }
        }
    });
}

fn tell(stage: &Stage, handed: &Handed, must: bool) {
    let Handed { planted, secret, told, fidelity } = handed;
    let request = stage.told(told, *fidelity);
    // As it came, and as who reads it sees it.
    let Request { path, headers, .. } = &request;
    let came = format!("{path} {headers:?} {}", request.text());
    let shown = format!("{}: {came}\n{}", stage.kind.label(), (stage.kind.read)(&request));
    assert!(!shown.contains(secret), "{planted}: {shown}");
    let is_test = matches!(told.notice().subject, Subject::Test { .. });
    let may_lack_it = !must || is_test || *fidelity == Fidelity::Minimal;
    assert!(may_lack_it || shown.contains("[redacted: "), "{planted}: {shown}");
}

#[test]
fn no_kind_of_sink_is_missing() {
    let here: BTreeSet<_> = KINDS.iter().map(|kind| kind.name.to_owned()).collect();
    assert_eq!(here, known_kinds());
}

#[test]
fn no_sink_is_told_a_secret_of_any_kind() {
    let all = SECRETS.iter().flat_map(|(planted, secret)| handed(planted, secret));
    tell_all(&all.collect::<Vec<_>>(), true);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_sink_is_told_a_secret_whatever_stands_around_it(
        (planted, secret) in prop::sample::select(SECRETS),
        before in "(\\PC{0,20}[ ,;])?",
        after in "([ ,;]\\PC{0,20})?",
    ) {
        tell_all(&handed(&format!("{before}{planted}{after}"), secret), false);
    }
}
