//! The words that the config is made of: jobs, verdicts, severities.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

use super::nearest::unknown;
use crate::globs::{JobGlobs, NOT};
use crate::verdict::{Severity, VerdictKind};

/// How loud a report may be.
const LOUD: [Severity; 3] = [Severity::Warning, Severity::Error, Severity::Critical];

/// A text with a meaning. What has none is refused at its own place, also in a list or as a key.
pub(super) trait Word: Sized {
    /// What `text` means.
    ///
    /// # Errors
    /// What is wrong with it, in a sentence.
    fn parse(text: &str) -> Result<Self, String>;
}

/// Reads a word.
pub(super) fn word<'de, D: Deserializer<'de>, W: Word>(deserializer: D) -> Result<W, D::Error> {
    struct Words<W>(PhantomData<W>);

    impl<W: Word> Visitor<'_> for Words<W> {
        type Value = W;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<W, E> {
            W::parse(text).map_err(E::custom)
        }
    }

    deserializer.deserialize_str(Words(PhantomData))
}

/// A verdict that people are told of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ToldVerdict(pub(super) VerdictKind);

impl Word for ToldVerdict {
    fn parse(text: &str) -> Result<Self, String> {
        let told = VerdictKind::TOLD.into_iter().find(|kind| kind.word() == text);
        told.map(Self).ok_or_else(|| {
            let is = match serde_json::from_value::<VerdictKind>(text.into()) {
                Ok(_) => "is never reported",
                Err(_) => "is no verdict",
            };
            unknown(text, &VerdictKind::TOLD.map(VerdictKind::word), &[], |text| {
                format!("{text} {is}")
            })
        })
    }
}

impl<'de> Deserialize<'de> for ToldVerdict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        word(deserializer)
    }
}

/// How loud a report is.
#[derive(Clone, Copy)]
pub(super) struct Loudness(pub(super) Severity);

impl Word for Loudness {
    fn parse(text: &str) -> Result<Self, String> {
        let loud = LOUD.into_iter().find(|severity| severity.word() == text);
        loud.map(Self).ok_or_else(|| {
            unknown(text, &LOUD.map(Severity::word), &[], |text| format!("{text} is no severity"))
        })
    }
}

impl<'de> Deserialize<'de> for Loudness {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        word(deserializer)
    }
}

/// The key `jobs`, where it stands; without it, every job is meant.
pub(super) fn jobs<'de, D: Deserializer<'de>>(deserializer: D) -> Result<JobGlobs, D::Error> {
    let globs = Vec::<Glob>::deserialize(deserializer)?;
    if globs.is_empty() {
        return Err(D::Error::custom("`jobs` names no job; without it every job is meant"));
    }
    Ok(JobGlobs::of(globs.into_iter().map(|Glob(glob)| glob)))
}

/// Every job, where a table has no `jobs`.
pub(super) fn every_job() -> JobGlobs {
    JobGlobs::ALL
}

/// A glob, as written.
struct Glob(String);

impl Word for Glob {
    fn parse(text: &str) -> Result<Self, String> {
        if text.trim_start_matches(NOT).is_empty() {
            return Err("an empty glob names no job".to_owned());
        }
        Ok(Self(text.to_owned()))
    }
}

impl<'de> Deserialize<'de> for Glob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        word(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::to_value;

    #[test]
    fn are_those_of_reports() {
        use VerdictKind::{Finished, HostShutdown, Stopped};
        for kind in VerdictKind::TOLD.into_iter().chain([Stopped, Finished, HostShutdown]) {
            assert_eq!(to_value(kind).unwrap(), kind.word());
            assert_eq!(VerdictKind::TOLD.contains(&kind), kind.is_reported(), "{kind:?}");
        }
        for severity in LOUD.into_iter().chain([Severity::Info]) {
            assert_eq!(to_value(severity).unwrap(), severity.word());
        }
    }
}
