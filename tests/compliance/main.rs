//! What every sink must do, whatever its kind: the same outcomes, the same silence about secrets,
//! the same facts in both forms. A new kind is one more entry in
//! `support/kinds/table.rs`.
#![cfg(feature = "deliver")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use support::kinds::{Day, KINDS, Kind, SECRET, Way};
use support::{
    Answer, Receiver, Request, Stage, expect_payload, known_kinds, notices, told, wait_until,
};
use upstart_monitor::notice::{Notice, Subject};
use upstart_monitor::report::CrashReport;
use upstart_monitor::sinks::{Fidelity, Outcome};
use upstart_monitor::verdict::VerdictKind;

/// The kinds that `docs/notice-v1.schema.json` describes.
const BY_SCHEMA: [&str; 3] = ["exec", "file", "webhook"];

/// One try of `notice` and the report that it names.
fn try_once(stage: &Stage, notice: &Notice, fidelity: Fidelity) -> Outcome {
    stage.try_once(&Stage::unredacted(notice, report_on(notice).as_ref()), fidelity)
}

/// What a service that takes everything is told of `notice` and the report that it names.
fn told_of(stage: &Stage, notice: &Notice, fidelity: Fidelity) -> Request {
    stage.told(&Stage::unredacted(notice, report_on(notice).as_ref()), fidelity)
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
    KINDS.iter().filter(|kind| matches!(kind.way, Way::Http { .. }))
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

#[test]
fn no_kind_is_missing() {
    let here: BTreeSet<_> = KINDS.iter().map(|kind| kind.name.to_owned()).collect();
    assert_eq!(here, known_kinds(), "each kind of sink has an entry in support/kinds/table.rs");
}

/// What is ended leaves nothing behind, and what is said names who said it.
#[test]
fn each_day_of_a_service_has_one_consequence() {
    for_each(KINDS, |kind| {
        for (day, expected) in kind.days() {
            let (label, stage) = (kind.label(), Stage::new(kind, *day));
            let begun = Instant::now();
            let (outcome, _, why) = told(try_once(&stage, &a_crash(), Fidelity::Full));
            assert_eq!(outcome, *expected, "{label}, {day:?}: {why}");
            let names_it = outcome == "delivered" || why.contains(&stage.service.name());
            assert!(names_it, "{label}, {day:?}: who says so is missing: {why}");
            if *day == Day::Silent {
                // So much is for a machine that is busy; what is silent never ends by itself.
                assert!(begun.elapsed() < Stage::SHORT + Duration::from_secs(30), "{label}");
                wait_until(&format!("{label}, left alone"), || stage.service.is_left_alone());
            }
        }
    });
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
            let (outcome, wait, why) = told(try_once(&stage, &a_crash(), Fidelity::Full));
            assert_eq!((outcome, wait), expected, "{}: {answer:?}: {why}", kind.name);
            let from = stage.service.name();
            assert!(why.contains(&from), "{}: who answered is missing: {why}", kind.name);
        });
    }
}

#[test]
fn no_redirect_is_followed() {
    for_each(over_http(), |kind| {
        for status in [301, 302, 303, 307, 308] {
            let target = Receiver::new([]);
            let answer = Answer::status(status).header("Location", &target.url("/elsewhere"));
            let stage = Stage::answering(kind, answer);
            let (outcome, _, why) = told(try_once(&stage, &a_crash(), Fidelity::Full));
            assert_eq!(outcome, "rejected", "{}: {status}: {why}", kind.name);
            assert!(target.requests().is_empty(), "{}: {status}", kind.name);
        }
    });
}

/// Who is told, what happened, to which job on which host.
#[test]
fn both_forms_of_every_notice_say_what_matters() {
    for_each(KINDS, |kind| {
        let stage = Stage::new(kind, Day::Good);
        for notice in all_notices() {
            for fidelity in [Fidelity::Full, Fidelity::Minimal] {
                let told = (kind.read)(&told_of(&stage, &notice, fidelity));
                let (name, subject) = (kind.label(), &notice.subject);
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
    for_each(KINDS.iter().filter(|kind| kind.may_refuse()), |kind| {
        let stage = Stage::new(kind, Day::Good);
        let [full, minimal] = [Fidelity::Full, Fidelity::Minimal]
            .map(|fidelity| told_of(&stage, &a_crash(), fidelity).body.len());
        assert!(minimal * 2 < full, "{}: {minimal} bytes after {full}", kind.label());
    });
}

#[test]
fn a_second_try_is_known_as_one() {
    for_each(KINDS, |kind| {
        let Some(key) = kind.idempotency_key else { return };
        let stage = Stage::new(kind, Day::Good);
        let mut keys = BTreeSet::new();
        for notice in all_notices() {
            let [first, second] = [(); 2].map(|()| key(&told_of(&stage, &notice, Fidelity::Full)));
            assert_eq!(first, second, "{}: {:?}", kind.label(), notice.subject);
            keys.insert(first);
        }
        assert!(keys.len() > 1, "{}: all are one: {keys:?}", kind.label());
    });
}

#[test]
fn what_is_told_was_reviewed() {
    let names = ["crash", "gave_up", "repeats", "recovered", "digest", "sink_failed", "test"];
    let mut reviewed = BTreeSet::from(BY_SCHEMA);
    // By whichever way a kind goes, it tells the same.
    for kind in KINDS.iter().filter(|kind| reviewed.insert(kind.name)) {
        let stage = Stage::new(kind, Day::Good);
        for (name, notice) in names.into_iter().zip(all_notices()) {
            let full = told_of(&stage, &notice, Fidelity::Full);
            expect_payload(kind.name, name, &full, &(kind.read)(&full));
            let minimal = told_of(&stage, &notice, Fidelity::Minimal);
            expect_payload(kind.name, &format!("{name}-minimal"), &minimal, &(kind.read)(&minimal));
        }
    }
}
