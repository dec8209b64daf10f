use proptest::prelude::*;

use super::*;

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86400);

/// `seconds` after some instant.
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(1_795_000_000_000_000 + seconds * 1_000_000)
}

fn circumstances(now: Timestamp) -> Circumstances {
    Circumstances { now, chance: 0.5, failing_for: DAY, retry_for: DAY }
}

fn retry(wait: Wait) -> Outcome {
    Outcome::Retry { why: "busy".to_owned(), wait }
}

#[test]
fn an_outcome_has_one_consequence() {
    let why = || "because".to_owned();
    let delivered = || Outcome::Delivered { answer: why() };
    let minimal = || Record { fidelity: Fidelity::Minimal, ..Record::fresh(at(0)) };
    for (outcome, record, expected) in [
        (delivered(), Record::fresh(at(0)), "delivered"),
        (delivered(), minimal(), "delivered"),
        (Outcome::Parked { why: why() }, Record::fresh(at(0)), "parked"),
        (Outcome::Rejected { why: why() }, Record::fresh(at(0)), "given up"),
        (Outcome::Refused { why: why() }, Record::fresh(at(0)), "minimal"),
        (Outcome::Refused { why: why() }, minimal(), "given up"),
        (retry(Wait::BackOff), Record::fresh(at(0)), "full"),
        (retry(Wait::BackOff), minimal(), "minimal"),
    ] {
        let decision = decide(outcome.clone(), &record, &circumstances(at(9)));
        let became = match &decision.fate {
            Fate::Delivered => "delivered",
            Fate::Parked { why } if why == "because" => "parked",
            Fate::GivenUp(record) if record.given_up.as_deref() == Some("because") => "given up",
            Fate::Owed(record) if record.given_up.is_none() => match record.fidelity {
                Fidelity::Full => "full",
                Fidelity::Minimal => "minimal",
            },
            other => panic!("{outcome:?} became {other:?}"),
        };
        assert_eq!(became, expected, "{outcome:?} of {record:?}");
        let waits = matches!(outcome, Outcome::Retry { .. });
        assert_eq!(decision.pause > Duration::ZERO, waits, "{outcome:?}");
    }
}

#[test]
fn a_failed_try_is_written_down() {
    let decision = decide(retry(Wait::BackOff), &Record::fresh(at(0)), &circumstances(at(5)));
    let expected = Record {
        attempts: 1,
        tried_at: Some(at(5)),
        next_attempt_at: Some(Timestamp::from_micros(at(5).micros() + 500_000)),
        last_error: Some("busy".to_owned()),
        ..Record::fresh(at(0))
    };
    assert_eq!(decision.fate, Fate::Owed(expected));
}

#[test]
fn waits_grow_to_a_bound_and_are_spread_by_chance() {
    for (attempts, chance, seconds) in [
        (1, 1.0, 1.0),
        (2, 1.0, 2.0),
        (3, 1.0, 4.0),
        (9, 1.0, 256.0),
        (10, 1.0, 300.0),
        (u32::MAX, 1.0, 300.0),
        (9, 0.5, 128.0),
        (9, 0.0, 0.0),
        (9, 7.0, 256.0),
        (9, f64::NEG_INFINITY, 0.0),
    ] {
        let waited = pause(attempts, Wait::BackOff, chance);
        assert_eq!(waited, Duration::from_secs_f64(seconds), "{attempts} {chance}");
    }
}

#[test]
fn a_service_is_left_alone_for_as_long_as_it_asks_within_reason() {
    for (asked_seconds, chance, seconds) in [
        (30.0, 0.0, 30.0),
        (30.0, 1.0, 33.0),
        (900.0, 0.5, 945.0),
        (3600.0, 0.0, 3600.0),
        (3599.0, 1.0, 3600.0),
        (86400.0, 0.0, 3600.0),
        (86400.0, 1.0, 3600.0),
        (0.0, 1.0, 8.0),
        (0.5, 0.5, 4.0),
        (0.5, 0.0, 0.5),
    ] {
        let waited = pause(4, Wait::For(Duration::from_secs_f64(asked_seconds)), chance);
        assert_eq!(waited, Duration::from_secs_f64(seconds), "{asked_seconds} {chance}");
    }
}

#[test]
fn a_wait_that_doubles_ends_at_an_hour() {
    let first = Duration::from_secs(30);
    for (attempts, chance, seconds) in [
        (1, 0.0, 30.0),
        (1, 1.0, 33.0),
        (2, 0.0, 60.0),
        (3, 0.5, 126.0),
        (7, 0.0, 1920.0),
        (8, 0.0, 3600.0),
        (u32::MAX, 1.0, 3600.0),
    ] {
        let waited = pause(attempts, Wait::Doubling(first), chance);
        assert_eq!(waited, Duration::from_secs_f64(seconds), "{attempts} {chance}");
    }
}

proptest! {
    #[test]
    fn no_wait_is_longer_than_an_hour(attempts: u32, named: Duration, chance: f64) {
        for wait in [Wait::BackOff, Wait::For(named), Wait::Doubling(named)] {
            let waited = pause(attempts, wait, chance);
            prop_assert!(waited <= HOUR, "{wait:?}: {waited:?}");
        }
    }
}

#[test]
fn a_report_is_given_up_when_its_time_is_over_and_the_sink_had_its_chance() {
    let day = 86400;
    for (queued, now, failing_for, retry_for, given_up) in [
        (0, 0, Duration::ZERO, DAY, false),
        (0, day - 1, DAY, DAY, false),
        (0, day, DAY, DAY, true),
        // The host was off for a week; or its clock stood in 1970 when the report was taken.
        (0, 7 * day, Duration::ZERO, DAY, false),
        (-1_795_000_000, 0, Duration::ZERO, DAY, false),
        (0, 7 * day, PATIENCE, DAY, true),
        (0, 60, Duration::from_secs(60), Duration::from_secs(60), true),
        // The clock was set back.
        (0, -day, DAY, DAY, false),
    ] {
        let circumstances = Circumstances { now: at(now), chance: 0.5, failing_for, retry_for };
        let decision = decide(retry(Wait::For(HOUR)), &Record::fresh(at(queued)), &circumstances);
        let row = (queued, now, failing_for, retry_for);
        assert_eq!(matches!(decision.fate, Fate::GivenUp(_)), given_up, "{row:?}");
        assert!(decision.pause >= HOUR, "the sink wants peace all the same: {row:?}");
    }
}

#[test]
fn a_clock_set_back_does_not_stretch_the_time_a_report_is_tried() {
    let back = circumstances(at(-1_000_000));
    let outcome = || retry(Wait::BackOff);
    let Fate::Owed(record) = decide(outcome(), &Record::fresh(at(0)), &back).fate else {
        panic!("not owed any more")
    };
    assert_eq!(record.queued_at, at(-1_000_000));
    let a_day_later = circumstances(at(-1_000_000 + 86400));
    let decision = decide(outcome(), &record, &a_day_later);
    assert!(matches!(decision.fate, Fate::GivenUp(_)), "{decision:?}");
}

#[test]
fn a_record_is_due_at_its_time_or_when_the_clock_was_set_back() {
    let tried =
        |next| Record { tried_at: Some(at(100)), next_attempt_at: next, ..Record::fresh(at(0)) };
    for (record, now, seconds) in [
        (Record::fresh(at(0)), 0, 0),
        (Record::fresh(at(0)), -500, 0),
        (tried(None), 100, 0),
        (tried(Some(at(160))), 100, 60),
        (tried(Some(at(160))), 150, 10),
        (tried(Some(at(160))), 160, 0),
        (tried(Some(at(160))), 999, 0),
        (tried(Some(at(160))), 99, 0),
    ] {
        assert_eq!(due_in(&record, at(now)).as_secs(), seconds, "{record:?} at {now}");
    }
}
