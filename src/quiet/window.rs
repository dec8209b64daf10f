//! Planned windows: `[[window]]`.

use crate::globs::JobGlobs;
use crate::time::Timestamp;
use crate::zone::Zone;

/// A time in which some jobs' crashes are planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// The jobs.
    pub jobs: JobGlobs,
    /// The time.
    pub when: When,
    /// What is done in it.
    pub why: String,
}

/// When a window is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// Once, from one instant up to another.
    Once {
        /// The first instant.
        from: Timestamp,
        /// The first that is not in it any more.
        to: Timestamp,
    },
    /// On some days of each week.
    Daily(Daily),
}

/// From one time of day up to another, which may be the next day's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Daily {
    /// Whether it begins on each of [`DAYS`].
    pub days: [bool; 7],
    /// When it begins.
    pub from: TimeOfDay,
    /// When it ends; not later than `from`, it is the next day's.
    pub to: TimeOfDay,
    /// Which clock shows these times.
    pub clock: Clock,
}

/// The days of a week, as the config calls them.
pub const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// A time of day, in minutes since midnight; 24:00 is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeOfDay(pub u16);

/// Which clock a time of day is read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// The host's, which is put forward and back where it is done there.
    Local,
    /// UTC.
    Utc,
}

/// All planned windows, and the zone that their host lives by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Windows {
    windows: Vec<Window>,
    zone: Zone,
    /// Why the zone is not the host's own.
    trouble: Option<String>,
}

/// A day, in seconds as the clock on the wall counts them.
const DAY: i64 = 86400;

/// 1970-01-01 was a Thursday: this many days after a Monday.
const THURSDAY: i64 = 3;

impl Windows {
    /// `windows` on a host in `zone`; where that is not known, its times are those of UTC.
    pub fn new(windows: Vec<Window>, zone: Result<Zone, String>) -> Self {
        let (zone, trouble) = match zone {
            Ok(zone) => (zone, None),
            Err(why) => (Zone::utc(), Some(why)),
        };
        Self { windows, zone, trouble }
    }

    /// The zone that the host lives by; UTC where it is not known.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// Why the host's zone is not known, where a window goes by it.
    pub fn trouble(&self) -> Option<&str> {
        let goes_by_it = |window: &Window| matches!(&window.when, When::Daily(daily) if daily.clock == Clock::Local);
        self.trouble.as_deref().filter(|_| self.windows.iter().any(goes_by_it))
    }

    /// The window that is open for `job` at `time`, and until when; of several that which closes
    /// last.
    pub(super) fn open_for(
        &self,
        job: &str,
        instance: &str,
        time: Timestamp,
    ) -> Option<(Timestamp, &Window)> {
        let of_it = self.windows.iter().filter(|window| window.jobs.mean(job, instance));
        let open = of_it.filter_map(|window| Some((window.when.until(time, &self.zone)?, window)));
        open.max_by_key(|(until, _)| *until)
    }
}

impl When {
    /// Until when it is open, if it is at `time`.
    fn until(&self, time: Timestamp, zone: &Zone) -> Option<Timestamp> {
        match self {
            Self::Once { from, to } => (*from..*to).contains(&time).then_some(*to),
            Self::Daily(daily) => match daily.clock {
                Clock::Local => daily.until(time, zone),
                Clock::Utc => daily.until(time, &Zone::utc()),
            },
        }
    }
}

impl Daily {
    /// Until when it is open, if it is at `time`. What counts is what the clock on the wall shows:
    /// an hour that is left out is in no window, one that comes twice is in it twice.
    fn until(&self, time: Timestamp, zone: &Zone) -> Option<Timestamp> {
        let seconds = time.micros().div_euclid(1_000_000);
        let ahead = zone.ahead_seconds(time);
        let shown = seconds + ahead;
        let today = shown.div_euclid(DAY);
        let end = [today, today - 1].into_iter().find_map(|day| {
            let (start, end) = self.on(day)?;
            (start..end).contains(&shown).then_some(end)
        })?;
        // The clock may be set before that.
        let guess = at(end - ahead);
        Some(at(end - zone.ahead_seconds(guess)).max(time))
    }

    /// What the clock shows at its beginning on `day`, and at its end.
    fn on(&self, day: i64) -> Option<(i64, i64)> {
        let weekday = usize::try_from((day + THURSDAY).rem_euclid(7)).ok()?;
        if !*self.days.get(weekday)? {
            return None;
        }
        let shown = |time: TimeOfDay| day * DAY + i64::from(time.0) * 60;
        let (start, end) = (shown(self.from), shown(self.to));
        Some((start, if end <= start { end + DAY } else { end }))
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds.saturating_mul(1_000_000))
}

#[cfg(test)]
mod tests {
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
        let once = When::Once {
            from: instant("2026-12-24T22:00:00Z"),
            to: instant("2026-12-25T02:00:00Z"),
        };
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
}
