//! `[[window]]`: times in which crashes are planned.

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;
use toml::de::DeValue;
use toml::value::{Datetime, Offset};

use super::document::Document;
use super::nearest::unknown;
use super::problem::Problem;
use super::words::{Word, every_job, jobs, word};
use super::{Placed, reading};
use crate::globs::JobGlobs;
use crate::quiet::{Clock, DAYS, Daily, TimeOfDay, When, Window};
use crate::time::Timestamp;

/// A time in which crashes are planned: nobody is told, and the history has them all the same. As
/// many tables as there are windows.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    /// Of which jobs; of all but some with a list of `"!GLOB"` only. Default: every job.
    #[serde(default = "every_job", deserialize_with = "jobs")]
    jobs: JobGlobs,
    /// The days on which the window begins: `"mon"` to `"sun"`. Default: every day.
    days: Option<Spanned<Vec<Day>>>,
    /// When it begins: every day at a time such as `"22:00"`, or once, at a date such as
    /// `2026-12-24T22:00:00Z` without quotes.
    from: Moment,
    /// When it is over. A time of day that is not later than `from` is the next day's.
    to: Spanned<Moment>,
    /// The clock that times of day are read from: this host's, or UTC's. Default: `"local"`.
    zone: Option<Spanned<Zone>>,
    /// What people are told who look for a crash in the history.
    why: String,
}

/// The window of one table; what is wrong with it goes to `problems`.
pub(super) fn read(
    (document, table): Placed<'_, Spanned<DeValue<'_>>>,
    problems: &mut Vec<Problem>,
) -> Option<Window> {
    let read = reading::read(document, table, &[], problems);
    checked(document, read.value?)
        .map_err(|problem| problems.extend(read.told.unless_told(problem)))
        .ok()
}

/// # Errors
/// What of it does not go together, and where.
fn checked(document: &Document, table: Table) -> Result<Window, Problem> {
    let Table { jobs, days, from, to, zone, why } = table;
    let end = to.span();
    let when = match (from, to.into_inner()) {
        (Moment::Daily(from), Moment::Daily(to)) => {
            let days = days.map_or([true; 7], |days| {
                let named = days.into_inner();
                std::array::from_fn(|day| named.iter().any(|Day(other)| *other == day))
            });
            let clock = zone.map_or(Clock::Local, |zone| zone.into_inner().0);
            When::Daily(Daily { days, from, to, clock })
        }
        (Moment::Once(from), Moment::Once(to)) => {
            let daily = days.map(|days| days.span()).or(zone.map(|zone| zone.span()));
            if let Some(span) = daily {
                let text = "`days` and `zone` are for windows with times of day";
                return Err(document.problem(&span, text));
            }
            if to <= from {
                return Err(document.problem(&end, "the window ends before it begins"));
            }
            When::Once { from, to }
        }
        _ => {
            let text = "`from` and `to` must both be times of day, or both dates with times";
            return Err(document.problem(&end, text));
        }
    };
    Ok(Window { jobs, when, why })
}

/// When a window begins or ends.
enum Moment {
    Daily(TimeOfDay),
    Once(Timestamp),
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Moments)
    }
}

struct Moments;

impl<'de> Visitor<'de> for Moments {
    type Value = Moment;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a time of day such as \"02:00\", or a date such as 2026-12-24T22:00:00Z")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Moment, E> {
        let time = time_of_day(text);
        time.map(Moment::Daily).ok_or_else(|| E::custom("not a time of day such as \"02:00\""))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Moment, A::Error> {
        let instant = instant(Datetime::deserialize(MapAccessDeserializer::new(map))?);
        instant.map(Moment::Once).ok_or_else(|| {
            A::Error::custom(
                "not a date with a time and an offset from UTC, such as 2026-12-24T22:00:00Z",
            )
        })
    }
}

/// `02:00`; `24:00` is the end of a day.
fn time_of_day(text: &str) -> Option<TimeOfDay> {
    let (hours, minutes) = text.split_once(':')?;
    let two_digits = |digits: &str| {
        let plain = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| digits.parse::<u16>().ok()).flatten()
    };
    let (hours, minutes) = (two_digits(hours)?, two_digits(minutes)?);
    let time = hours * 60 + minutes;
    (minutes < 60 && time <= 24 * 60).then_some(TimeOfDay(time))
}

/// The instant that `written` means; `None` where a part of it is missing, or it is no time.
fn instant(written: Datetime) -> Option<Timestamp> {
    let ahead_minutes = match written.offset? {
        Offset::Z => 0,
        Offset::Custom { minutes } => i64::from(minutes),
    };
    let (date, time) = (written.date?, written.time?);
    let utc = format!("{date}T{time}Z");
    let utc: Timestamp = humantime::parse_rfc3339(&utc).ok()?.into();
    Some(Timestamp::from_micros(utc.micros() - ahead_minutes * 60_000_000))
}

/// A day, by its place in [`DAYS`].
struct Day(usize);

impl Word for Day {
    fn parse(text: &str) -> Result<Self, String> {
        let day = DAYS.iter().position(|day| *day == text);
        day.map(Self).ok_or_else(|| unknown(text, &DAYS, &[], |text| format!("{text} is no day")))
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        word(deserializer)
    }
}

/// The clock that times of day are read from.
struct Zone(Clock);

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match String::deserialize(deserializer)?.as_str() {
            "local" => Ok(Self(Clock::Local)),
            "utc" => Ok(Self(Clock::Utc)),
            _ => Err(D::Error::custom("`zone` is \"local\" or \"utc\"")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_day_have_four_digits() {
        for (text, minutes) in [
            ("00:00", Some(0)),
            ("02:05", Some(125)),
            ("23:59", Some(1439)),
            ("24:00", Some(1440)),
            ("24:01", None),
            ("12:60", None),
            ("2:00", None),
            ("02:00:00", None),
            ("+2:00", None),
            ("0200", None),
            ("", None),
        ] {
            assert_eq!(time_of_day(text), minutes.map(TimeOfDay), "{text}");
        }
    }

    #[test]
    fn an_instant_has_a_date_a_time_and_an_offset() {
        for (text, utc) in [
            ("2026-12-24T22:00:00Z", Some("2026-12-24T22:00:00Z")),
            ("2026-12-24 22:00:00+01:30", Some("2026-12-24T20:30:00Z")),
            ("2026-12-24T22:00:00.5-05:00", Some("2026-12-25T03:00:00.5Z")),
            ("2026-12-24T22:00:00", None),
            ("2026-12-24", None),
            ("22:00:00", None),
        ] {
            let found = instant(text.parse().unwrap());
            let expected = utc.map(|utc| humantime::parse_rfc3339(utc).unwrap().into());
            assert_eq!(found, expected, "{text}");
        }
    }
}
