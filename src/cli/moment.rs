//! Points in time as people write them. Pure: the present is an argument.

use std::time::Duration;

use crate::time::Timestamp;

/// A point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// So long ago.
    Ago(Duration),
    /// Then.
    At(Timestamp),
}

impl Moment {
    /// Reads `2h`, `1d ago`, `2026-11-21`, `2026-11-21 03:42`, `2026-11-21 03:42:17 UTC` and
    /// `2026-11-21T03:42:17+01:00`. What names no zone is in UTC, as all that the command prints.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        let length = humantime::parse_duration(text.trim_end_matches("ago").trim_end());
        let ago = length.ok().map(Self::Ago);
        ago.or_else(|| at(text).map(Self::At)).ok_or(
            "neither a length of time ago, such as 90m or 2d, nor a time in UTC, such as \
             \"2026-11-21 03:42\", nor one with an offset, such as 2026-11-21T04:42:17+01:00",
        )
    }

    /// This moment, seen from `now`.
    pub(super) fn seen_from(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Ago(length) => {
                let micros = i64::try_from(length.as_micros()).unwrap_or(i64::MAX);
                Timestamp::from_micros(now.micros().saturating_sub(micros))
            }
            Self::At(time) => time,
        }
    }
}

/// The instant that a date, or a date and a time, mean.
fn at(text: &str) -> Option<Timestamp> {
    let text = text.strip_suffix("UTC").unwrap_or(text).trim_end();
    let (text, ahead_minutes) = match text.strip_suffix(['Z', 'z']) {
        Some(utc) => (utc, 0),
        None => without_offset(text)?,
    };
    // A date alone is its midnight; seconds may be left out.
    let missing = match text.len() {
        10 => "T00:00:00",
        16 => ":00",
        _ => "",
    };
    let utc = humantime::parse_rfc3339_weak(&format!("{text}{missing}")).ok()?;
    Some(Timestamp::from_micros(Timestamp::from(utc).micros() - ahead_minutes * 60_000_000))
}

/// `text` without `+01:00` at its end, and how far that is ahead of UTC, in minutes; `None` where
/// that is no offset.
fn without_offset(text: &str) -> Option<(&str, i64)> {
    let Some((time, offset)) = text.split_at_checked(text.len().saturating_sub(6)) else {
        return Some((text, 0));
    };
    let sign = match offset.chars().next() {
        // The offset of a date alone would be of no use: `2026-11-21` has two hyphens, too.
        Some('+') if time.len() > 10 => 1,
        Some('-') if time.len() > 10 => -1,
        _ => return Some((text, 0)),
    };
    let (hours, minutes) = offset.get(1..)?.split_once(':')?;
    let number = |digits: &str, most: i64| {
        let plain = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse::<i64>().ok().filter(|number| plain && *number <= most)
    };
    Some((time, sign * (number(hours, 23)? * 60 + number(minutes, 59)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_length_ago_or_a_time_in_utc_or_with_an_offset() {
        let now = "2026-11-21T12:00:00Z";
        for (text, then) in [
            ("2h", "2026-11-21T10:00:00Z"),
            ("90m ago", "2026-11-21T10:30:00Z"),
            ("1d", "2026-11-20T12:00:00Z"),
            ("1h 30m", "2026-11-21T10:30:00Z"),
            ("0s", now),
            ("9000 years", "1970-01-01T00:00:00Z"),
            ("2026-11-20", "2026-11-20T00:00:00Z"),
            ("2026-11-20 03:42", "2026-11-20T03:42:00Z"),
            ("2026-11-20T03:42", "2026-11-20T03:42:00Z"),
            ("2026-11-20 03:42:17", "2026-11-20T03:42:17Z"),
            ("2026-11-20 03:42:17 UTC", "2026-11-20T03:42:17Z"),
            ("2026-11-20T03:42:17.123Z", "2026-11-20T03:42:17.123Z"),
            ("2026-11-20T03:42:17+01:30", "2026-11-20T02:12:17Z"),
            ("2026-11-20 03:42-05:00", "2026-11-20T08:42:00Z"),
        ] {
            let time = |text: &str| Timestamp::from(humantime::parse_rfc3339(text).unwrap());
            let moment = Moment::parse(text).unwrap_or_else(|why| panic!("{text}: {why}"));
            assert_eq!(moment.seen_from(time(now)), time(then), "{text}");
        }
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in [
            "",
            "ago",
            "yesterday",
            "2",
            "-2h",
            "2026-13-01",
            "2026-11-20 25:00",
            "03:42",
            "2026-11-20 03:42+0100",
            "2026-11-20 03:42+24:00",
            "2026-11-20 03:42+é1:0",
            "2026-1-1",
            "ééééé",
            "2026-11-20+01:00",
        ] {
            assert!(Moment::parse(text).is_err(), "{text}");
        }
    }
}
