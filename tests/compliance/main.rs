//! What every sink must do, whatever its kind: the same outcomes, the same silence about secrets,
//! the same facts in both forms. A new kind is one more entry in `kinds.rs`.
#![cfg(feature = "deliver")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod kinds;
#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeSet;
use std::time::Duration;

use kinds::{KINDS, Kind, SECRET, Way};
use support::{Answer, Host, Receiver, Request, configure, expect_payload, notices};
use upstart_monitor::config::Config;
use upstart_monitor::notice::{Notice, Subject};
use upstart_monitor::paths::Places;
use upstart_monitor::redaction::Redaction;
use upstart_monitor::report::CrashReport;
use upstart_monitor::sinks::{Attempt, Fidelity, NamedSink, Outcome, Wait};
use upstart_monitor::time::Timestamp;
use upstart_monitor::verdict::VerdictKind;

/// The kinds that `docs/notice-v1.schema.json` describes.
const BY_SCHEMA: [&str; 2] = ["file", "webhook"];

/// How long a service that does not answer is waited for.
const TIMEOUT: Duration = Duration::from_secs(1);

/// A kind of sink on a host of its own, with a service for it.
struct Stage {
    kind: &'static Kind,
    host: Host,
    receiver: Receiver,
    sink: NamedSink,
}

impl Stage {
    /// With a service that takes everything.
    fn new(kind: &'static Kind) -> Self {
        match kind.way {
            Way::Http(success) => Self::answering(kind, success()),
            Way::Host(_) => Self::answering(kind, Answer::status(500)),
        }
    }

    /// With a service that always gives this answer.
    fn answering(kind: &'static Kind, answer: Answer) -> Self {
        let (host, receiver) = (Host::new(), Receiver::new([answer]));
        let (name, table) = (kind.name, (kind.table)(&receiver.url("")));
        host.live_by("CET-1");
        configure(&host, &format!("timeout = \"{TIMEOUT:?}\"\n[sink.{name}.it]\n{table}"));
        let root = Vec::leak(host.path("").as_os_str().as_encoded_bytes().to_vec());
        let config = Config::load(Places::under(root));
        let mut sinks = config.unwrap_or_else(|error| panic!("{name}: {:#?}", error.0)).sinks;
        Self { kind, host, receiver, sink: sinks.remove(0) }
    }

    /// One try. No word of its outcome shows a secret.
    fn try_once(&self, notice: &Notice, fidelity: Fidelity) -> Outcome {
        let report = report_on(notice);
        let notice = &Redaction::off().redact_notice(notice, report.as_ref());
        let now = Timestamp::from_micros(notice.notice().time.micros() + 1_000_000);
        let outcome = self.sink.sink.deliver(&Attempt { notice, fidelity, now });
        let shown = format!("{outcome:?}{}", self.sink.sink.fingerprint());
        assert!(!shown.contains(SECRET), "{}: {shown}", self.kind.name);
        outcome
    }

    /// What a service that takes everything is told of `notice`.
    fn told(&self, notice: &Notice, fidelity: Fidelity) -> Request {
        let before = self.receiver.requests().len();
        let outcome = self.try_once(notice, fidelity);
        assert_eq!(in_words(&outcome).0, "delivered", "{}: {notice:?}", self.kind.name);
        match self.kind.way {
            Way::Http(_) => {
                let mut requests = self.receiver.requests().split_off(before);
                // The alert is resolved at once.
                let is_closed =
                    self.kind.name == "pagerduty" && matches!(notice.subject, Subject::Test { .. });
                let expected = if is_closed { 2 } else { 1 };
                assert_eq!(requests.len(), expected, "{}: {requests:#?}", self.kind.name);
                requests.remove(0)
            }
            Way::Host(read) => {
                assert!(self.receiver.requests().is_empty());
                Request::of(read(&self.host))
            }
        }
    }
}

/// The report that `notice` names.
fn report_on(notice: &Notice) -> Option<CrashReport> {
    let mut report: CrashReport =
        serde_json::from_str(include_str!("../data/report-v1.json")).unwrap();
    report.id = notice.report()?;
    if let Subject::Crash { cause, .. } = &notice.subject {
        (report.verdict.kind, report.severity) = (cause.verdict, cause.severity);
    }
    if report.verdict.kind == VerdictKind::GaveUp {
        report.summary = "web-1: nginx (eu-1) gave up: respawning too fast".to_owned();
        report.aftermath.as_mut().unwrap().recovery = None;
    }
    Some(report)
}

/// A notice of each kind.
fn all_notices() -> Vec<Notice> {
    notices().into_iter().map(|notice| serde_json::from_value(notice).unwrap()).collect()
}

fn a_crash() -> Notice {
    all_notices().remove(0)
}

/// The kinds whose service speaks HTTP.
fn over_http() -> impl Iterator<Item = &'static Kind> {
    KINDS.iter().filter(|kind| matches!(kind.way, Way::Http(_)))
}

/// Does `check` for each of `kinds`, all at the same time: some services keep us waiting.
fn for_each(kinds: impl IntoIterator<Item = &'static Kind>, check: impl Fn(&'static Kind) + Sync) {
    std::thread::scope(|scope| {
        for kind in kinds {
            let check = &check;
            scope.spawn(move || check(kind));
        }
    });
}

/// The outcome in a word, and for how many seconds the sink is left alone, where that is known.
fn in_words(outcome: &Outcome) -> (&'static str, Option<u64>) {
    match outcome {
        Outcome::Delivered { .. } => ("delivered", None),
        Outcome::Retry { wait: Wait::BackOff, .. } => ("retry", None),
        Outcome::Retry { wait: Wait::For(wait) | Wait::Doubling(wait), .. } => {
            ("retry", Some(wait.as_secs()))
        }
        Outcome::Refused { .. } => ("refused", None),
        Outcome::Parked { .. } => ("parked", None),
        Outcome::Rejected { .. } => ("rejected", None),
    }
}

#[test]
fn an_answer_means_the_same_whoever_gives_it() {
    // Services repeat what they were sent.
    let answer = |status| Answer::status(status).body(&format!("no: /{SECRET}?token={SECRET}"));
    for (answer, expected) in [
        (answer(400), ("refused", None)),
        (answer(401), ("parked", None)),
        (answer(403), ("parked", None)),
        (answer(404), ("parked", None)),
        (answer(410), ("parked", None)),
        (answer(413), ("refused", None)),
        (answer(418), ("rejected", None)),
        (answer(429), ("retry", Some(30))),
        (answer(429).header("Retry-After", "17"), ("retry", Some(17))),
        (answer(500), ("retry", None)),
        (answer(503), ("retry", None)),
        (answer(503).header("Retry-After", "17"), ("retry", Some(17))),
        (Answer::Reset, ("retry", None)),
        (Answer::Close, ("retry", None)),
        (Answer::CutOff, ("retry", None)),
        (Answer::Hang, ("retry", None)),
    ] {
        for_each(over_http(), |kind| {
            let stage = Stage::answering(kind, answer.clone());
            let outcome = stage.try_once(&a_crash(), Fidelity::Full);
            assert_eq!(in_words(&outcome), expected, "{}: {answer:?}: {outcome:?}", kind.name);
            let shown = format!("{outcome:?}");
            let from = stage.receiver.url("");
            assert!(shown.contains(&from), "{}: who answered is missing: {shown}", kind.name);
        });
    }
}

#[test]
fn no_redirect_is_followed() {
    for_each(over_http(), |kind| {
        for status in [301, 302, 303, 307, 308] {
            let target = Receiver::new([]);
            let answer = Answer::status(status).header("Location", &target.url("/elsewhere"));
            let outcome = Stage::answering(kind, answer).try_once(&a_crash(), Fidelity::Full);
            assert_eq!(in_words(&outcome).0, "rejected", "{}: {status}", kind.name);
            assert!(target.requests().is_empty(), "{}: {status}", kind.name);
        }
    });
}

/// Who is told, what happened, to which job on which host.
#[test]
fn both_forms_of_every_notice_say_what_matters() {
    for_each(KINDS, |kind| {
        let stage = Stage::new(kind);
        for notice in all_notices() {
            for fidelity in [Fidelity::Full, Fidelity::Minimal] {
                let told = (kind.read)(&stage.told(&notice, fidelity));
                let (name, subject) = (kind.name, &notice.subject);
                assert!(told.contains(&notice.host), "{name} {fidelity:?} {subject:?}: {told}");
                let of_whom = match subject {
                    Subject::Crash { job, .. }
                    | Subject::Repeats { job, .. }
                    | Subject::Recovered { job, .. } => &job.name,
                    // The sum is in the title; who it is made of may not fit.
                    Subject::Digest { .. } => "412",
                    Subject::SinkFailed { sink, .. } | Subject::Test { sink, .. } => sink,
                };
                assert!(told.contains(of_whom), "{name} {fidelity:?} {subject:?}: {told}");
            }
        }
    });
}

#[test]
fn what_is_sent_after_a_refusal_is_less() {
    for kind in over_http() {
        let stage = Stage::new(kind);
        let [full, minimal] = [Fidelity::Full, Fidelity::Minimal]
            .map(|fidelity| stage.told(&a_crash(), fidelity).body.len());
        assert!(minimal * 2 < full, "{}: {minimal} bytes after {full}", kind.name);
    }
}

#[test]
fn a_second_try_is_known_as_one() {
    for kind in KINDS {
        let Some(key) = kind.idempotency_key else { continue };
        let stage = Stage::new(kind);
        let mut keys = BTreeSet::new();
        for notice in all_notices() {
            let [first, second] = [(); 2].map(|()| key(&stage.told(&notice, Fidelity::Full)));
            assert_eq!(first, second, "{}: {:?}", kind.name, notice.subject);
            keys.insert(first);
        }
        assert!(keys.len() > 1, "{}: all are one: {keys:?}", kind.name);
    }
}

#[test]
fn what_is_told_was_reviewed() {
    let names = ["crash", "gave_up", "repeats", "recovered", "digest", "sink_failed", "test"];
    for kind in KINDS.iter().filter(|kind| !BY_SCHEMA.contains(&kind.name)) {
        let stage = Stage::new(kind);
        for (name, notice) in names.into_iter().zip(all_notices()) {
            let full = stage.told(&notice, Fidelity::Full);
            expect_payload(kind.name, name, &full, &(kind.read)(&full));
            let minimal = stage.told(&notice, Fidelity::Minimal);
            expect_payload(kind.name, &format!("{name}-minimal"), &minimal, &(kind.read)(&minimal));
        }
    }
}
