//! Numbers and times as people say them.

use std::time::Duration;

use crate::time::Timestamp;

/// `1 crash`, `2 crashes`.
pub fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// `1st`, `2nd`, `3rd`, `11th`.
pub(super) fn ordinal(number: u64) -> String {
    let ending = match (number % 100, number % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

/// A duration over which several things happened: `1 s` at least, `3 min`, `1 h 30 min`, `2 d`.
pub(super) fn span(duration: Duration) -> String {
    let seconds = duration.as_secs().max(1);
    let minutes = seconds.saturating_add(30) / 60;
    let (hours, days) = (minutes / 60, minutes / 1440);
    let of_two = |large: String, rest: u64, unit: &str| match rest {
        0 => large,
        rest => format!("{large} {rest} {unit}"),
    };
    match (seconds, minutes) {
        (..60, _) => format!("{seconds} s"),
        (_, ..60) => format!("{minutes} min"),
        (_, ..1440) => of_two(format!("{hours} h"), minutes % 60, "min"),
        _ => of_two(format!("{days} d"), hours % 24, "h"),
    }
}

/// `2026-11-21 03:42:17 UTC`.
pub fn date(time: Timestamp) -> String {
    let seconds = humantime::format_rfc3339_seconds(time.to_system_time()).to_string();
    seconds.replace('T', " ").replace('Z', " UTC")
}

/// `03:42:17 UTC`, with the date where that is another one than that of `since`.
pub(super) fn clock(time: Timestamp, since: Timestamp) -> String {
    let (written, since) = (date(time), date(since));
    match (written.split_once(' '), since.split_once(' ')) {
        (Some((day, clock)), Some((earlier, _))) if day == earlier => clock.to_owned(),
        _ => written,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_like_speech() {
        for (number, words) in [
            (1, "1st"),
            (2, "2nd"),
            (3, "3rd"),
            (4, "4th"),
            (11, "11th"),
            (12, "12th"),
            (13, "13th"),
            (21, "21st"),
            (102, "102nd"),
            (111, "111th"),
        ] {
            assert_eq!(ordinal(number), words);
        }
        assert_eq!(counted(1, "crash", "crashes"), "1 crash");
        assert_eq!(counted(0, "crash", "crashes"), "0 crashes");
        assert_eq!(counted(2, "crash", "crashes"), "2 crashes");
    }

    #[test]
    fn a_span_has_the_units_that_matter() {
        for (seconds, words) in [
            (0, "1 s"),
            (59, "59 s"),
            (60, "1 min"),
            (192, "3 min"),
            (3569, "59 min"),
            (3599, "1 h"),
            (3600, "1 h"),
            (5400, "1 h 30 min"),
            (86_399, "1 d"),
            (86_400, "1 d"),
            (97_200, "1 d 3 h"),
        ] {
            assert_eq!(span(Duration::from_secs(seconds)), words, "{seconds}");
        }
    }

    #[test]
    fn a_time_has_its_date_where_that_is_not_clear() {
        let noon = Timestamp::from_micros(1_795_262_400_000_000);
        let night = Timestamp::from_micros(1_795_305_600_000_000);
        assert_eq!(date(noon), "2026-11-21 12:00:00 UTC");
        assert_eq!(clock(noon, noon), "12:00:00 UTC");
        assert_eq!(clock(night, noon), "2026-11-22 00:00:00 UTC");
    }
}
