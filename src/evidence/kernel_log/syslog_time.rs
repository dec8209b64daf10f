//! The two ways in which the system's log writes the time.

use super::record::number;

const SECOND: i64 = 1_000_000;
const DAY_SECONDS: i64 = 86_400;

/// When a line was written, as the line says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// `2026-11-21T13:00:01.123456+00:00`, in microseconds since the epoch.
    Exact(i64),
    /// `Nov 21 13:00:01`.
    Local(Local),
}

/// A time without its year and its zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Local {
    /// From 1 to 12.
    month: i64,
    day: i64,
    /// Since midnight.
    seconds: i64,
}

impl When {
    /// The time that `line` begins with, and what follows behind the space.
    pub(super) fn parse(line: &[u8]) -> Option<(Self, &[u8])> {
        let mut reader = Reader(line);
        let when = match line.first()? {
            digit if digit.is_ascii_digit() => Self::Exact(reader.exact()?),
            _ => Self::Local(reader.local()?),
        };
        reader.literal(b" ")?;
        Some((when, reader.0))
    }

    /// The time, if it has neither year nor zone.
    pub(super) fn local(self) -> Option<Local> {
        match self {
            Self::Exact(_) => None,
            Self::Local(local) => Some(local),
        }
    }
}

/// What the classic form leaves out, its year and its zone.
///
/// Told by the file itself: its last line was written when the file was, so the two differ by the
/// zone. That needs neither the zone's file, which a `chroot` may lack, nor the job's `TZ`, which
/// is not the writer's. Before a change of the clock in this tail it is wrong by that hour, which
/// concerns only ends of earlier runs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    /// When the file was last written to, in seconds since the epoch.
    written: i64,
    /// How far local time is ahead, in seconds; `None` where no zone is that far, for somebody
    /// else wrote to the file, or touched it.
    ahead: Option<i64>,
}

impl Clock {
    /// The clock of a file with `last` as its last time, written to at `written`, in microseconds
    /// since the epoch.
    pub(super) fn new(last: Option<Local>, written: i64) -> Self {
        /// Zones differ by quarters of an hour, and lie between these.
        const STEP: i64 = 900;
        const ZONES: std::ops::RangeInclusive<i64> = -12 * 3600..=14 * 3600;
        let written = written.div_euclid(SECOND);
        let ahead = last.map_or(0, |last| last.nearest_to(written) - written);
        let ahead = (ahead + STEP / 2).div_euclid(STEP) * STEP;
        Self { written, ahead: Some(ahead).filter(|ahead| ZONES.contains(ahead)) }
    }

    /// `when`, in microseconds since the epoch. The classic form has whole seconds only: the line
    /// may be up to one second younger.
    pub(super) fn micros(self, when: When) -> Option<i64> {
        match when {
            When::Exact(micros) => Some(micros),
            When::Local(local) => {
                let ahead = self.ahead?;
                Some((local.nearest_to(self.written + ahead) - ahead).saturating_mul(SECOND))
            }
        }
    }
}

impl Local {
    /// This time in the year in which it is nearest to `seconds`; both are local time.
    fn nearest_to(self, seconds: i64) -> i64 {
        let year = 1970 + seconds.div_euclid(DAY_SECONDS) * 400 / 146_097;
        let inside =
            |year| days(year, self.month, self.day).saturating_mul(DAY_SECONDS) + self.seconds;
        let years = [year - 1, year, year + 1].map(inside);
        years.into_iter().min_by_key(|time| time.abs_diff(seconds)).unwrap_or(seconds)
    }
}

/// Days from 1970-01-01 to the day, as the Gregorian calendar counts.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // A year that begins in March has the day that not every year has at its end.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let of_years = year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    of_years + (153 * month + 2) / 5 + day - 719_469
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn literal(&mut self, text: &[u8]) -> Option<()> {
        self.0 = self.0.strip_prefix(text)?;
        Some(())
    }

    /// The next `count` bytes, digits all of them.
    fn number(&mut self, count: usize) -> Option<i64> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        number(digits)
    }

    /// `13:00:01`, in seconds.
    fn clock(&mut self) -> Option<i64> {
        let hours = self.number(2)?;
        self.literal(b":")?;
        let minutes = self.number(2)?;
        self.literal(b":")?;
        let seconds = self.number(2)?;
        (hours < 24 && minutes < 60 && seconds <= 60)
            .then_some(hours * 3600 + minutes * 60 + seconds)
    }

    fn local(&mut self) -> Option<Local> {
        const MONTHS: [&[u8]; 12] = [
            b"Jan ", b"Feb ", b"Mar ", b"Apr ", b"May ", b"Jun ", b"Jul ", b"Aug ", b"Sep ",
            b"Oct ", b"Nov ", b"Dec ",
        ];
        let month = (1..).zip(MONTHS).find(|(_, name)| self.0.starts_with(name));
        let (month, name) = month?;
        self.literal(name)?;
        let is_short = self.literal(b" ").is_some();
        let day = self.number(if is_short { 1 } else { 2 })?;
        self.literal(b" ")?;
        let seconds = self.clock()?;
        (1..=31).contains(&day).then_some(Local { month, day, seconds })
    }

    fn exact(&mut self) -> Option<i64> {
        let year = self.number(4)?;
        self.literal(b"-")?;
        let month = self.number(2).filter(|month| (1..=12).contains(month))?;
        self.literal(b"-")?;
        let day = self.number(2).filter(|day| (1..=31).contains(day))?;
        self.literal(b"T")?;
        let seconds = days(year, month, day) * DAY_SECONDS + self.clock()?;
        let mut micros = 0;
        if self.literal(b".").is_some() {
            let count = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let (digits, rest) = self.0.split_at_checked(count)?;
            self.0 = rest;
            let shown = digits.get(..6).unwrap_or(digits);
            micros = number::<i64>(shown)? * 10_i64.pow(6 - u32::try_from(shown.len()).ok()?);
        }
        Some((seconds - self.zone()?) * SECOND + micros)
    }

    /// `Z`, `+00:00`, `-03:30`: how far local time is ahead, in seconds.
    fn zone(&mut self) -> Option<i64> {
        if self.literal(b"Z").is_some() {
            return Some(0);
        }
        let sign = match self.literal(b"+") {
            Some(()) => 1,
            None => self.literal(b"-").map(|()| -1)?,
        };
        let hours = self.number(2)?;
        self.literal(b":")?;
        Some(sign * (hours * 3600 + self.number(2)? * 60))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;
    use proptest::prelude::*;

    /// Microseconds since the epoch.
    fn at(time: &str) -> i64 {
        Timestamp::from(humantime::parse_rfc3339(time).unwrap()).micros()
    }

    fn when(text: &str) -> Option<When> {
        When::parse(format!("{text} host").as_bytes()).map(|(when, _)| when)
    }

    #[test]
    fn exact_times_have_their_zone() {
        for (text, time) in [
            ("2026-11-21T13:00:01.123456+00:00", "2026-11-21T13:00:01.123456Z"),
            ("2026-11-21T13:00:01Z", "2026-11-21T13:00:01Z"),
            ("2026-11-21T13:00:01.5-03:30", "2026-11-21T16:30:01.5Z"),
            ("2024-02-29T23:59:59.123456789+14:00", "2024-02-29T09:59:59.123456Z"),
        ] {
            assert_eq!(when(text), Some(When::Exact(at(time))), "{text}");
        }
        for text in ["2026-13-21T13:00:01Z", "2026-11-21 13:00:01", "2026-11-21T13:00:01"] {
            assert_eq!(when(text), None, "{text}");
        }
    }

    #[test]
    fn the_last_line_and_the_files_time_tell_zone_and_year() {
        for (line, last, written, time) in [
            ("Nov 21 13:00:01", "Nov 21 13:00:09", "2026-11-21T13:00:10Z", "2026-11-21T13:00:01Z"),
            ("Nov 21 14:00:01", "Nov 21 14:00:09", "2026-11-21T13:00:10Z", "2026-11-21T13:00:01Z"),
            ("Nov 21 07:30:01", "Nov 21 07:30:09", "2026-11-21T13:00:10Z", "2026-11-21T13:00:01Z"),
            ("Nov  1 18:45:00", "Nov  2 00:45:00", "2026-11-01T19:00:00Z", "2026-11-01T13:00:00Z"),
            ("Dec 31 23:59:59", "Jan  1 00:00:01", "2027-01-01T00:00:01Z", "2026-12-31T23:59:59Z"),
            ("Dec 31 23:59:59", "Dec 31 23:59:59", "2027-01-01T04:59:59Z", "2027-01-01T04:59:59Z"),
            ("Feb 29 12:00:00", "Mar  1 01:00:00", "2024-03-01T01:00:00Z", "2024-02-29T12:00:00Z"),
        ] {
            let clock = Clock::new(when(last).and_then(When::local), at(written));
            assert_eq!(clock.micros(when(line).unwrap()), Some(at(time)), "{line}");
        }
    }

    #[test]
    fn a_file_that_was_touched_tells_no_zone() {
        let line = when("Nov 20 13:00:01").unwrap();
        let clock = Clock::new(line.local(), at("2026-11-21T13:00:10Z"));
        assert_eq!(clock.micros(line), None);
    }

    proptest! {
        #[test]
        fn garbage_gives_no_panic(text in "[0-9TZJanFebDec:.+ -]{0,40}", bytes: Vec<u8>, written: i64) {
            for when in [When::parse(text.as_bytes()), When::parse(&bytes)].into_iter().flatten() {
                let _ = Clock::new(when.0.local(), written).micros(when.0);
            }
        }
    }
}
