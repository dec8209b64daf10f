//! A silence: somebody wants no word of some jobs for a while.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::globs;
use crate::time::Timestamp;

/// The longest silence: one that lasts should stand in the config, where others see it.
pub const LONGEST: Duration = Duration::from_secs(30 * 86400);

/// What somebody has asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Silence {
    /// The jobs: a glob.
    pub glob: String,
    /// From this instant on.
    pub from: Timestamp,
    /// Up to this one, which is not silent any more.
    pub until: Timestamp,
    /// The reason, in their words; may be empty.
    pub why: String,
    /// Who.
    pub by: String,
}

impl Silence {
    /// The jobs that `glob` names are silent from `now` on.
    ///
    /// # Errors
    /// What is wrong with the glob or with `length`.
    pub fn new(
        glob: &str,
        now: Timestamp,
        length: Duration,
        why: &str,
        by: &str,
    ) -> Result<Self, &'static str> {
        if glob.is_empty() {
            return Err("an empty glob names no job");
        }
        if length.is_zero() || length > LONGEST {
            return Err(
                "a silence lasts for 30 days at most; a planned one may stand in the config",
            );
        }
        let micros = i64::try_from(length.as_micros()).unwrap_or(i64::MAX);
        Ok(Self {
            glob: glob.to_owned(),
            from: now,
            until: Timestamp::from_micros(now.micros().saturating_add(micros)),
            why: why.to_owned(),
            by: by.to_owned(),
        })
    }

    /// Whether nobody is told that `job` died at `time`.
    pub fn covers(&self, job: &str, instance: &str, time: Timestamp) -> bool {
        self.holds_at(time) && globs::names(&self.glob, job, instance)
    }

    /// Whether anything is silent at `time`.
    pub fn holds_at(&self, time: Timestamp) -> bool {
        (self.from..self.until).contains(&time)
    }

    /// `deploy (kim)`.
    pub fn reason(&self) -> String {
        let why = if self.why.is_empty() { "no reason given" } else { &self.why };
        format!("{why} ({})", self.by)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn covers_its_jobs_from_its_beginning_to_before_its_end() {
        let at = |seconds: i64| Timestamp::from_micros(1_795_000_000_000_000 + seconds * 1_000_000);
        let silence = Silence::new("nginx*", at(0), Duration::from_secs(60), "", "kim").unwrap();
        for (job, instance, time, silent) in [
            ("nginx", "", 0, true),
            ("nginx", "", 59, true),
            ("nginx", "", 60, false),
            ("nginx", "", -1, false),
            ("nginx", "eu-1", 30, true),
            ("shop", "", 30, false),
        ] {
            assert_eq!(silence.covers(job, instance, at(time)), silent, "{job} {time}");
        }
        assert_eq!(silence.reason(), "no reason given (kim)");
    }

    #[test]
    fn lasts_for_a_while_and_not_for_ever() {
        let new = |glob, length| Silence::new(glob, Timestamp::from_micros(0), length, "", "kim");
        assert!(new("*", LONGEST).is_ok());
        for (glob, length) in [
            ("*", Duration::ZERO),
            ("*", LONGEST + Duration::from_nanos(1)),
            ("*", Duration::MAX),
            ("", Duration::from_secs(1)),
        ] {
            assert!(new(glob, length).is_err(), "{glob} {length:?}");
        }
    }
}
