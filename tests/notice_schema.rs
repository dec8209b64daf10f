//! The notices' schema says exactly what webhooks and files are told: no field more, none less.
#![cfg(feature = "deliver")]
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a notice without the field fails the test"
)]

mod support;

use serde_json::{Value, json};
use support::{Sinks, is_notice, notices};
use upstart_monitor::notice::Notice;
use upstart_monitor::report::CrashReport;
use upstart_monitor::sinks::Fidelity;

/// The kinds that tell what the schema describes.
const KINDS: [&str; 3] = ["exec", "file", "webhook"];

thread_local! { static SINKS: Sinks = Sinks::of(|name| KINDS.contains(&name)); }

fn report() -> CrashReport {
    serde_json::from_str(include_str!("data/report-v1.json")).unwrap()
}

/// What a webhook is posted of each kind of notice; `with_report` where that has not been dropped.
fn posted(fidelity: Fidelity, with_report: bool) -> Vec<Value> {
    let report = report();
    let post = |notice: Value| {
        let notice: Notice = serde_json::from_value(notice).unwrap();
        let report = (with_report && notice.report().is_some()).then_some(&report);
        let told = SINKS.with(|sinks| sinks.tell(&notice, report, fidelity));
        let of = |name: &str| {
            let (_, request) = told.iter().find(|(kind, _)| kind.name == name).unwrap();
            request.json()
        };
        let (read, line, posted) = (of("exec"), of("file"), of("webhook"));
        assert!(is_notice(&line), "{line:#}");
        assert_eq!(read, posted);
        posted
    };
    notices().into_iter().map(post).collect()
}

/// What is posted in every form.
fn all() -> Vec<Value> {
    let forms = [(Fidelity::Full, true), (Fidelity::Full, false), (Fidelity::Minimal, true)];
    forms.into_iter().flat_map(|(fidelity, with_report)| posted(fidelity, with_report)).collect()
}

/// Every object in `value` but what is the report's, as a JSON pointer: of that `report_schema.rs`
/// knows.
fn objects(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            found.push(at.to_owned());
            let own =
                fields.iter().filter(|(name, _)| !["report", "labels"].contains(&name.as_str()));
            own.for_each(|(name, value)| objects(value, &format!("{at}/{name}"), found));
        }
        Value::Array(items) => {
            let numbered = items.iter().enumerate();
            numbered.for_each(|(n, value)| objects(value, &format!("{at}/{n}"), found));
        }
        _ => {}
    }
}

#[test]
fn every_kind_is_described_in_every_form() {
    let mut kinds: Vec<_> = all()
        .into_iter()
        .map(|told| {
            assert!(is_notice(&told), "{told:#}");
            told["kind"].as_str().unwrap().to_owned()
        })
        .collect();
    kinds.sort();
    kinds.dedup();
    assert_eq!(kinds, ["crash", "digest", "recovered", "repeats", "sink_failed", "test"]);
}

#[test]
fn every_field_is_required_and_no_other_is_known() {
    for told in all() {
        let mut places = Vec::new();
        objects(&told, "", &mut places);
        for place in &places {
            let fields = told.pointer(place).unwrap().as_object().unwrap();
            for field in fields.keys() {
                let mut less = told.clone();
                less.pointer_mut(place).unwrap().as_object_mut().unwrap().remove(field);
                assert!(!is_notice(&less), "without {place}/{field}: {told:#}");
            }
            let mut more = told.clone();
            more.pointer_mut(place).unwrap()["surprise"] = json!(1);
            assert!(!is_notice(&more), "with {place}/surprise: {told:#}");
        }
    }
}

#[test]
fn a_report_in_a_notice_is_a_report() {
    for told in posted(Fidelity::Full, true) {
        let report = match told["kind"].as_str().unwrap() {
            "crash" => "",
            "repeats" | "recovered" => "/report",
            _ => continue,
        };
        let mut wrong = told.clone();
        wrong.pointer_mut(report).unwrap()["exit"]["kind"] = json!("bored");
        assert!(!is_notice(&wrong), "{wrong:#}");
    }
}

#[test]
fn values_out_of_bounds_are_refused() {
    let told = posted(Fidelity::Full, true);
    for (kind, place, value) in [
        ("crash", "/kind", json!("repeats")),
        ("crash", "/incident/nth", json!(0)),
        ("crash", "/incident/since", json!("yesterday")),
        ("repeats", "/version", json!(2)),
        ("repeats", "/id", json!("6c1d8e40")),
        ("repeats", "/severity", json!("loud")),
        ("repeats", "/summary", json!("two\nlines")),
        ("repeats", "/job", Value::Null),
        ("repeats", "/repeats/tally/0/count", json!(0)),
        ("repeats", "/repeats/tally/0/cause/verdict", json!("bored")),
        ("recovered", "/recovered/up_seconds", json!(-1)),
        ("digest", "/job", json!({ "name": "a", "instance": "" })),
        ("digest", "/digest/more_jobs", json!(-1)),
        ("digest", "/report", json!({})),
        ("sink_failed", "/sink_failed/sink", json!("")),
        ("test", "/test/sink", json!("")),
        ("test", "/test/by", Value::Null),
    ] {
        let mut wrong = told.iter().find(|told| told["kind"] == kind).unwrap().clone();
        *wrong.pointer_mut(place).unwrap() = value;
        assert!(!is_notice(&wrong), "{kind}{place}");
    }
}

#[test]
fn the_counts_of_a_notice_are_its_own() {
    let told = posted(Fidelity::Full, true);
    let of = |kind: &str| told.iter().rfind(|told| told["kind"] == kind).unwrap();
    let latest = serde_json::to_value(report()).unwrap();
    let title = "web-1: nginx (eu-1) crashed 14 more times in 3 min \
                 (13 × exit status 1, 1 × SIGSEGV), last at 03:45:10 UTC";
    assert_eq!(of("crash")["incident"]["nth"], 11);
    assert_eq!(of("repeats")["repeats"]["crashes"], 14);
    assert_eq!(of("repeats")["repeats"]["total"], 31);
    assert_eq!(of("repeats")["summary"], title);
    assert_eq!(of("repeats")["report"], latest);
    assert_eq!(of("repeats")["labels"], latest["labels"]);
    assert_eq!(of("repeats")["key"], "web-1/nginx/eu-1");
    assert_eq!(of("recovered")["recovered"]["up_seconds"], 300);
    assert_eq!(of("digest")["digest"]["jobs"][1]["job"]["name"], "shop");
    assert_eq!(of("sink_failed")["sink_failed"]["waiting"], 12);
    assert_eq!(of("sink_failed")["report"], Value::Null);
}
