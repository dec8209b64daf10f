//! Loops, storms, outages and restarts, in simulated time.

use std::time::Duration;

use super::simulation::{How, Service, Simulation, crashes_in, takes_all};
use crate::notice::{Notice, Subject};
use crate::sinks::{Outcome, Wait};

const MINUTE: i64 = 60;
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

fn down() -> Outcome {
    Outcome::Retry { why: "down".to_owned(), wait: Wait::BackOff }
}

/// A host with one service that takes everything.
fn host() -> (Simulation, Service) {
    let (simulation, [service]) = Simulation::new([("slack.ops", takes_all())]);
    (simulation, service)
}

#[test]
fn a_single_crash_is_told_at_once_and_that_is_all() {
    let (mut host, service) = host();
    host.crash(5, "api", How::Status(1));
    assert!(host.run_until(HOUR), "nothing is left to do");
    assert_eq!(service.story(), ["5 crash 1"]);
}

#[test]
fn a_loop_is_told_of_at_growing_intervals_with_exact_counts() {
    let (mut host, service) = host();
    for n in 0..720 {
        host.crash(10 * n, "api", How::Status(1));
    }
    host.run_until(2 * HOUR + 1);
    assert_eq!(
        service.story(),
        ["0 crash 1", "60 repeats 6", "360 repeats 30", "1260 repeats 90", "4860 repeats 360"]
    );
    host.run_until(4 * HOUR);
    assert_eq!(service.crashes_told(), 720);
}

#[test]
fn a_new_kind_is_not_hidden_behind_an_old_one_and_to_be_given_up_is_told_at_once() {
    let (mut host, service) = host();
    for n in 0..10 {
        host.crash(n, "api", How::Status(1));
    }
    host.crash(10, "api", How::Status(3));
    host.crash(11, "api", How::Status(1));
    host.crash(12, "api", How::GaveUp);
    host.run_until(30);
    assert_eq!(service.story(), ["0 crash 1", "10 crash 10", "12 gave up 2"]);
    assert_eq!(service.crashes_told(), 13);
}

#[test]
fn what_dies_of_something_new_each_time_is_a_loop_too() {
    let (mut host, service) = host();
    for n in 0..200 {
        host.crash(n, "api", How::Status(i32::try_from(n).unwrap()));
    }
    host.run_until(HOUR);
    assert!(service.took().len() < 10, "{:#?}", service.story());
    assert_eq!(service.crashes_told(), 200);
}

#[test]
fn what_is_stable_again_is_told_once_and_never_in_a_loop() {
    let (mut host, service) = host();
    for n in 0..14 {
        host.crash(10 * n, "api", How::Status(1));
    }
    host.run_until(130);
    host.up("api", 131);
    assert!(host.run_until(DAY), "nothing is left to do");
    let story = service.story();
    assert_eq!(story.iter().filter(|it| it.contains("recovered")).count(), 1, "{story:#?}");
    assert_eq!(story.last().unwrap(), "431 recovered 14");
    assert_eq!(service.crashes_told(), 14);
}

#[test]
fn a_job_that_is_up_for_longer_than_that_between_two_crashes_is_not_stable() {
    let (mut host, service) = host();
    for n in 0..200 {
        host.crash(6 * MINUTE * n, "api", How::Status(1));
        host.run_until(6 * MINUTE * n);
        host.up("api", 6 * MINUTE * n);
    }
    let story = service.story();
    assert!(!story.iter().any(|it| it.contains("recovered")), "{story:#?}");
    assert!(story.len() < 30, "20 hours of it: {story:#?}");

    host.run_until(4 * DAY);
    let story = service.story();
    assert_eq!(story.iter().filter(|it| it.contains("recovered")).count(), 1, "{story:#?}");
}

#[test]
fn a_job_that_stays_down_is_not_said_to_be_stable() {
    let (mut host, service) = host();
    for n in 0..11 {
        host.crash(n, "api", if n < 10 { How::Status(1) } else { How::GaveUp });
    }
    assert!(host.run_until(2 * DAY), "after a day nobody waits for it any more");
    assert_eq!(service.story(), ["0 crash 1", "10 gave up 10"]);
}

/// So many crashes of so many jobs in two minutes.
fn storm(host: &mut Simulation, crashes: i64, jobs: i64) {
    for n in 0..crashes {
        host.crash(n * 120 / crashes, &format!("job-{}", n % jobs), How::Status(1));
    }
}

#[test]
fn a_storm_of_many_jobs_is_a_few_messages_with_exact_counts() {
    let (mut host, service) = host();
    storm(&mut host, 1000, 50);
    host.run_until(DAY);
    let story = service.story();
    assert!(story.len() <= 30, "{story:#?}");
    assert_eq!(service.crashes_told(), 1000, "{story:#?}");
    assert_eq!(service.tries(), story.len());
}

/// Down for an hour, then busy, then up.
fn outage(now: i64) -> Outcome {
    match now {
        0..3600 => down(),
        3600..3900 => {
            let wait = Wait::For(Duration::from_secs(120));
            Outcome::Retry { why: "429 Too Many Requests".to_owned(), wait }
        }
        _ => Outcome::Delivered { answer: String::new() },
    }
}

#[test]
fn a_storm_while_the_service_is_down_arrives_whole_and_nobody_is_spammed() {
    let (mut host, [service]) = Simulation::new([("slack.ops", Box::new(outage))]);
    storm(&mut host, 1000, 50);
    host.run_until(DAY);
    let story = service.story();
    assert!(story.len() <= 15, "{story:#?}");
    assert_eq!(service.crashes_told(), 1000, "{story:#?}");
    let busy = service.tries() - story.len();
    assert!(busy < 100, "{busy} tries in vain within 65 minutes");
}

#[test]
fn a_notifier_that_is_killed_after_every_step_tells_the_same() {
    let told = |forgetful| {
        let (mut host, [service]) = Simulation::new([("slack.ops", Box::new(outage))]);
        host.forgetful = forgetful;
        storm(&mut host, 100, 20);
        host.run_until(DAY);
        let mut ids: Vec<_> = service.took().iter().map(|(_, notice)| notice.id).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), service.took().len(), "nothing came twice");
        service.crashes_told()
    };
    assert_eq!([told(false), told(true)], [100, 100]);
}

#[test]
fn an_outage_of_days_costs_no_count() {
    let (mut host, [service]) = Simulation::new([(
        "slack.ops",
        Box::new(
            |now| if now < 3 * DAY { down() } else { Outcome::Delivered { answer: String::new() } },
        ),
    )]);
    for n in 0..(3 * DAY / 600) {
        host.crash(600 * n, "api", How::Status(1));
    }
    host.run_until(4 * DAY);
    let dead = host.spool.given_up("slack.ops");
    let given_up: u64 = dead.iter().map(crashes_in).sum();
    assert_eq!(service.crashes_told() + given_up, 432, "{:#?}", service.story());
    assert!(service.took().len() < 8, "{:#?}", service.story());
}

#[test]
fn a_clock_that_is_set_loses_nothing_and_repeats_nothing() {
    for jump in [-365 * DAY, -HOUR, HOUR, 365 * DAY] {
        let (mut host, service) = host();
        for n in 0..360 {
            host.crash(10 * n, "api", How::Status(1));
        }
        host.run_until(600);
        host.set_clock_by(jump);
        host.run_until(5 * HOUR);
        let story = service.story();
        assert_eq!(service.crashes_told(), 360, "{jump}: {story:#?}");
        assert!(story.len() <= 9, "{jump}: {story:#?}");
    }
}

#[test]
fn a_sink_that_fails_for_good_is_told_to_the_others_once() {
    let gone = || Outcome::Parked { why: "410 Gone".to_owned() };
    let (mut host, [parked, rejecting, well]) = Simulation::new([
        ("slack.gone", Box::new(move |_| gone())),
        (
            "slack.odd",
            Box::new(|now| match now {
                0..100 => Outcome::Rejected { why: "418".to_owned() },
                _ => Outcome::Delivered { answer: String::new() },
            }),
        ),
        ("slack.well", takes_all()),
    ]);
    for n in 0..5 {
        host.crash(50 * n, &format!("job-{n}"), How::Status(1));
    }
    host.run_until(DAY);
    let told = |service: &Service| {
        let failed =
            service.took().into_iter().filter_map(|(_, Notice { subject, .. })| match subject {
                Subject::SinkFailed { sink, .. } => Some(sink),
                _ => None,
            });
        failed.collect::<Vec<_>>()
    };
    assert_eq!(told(&parked), [""; 0]);
    let mut told_to_well = told(&well);
    told_to_well.sort();
    assert_eq!(told_to_well, ["slack.gone", "slack.odd"]);
    assert!(!told(&rejecting).contains(&"slack.odd".to_owned()));
    assert_eq!(well.crashes_told(), 5);
    assert_eq!(parked.tries(), 1, "nothing more is sent there");
}
