//! Numbers and times as people say them.

use std::time::Duration;

use crate::time::Timestamp;
use crate::zone::Zone;

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

/// `2026-11-21 03:42:17 UTC (04:42:17 +01:00 at the host)`: by both clocks, where they differ; with
/// the date where that differs too.
pub(super) fn moment(time: Timestamp, zone: &Zone) -> String {
    let utc = date(time);
    let ahead = zone.ahead_seconds(time);
    if ahead == 0 {
        return utc;
    }
    let micros = ahead.saturating_mul(1_000_000).saturating_add(time.micros());
    let on_wall = clock(Timestamp::from_micros(micros), time);
    let on_wall = on_wall.trim_end_matches(" UTC");
    format!("{utc} ({on_wall} {} at the host)", offset(ahead))
}

/// `+01:00`, `-03:30`; with seconds where a zone has them, as those before 1900 do.
fn offset(seconds: i64) -> String {
    let (sign, all) = (if seconds < 0 { '-' } else { '+' }, seconds.unsigned_abs());
    let (hours, minutes) = (all / 3600, all / 60 % 60);
    match all % 60 {
        0 => format!("{sign}{hours:02}:{minutes:02}"),
        seconds => format!("{sign}{hours:02}:{minutes:02}:{seconds:02}"),
    }
}

/// `12 B`, `204 MiB`, `7.8 GiB`: a digit more where the unit is large.
pub(super) fn bytes(bytes: u64) -> String {
    match bytes {
        0..0x400 => format!("{bytes} B"),
        0x400..0x10_0000 => format!("{} KiB", bytes >> 10),
        0x10_0000..0x4000_0000 => format!("{} MiB", bytes >> 20),
        _ => format!("{:.1} GiB", bytes as f64 / f64::from(1 << 30)),
    }
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
    use crate::zone::testing::zone;

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
    #[test]
    fn a_moment_is_told_by_both_clocks_where_they_differ() {
        let at = |text: &str| humantime::parse_rfc3339(text).unwrap().into();
        let berlin = "CET-1CEST,M3.5.0,M10.5.0/3";
        for (rule, utc, told) in [
            ("UTC0", "2026-11-21T13:04:05Z", "2026-11-21 13:04:05 UTC"),
            (
                berlin,
                "2026-11-21T13:04:05Z",
                "2026-11-21 13:04:05 UTC (14:04:05 +01:00 at the host)",
            ),
            (
                berlin,
                "2026-07-01T13:04:05Z",
                "2026-07-01 13:04:05 UTC (15:04:05 +02:00 at the host)",
            ),
            (
                berlin,
                "2026-11-21T23:04:05Z",
                "2026-11-21 23:04:05 UTC (2026-11-22 00:04:05 +01:00 at the host)",
            ),
            (
                "NST3:30",
                "2026-11-21T02:00:00Z",
                "2026-11-21 02:00:00 UTC (2026-11-20 22:30:00 -03:30 at the host)",
            ),
            (
                "LMT-0:53:28",
                "2026-11-21T02:00:00Z",
                "2026-11-21 02:00:00 UTC (02:53:28 +00:53:28 at the host)",
            ),
            (
                berlin,
                "9999-12-31T23:59:59Z",
                "9999-12-31 23:59:59 UTC (23:59:59 +01:00 at the host)",
            ),
        ] {
            assert_eq!(moment(at(utc), &zone(rule)), told);
        }
    }

    #[test]
    fn bytes_have_the_unit_that_matters() {
        for (count, words) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1 KiB"),
            (212_221_952, "202 MiB"),
            (1 << 30, "1.0 GiB"),
            (8_363_012_096, "7.8 GiB"),
            (u64::MAX, "17179869184.0 GiB"),
        ] {
            assert_eq!(bytes(count), words);
        }
    }
}
