use super::*;
use crate::zone::testing::zone;

fn instant(text: &str) -> Timestamp {
    humantime::parse_rfc3339(text).unwrap().into()
}

fn daily(days: &[&str], from: u16, to: u16, clock: Clock) -> When {
    let (from, to) = (TimeOfDay(from * 60), TimeOfDay(to * 60));
    let days = DAYS.map(|day| days.is_empty() || days.contains(&day));
    When::Daily(Daily { days, from, to, clock })
}

/// Holds `rows` (an instant, and until when the window is open then) against `when`.
fn check(when: &When, zone: &Zone, rows: &[(&str, Option<&str>)]) {
    for (time, until) in rows {
        let found = when.until(instant(time), zone);
        assert_eq!(found, until.map(instant), "{when:?} at {time}");
    }
}

#[test]
fn a_window_is_open_from_its_beginning_to_before_its_end() {
    let end = Some("2026-12-25T02:00:00Z");
    let once =
        When::Once { from: instant("2026-12-24T22:00:00Z"), to: instant("2026-12-25T02:00:00Z") };
    check(
        &once,
        &Zone::utc(),
        &[
            ("2026-12-24T21:59:59.999999Z", None),
            ("2026-12-24T22:00:00Z", end),
            ("2026-12-25T01:59:59.999999Z", end),
            ("2026-12-25T02:00:00Z", None),
        ],
    );
    // 2026-11-21 is a Saturday.
    let end = Some("2026-11-21T04:00:00Z");
    check(
        &daily(&["sat"], 2, 4, Clock::Utc),
        &zone("EST5"),
        &[
            ("2026-11-21T01:59:59.999999Z", None),
            ("2026-11-21T02:00:00Z", end),
            ("2026-11-21T03:59:59.999999Z", end),
            ("2026-11-21T04:00:00Z", None),
            ("2026-11-20T03:00:00Z", None),
            ("2026-11-22T03:00:00Z", None),
            ("2026-11-28T03:00:00Z", Some("2026-11-28T04:00:00Z")),
        ],
    );
}

#[test]
fn a_window_over_midnight_belongs_to_the_day_on_which_it_begins() {
    let end = Some("2026-11-22T04:00:00Z");
    check(
        &daily(&["sat"], 22, 4, Clock::Utc),
        &Zone::utc(),
        &[
            ("2026-11-21T03:00:00Z", None),
            ("2026-11-21T21:59:59Z", None),
            ("2026-11-21T22:00:00Z", end),
            ("2026-11-22T00:00:00Z", end),
            ("2026-11-22T03:59:59Z", end),
            ("2026-11-22T04:00:00Z", None),
            ("2026-11-22T22:00:00Z", None),
        ],
    );
    let end = Some("2026-11-22T00:00:00Z");
    for (from, to) in [(0, 24), (0, 0)] {
        check(
            &daily(&["sat"], from, to, Clock::Utc),
            &Zone::utc(),
            &[
                ("2026-11-20T23:59:59Z", None),
                ("2026-11-21T00:00:00Z", end),
                ("2026-11-21T23:59:59Z", end),
                ("2026-11-22T00:00:00Z", None),
            ],
        );
    }
}

#[test]
fn days_and_times_are_those_of_the_hosts_clock() {
    // It is Saturday there when it is Friday in UTC, and the other way round.
    check(
        &daily(&["sat"], 2, 4, Clock::Local),
        &zone("JST-9"),
        &[
            ("2026-11-20T17:00:00Z", Some("2026-11-20T19:00:00Z")),
            ("2026-11-20T19:00:00Z", None),
            ("2026-11-21T02:00:00Z", None),
        ],
    );
    check(
        &daily(&["sat"], 22, 23, Clock::Local),
        &zone("EST5"),
        &[("2026-11-22T03:00:00Z", Some("2026-11-22T04:00:00Z"))],
    );
}

#[test]
fn an_hour_that_is_left_out_is_in_no_window_and_one_that_comes_twice_is_in_it_twice() {
    let berlin = zone("CET-1CEST,M3.5.0,M10.5.0/3");
    let (two_to_three, one_to_four) =
        (daily(&[], 2, 3, Clock::Local), daily(&[], 1, 4, Clock::Local));
    // From 02:00 on the clock shows 03:00.
    let end = Some("2026-03-29T02:00:00Z");
    check(
        &two_to_three,
        &berlin,
        &[("2026-03-29T00:59:59Z", None), ("2026-03-29T01:00:00Z", None)],
    );
    check(
        &one_to_four,
        &berlin,
        &[
            ("2026-03-29T00:00:00Z", end),
            ("2026-03-29T01:30:00Z", end),
            ("2026-03-29T02:00:00Z", None),
        ],
    );
    // From 03:00 on the clock shows 02:00.
    let end = Some("2026-10-25T03:00:00Z");
    check(
        &one_to_four,
        &berlin,
        &[
            ("2026-10-24T22:59:59Z", None),
            ("2026-10-24T23:00:00Z", end),
            ("2026-10-25T02:59:59Z", end),
            ("2026-10-25T03:00:00Z", None),
        ],
    );
    check(
        &two_to_three,
        &berlin,
        &[
            ("2026-10-24T23:59:59Z", None),
            ("2026-10-25T00:30:00Z", Some("2026-10-25T02:00:00Z")),
            ("2026-10-25T01:30:00Z", Some("2026-10-25T02:00:00Z")),
            ("2026-10-25T02:00:00Z", None),
        ],
    );
}

#[test]
fn an_unknown_zone_matters_only_where_a_window_goes_by_it() {
    let of = |when| {
        let window = Window { jobs: JobGlobs::ALL, when, why: String::new() };
        Windows::new(vec![window], Err("torn".to_owned()))
    };
    assert_eq!(of(daily(&[], 1, 2, Clock::Local)).trouble(), Some("torn"));
    assert_eq!(of(daily(&[], 1, 2, Clock::Utc)).trouble(), None);
}
