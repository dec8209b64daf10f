//! The axis of time that all charts share. Pure.

use std::time::Duration;

use crate::time::Timestamp;

/// How much of the width stays free at either end, in percent: a mark is as wide.
const MARGIN: f64 = 2.0;

/// The most ticks: their labels must stand beside each other on a telephone.
const TICKS: u64 = 6;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// The distances between ticks that people count in, in seconds.
const STEPS: [u64; 19] = [
    1,
    10,
    MINUTE,
    5 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    5 * DAY,
    10 * DAY,
    30 * DAY,
    60 * DAY,
    120 * DAY,
    360 * DAY,
    3600 * DAY,
];

/// The time that the page is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Axis {
    from: Timestamp,
    until: Timestamp,
}

impl Axis {
    /// From `from` to `until`, and a second at least.
    pub(super) fn new(from: Timestamp, until: Timestamp) -> Self {
        let least = Timestamp::from_micros(from.micros().saturating_add(1_000_000));
        Self { from, until: until.max(least) }
    }

    /// Where `time` is, in percent of the width.
    pub(super) fn percent(&self, time: Timestamp) -> f64 {
        let whole = self.until.since(self.from).as_secs_f64().max(1e-6);
        let part = time.since(self.from).as_secs_f64().min(whole);
        MARGIN + part / whole * (100.0 - 2.0 * MARGIN)
    }

    /// When there are ticks, and what each is called.
    pub(super) fn ticks(&self) -> Vec<(Timestamp, String)> {
        let (from, until) = (self.from.millis() / 1000, self.until.millis() / 1000);
        let fits = |step: &&u64| until / **step - from / **step <= TICKS;
        let step = *STEPS.iter().find(fits).unwrap_or(&u64::MAX);
        let first = from.div_ceil(step);
        (first..=until / step)
            .map(|number| {
                let time = at(number.saturating_mul(step));
                (time, label(time, step))
            })
            .collect()
    }

    /// The beginning and the end.
    pub(super) fn ends(&self) -> (Timestamp, Timestamp) {
        (self.from, self.until)
    }
}

/// The second `second` after the epoch.
fn at(second: u64) -> Timestamp {
    (std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(second)).into()
}

/// `21 Nov`; `03:45` where ticks are nearer than a day, and midnight is a day too; `2026-11-21` where
/// they are years apart.
fn label(time: Timestamp, step: u64) -> String {
    let written = time.to_string();
    let part = |range| written.get(range).unwrap_or_default();
    let clock = if step < MINUTE { part(11..19) } else { part(11..16) };
    if step < DAY && !(time.millis() / 1000).is_multiple_of(DAY) {
        return clock.to_owned();
    }
    if step > 120 * DAY {
        return part(0..10).to_owned();
    }
    let month = match part(5..7) {
        "01" => "Jan",
        "02" => "Feb",
        "03" => "Mar",
        "04" => "Apr",
        "05" => "May",
        "06" => "Jun",
        "07" => "Jul",
        "08" => "Aug",
        "09" => "Sep",
        "10" => "Oct",
        "11" => "Nov",
        _ => "Dec",
    };
    format!("{} {month}", part(8..10).trim_start_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-21T03:42:17Z.
    const NOON: u64 = 1_795_232_537;

    fn labels(seconds: u64) -> Vec<String> {
        let axis = Axis::new(at(NOON - seconds), at(NOON));
        axis.ticks().into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn ticks_are_where_people_count() {
        assert_eq!(labels(20 * MINUTE), ["03:25", "03:30", "03:35", "03:40"]);
        assert_eq!(labels(DAY), ["06:00", "12:00", "18:00", "21 Nov"]);
        assert_eq!(labels(5 * DAY), ["17 Nov", "18 Nov", "19 Nov", "20 Nov", "21 Nov"]);
        assert_eq!(labels(999 * DAY), ["2024-03-18", "2025-03-13", "2026-03-08"]);
        assert_eq!(labels(0), ["03:42:17", "03:42:18"]);
    }

    #[test]
    fn there_are_few_ticks_however_long_the_time_is() {
        for seconds in [0, 1, 59, 3601, 86_399, 100_000, 9_999_999, 99_999_999, NOON] {
            let ticks = labels(seconds).len();
            assert!(ticks as u64 <= TICKS + 1, "{seconds}: {ticks}");
        }
    }

    #[test]
    fn every_time_has_a_place_on_it() {
        let axis = Axis::new(at(NOON), at(NOON + 100));
        for (second, percent) in [
            (NOON - 9, 2.0),
            (NOON, 2.0),
            (NOON + 50, 50.0),
            (NOON + 100, 98.0),
            (NOON + 999, 98.0),
        ] {
            assert_eq!(axis.percent(at(second)), percent);
        }
        let backwards = Axis::new(at(NOON), at(NOON - 100));
        assert_eq!(backwards.percent(at(NOON)), 2.0);
    }
}
