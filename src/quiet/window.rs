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
mod tests;
