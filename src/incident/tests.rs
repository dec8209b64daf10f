use super::*;
use crate::id::RunId;
use crate::supervisor::Supervisor;
use crate::verdict::{Severity, VerdictKind};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(1_795_000_000_000_000 + seconds * 1_000_000)
}

/// A crash of the one job, `seconds` after some instant, with this exit status.
fn crash(seconds: i64, status: u8) -> Crash {
    let cause = Cause {
        verdict: VerdictKind::Crashed,
        exit: Some(format!("exit status {status}")),
        severity: Severity::Error,
    };
    let name = "api".to_owned();
    let (key, instance) = ("web-1/api".to_owned(), String::new());
    let job = JobName { key, name, instance, supervisor: Supervisor::Upstart };
    Crash { report: ReportId::new(at(seconds), RunId([status; 10])), job, cause, time: at(seconds) }
}

/// An incident with these crashes, which `chat` is to be told of and `feed` was.
fn incident(crashes: &[Crash]) -> Incident {
    let mut incident = Incident::begun_by(&crashes[0]);
    for crash in crashes {
        incident.count(crash, [("chat", true), ("feed", false)], crash.time);
    }
    incident
}

/// `13 x exit status 1, 1 x exit status 3`.
fn words(tally: &Tally) -> String {
    let word = |it: &Count| format!("{} x {}", it.count, it.cause.exit.as_deref().unwrap_or("?"));
    tally.0.iter().map(word).collect::<Vec<_>>().join(", ")
}

#[test]
fn every_crash_is_counted_once_and_in_any_order() {
    let crashes = [crash(0, 1), crash(10, 1), crash(20, 3), crash(15, 1)];
    let mut incident = incident(&crashes);
    // A notifier that was killed takes them again.
    for again in &crashes {
        incident.count(again, [("chat", true), ("feed", false)], at(99));
    }
    assert_eq!(
        words(&incident.tally().without(&Tally::default())),
        "3 x exit status 1, 1 x exit status 3"
    );
    assert_eq!((incident.began, incident.last), (at(0), at(20)));
    assert_eq!(incident.latest, crashes[2].report);
    assert_eq!(incident.longest_pause_seconds, 10);
}

#[test]
fn each_sink_has_an_account_of_its_own() {
    let mut incident = incident(&[crash(0, 1), crash(10, 3)]);
    let untold =
        |incident: &Incident, sink: &str| words(&incident.untold(&incident.accounts[sink]));
    assert_eq!(untold(&incident, "chat"), "1 x exit status 1, 1 x exit status 3");
    assert_eq!(untold(&incident, "feed"), "");
    assert_eq!(incident.accounts["chat"].untold_since, Some(at(0)));
    assert_eq!(incident.accounts["feed"].untold_since, None);

    let latecomer = crash(20, 1);
    incident.count(&latecomer, [("chat", true), ("late", true)], at(20));
    assert_eq!(untold(&incident, "late"), "1 x exit status 1", "and nothing that was before it");
}

#[test]
fn what_the_notice_has_told_already_is_not_owed_when_it_is_counted() {
    let first = crash(0, 1);
    let mut incident = Incident::begun_by(&first);
    // The draft was written, and the notifier killed before the count was.
    let told = Tally(vec![Count { cause: first.cause.clone(), count: 1 }]);
    let account = Account { told, told_at: Some(at(0)), notices: 1, ..Account::default() };
    incident.accounts.insert("chat".to_owned(), account);
    incident.count(&first, [("chat", true)], at(1));
    assert_eq!(incident.accounts["chat"].untold_since, None);
    assert!(incident.untold(&incident.accounts["chat"]).0.is_empty());
}

#[test]
fn a_stable_job_that_crashes_again_goes_on_with_its_incident() {
    let mut incident = incident(&[crash(0, 1), crash(10, 1)]);
    incident.accounts.get_mut("chat").unwrap().alarmed = true;
    incident.close(at(400), Duration::from_secs(390), |sink| sink == "chat");
    assert!(incident.accounts["chat"].owed_recovery && !incident.accounts["feed"].owed_recovery);
    assert_eq!(
        (words(&incident.recovered_from), incident.up_seconds),
        ("2 x exit status 1".to_owned(), 390)
    );

    incident.count(&crash(500, 3), [("chat", true)], at(500));
    assert!(!incident.accounts["chat"].owed_recovery, "no all-clear that came too early");
    assert_eq!((incident.closed_at, incident.relapsed), (None, at(500)));
    assert_eq!(words(&incident.since_cleared()), "1 x exit status 3");
    assert_eq!(incident.tally().total(), 3);
    assert_eq!(incident.began, at(0));
}

#[test]
fn is_over_a_day_after_the_last_crash_when_nobody_is_owed_a_word() {
    let mut incident = incident(&[crash(0, 1)]);
    let day = 24 * 3600;
    assert!(!incident.is_over(at(9 * day), |_| true), "chat was not told");
    assert!(incident.is_over(at(9 * day), |sink| sink != "chat"), "and is no sink any more");
    incident.accounts.get_mut("chat").unwrap().untold_since = None;
    assert!(!incident.is_over(at(day), |_| true));
    assert!(incident.is_over(at(day + 1), |_| true));
    incident.accounts.get_mut("chat").unwrap().owed_recovery = true;
    assert!(!incident.is_over(at(day + 1), |_| true));
}

#[test]
fn causes_are_told_apart_up_to_a_bound_and_all_are_counted() {
    let crashes: Vec<_> = (0..=255).map(|n| crash(i64::from(n), n)).collect();
    let incident = incident(&crashes);
    assert_eq!(incident.causes.len(), CAUSES + 1);
    assert_eq!(incident.tally().total(), 256);
    assert_eq!(words(&Tally(vec![incident.tally().0[CAUSES].clone()])), "224 x ?");
}
