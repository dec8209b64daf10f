use super::*;
use crate::notice::Notice;
use crate::sinks::samples::{self, redacted};

pub(in crate::html) fn scope() -> Scope {
    let now = Timestamp::from_micros(1_795_300_000_000_000);
    Scope { host: "web-1".to_owned(), now, since: None, jobs: Vec::new(), is_redacted: true }
}

pub(in crate::html) fn history(reports: impl IntoIterator<Item = CrashReport>) -> History {
    let mut history = History::of(scope());
    for report in reports {
        history.add(redacted(&Notice::of(&report), Some(&report)));
    }
    history
}

#[test]
fn an_end_carries_what_its_report_says() {
    let history = history([samples::report()]);
    let jobs = history.jobs();
    let [job] = jobs.as_slice() else { panic!("{jobs:?}") };
    assert_eq!(job.title, "nginx (eu-1)");
    let [end] = job.ends.as_slice() else { panic!("{job:?}") };
    assert_eq!((end.kind, &*end.cause), (Kind::Crash, "crashed: SIGSEGV"));
    assert_eq!(end.memory_percent.map(|percent| (percent * 10.0).round()), Some(25.0));
    assert_eq!(end.load_per_cpu.map(|load| (load * 1000.0).round()), Some(2105.0));
    assert_eq!(job.back_after(), Some((Duration::from_millis(412), Duration::from_millis(412))));
    assert_eq!(Kind::ALL.map(|kind| job.count(kind)), [1, 0, 0, 1]);
}

#[test]
fn what_a_machine_did_not_say_is_left_out() {
    let mut report = samples::report();
    report.host.cpus = Some(0);
    report.snapshot.memory.as_mut().unwrap().total_bytes = 0;
    report.aftermath.as_mut().unwrap().recovery.as_mut().unwrap().after_seconds = f64::NAN;
    let history = history([report]);
    let end = history.ends()[0].clone();
    assert_eq!((end.memory_percent, end.load_per_cpu, end.back_after), (None, None, None));
}

#[test]
fn the_most_troubled_job_and_the_most_frequent_cause_come_first() {
    let (one, two) = (samples::report(), samples::gave_up());
    let mut other = samples::report();
    (other.key, other.job.name) = ("web-1/shop/eu-1".to_owned(), "shop".to_owned());
    let history = history([other.clone(), one.clone(), two, one.clone()]);
    let titles: Vec<_> = history.jobs().into_iter().map(|job| job.title).collect();
    assert_eq!(titles, ["nginx (eu-1)", "shop (eu-1)"]);
    let causes = history.causes();
    assert_eq!(causes[0], (Kind::Crash, "crashed: SIGSEGV", 3));
    assert_eq!((causes[1].0, causes[1].2), (Kind::GaveUp, 1));
    assert_eq!((history.reports(), history.job_count()), (4, 2));
}

#[test]
fn hosts_are_named_where_there_are_several() {
    let (one, mut two) = (samples::report(), samples::report());
    (two.key, two.host.name) = ("web-2/nginx/eu-1".to_owned(), "web-2".to_owned());
    let titles: Vec<_> = history([one, two]).jobs().into_iter().map(|job| job.title).collect();
    assert_eq!(titles, ["web-1: nginx (eu-1)", "web-2: nginx (eu-1)"]);
}

#[test]
fn a_job_is_stable_only_after_an_end_that_is_shown() {
    let report = samples::report();
    let (key, before) = (report.key.clone(), Timestamp::from_micros(1));
    let mut history = history([report.clone()]);
    history.stable(&key, before);
    assert_eq!(history.jobs()[0].stable, None);
    history.stable(&key, report.time);
    assert_eq!(history.jobs()[0].stable, Some(report.time));
    history.stable("web-9/unknown", report.time);
}

#[test]
fn only_the_newest_reports_are_kept_whole() {
    let history = history(vec![samples::report(); DETAILED + 1]);
    assert_eq!((history.reports(), history.details.len()), (DETAILED + 1, DETAILED));
}
