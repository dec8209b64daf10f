//! The words of reports, as the config has them.

use serde::{Deserialize, Deserializer, de::Error};

use crate::verdict::{Severity, VerdictKind};

/// All that people are told of.
pub(super) const TOLD: [VerdictKind; 5] = [
    VerdictKind::Crashed,
    VerdictKind::StartFailed,
    VerdictKind::GaveUp,
    VerdictKind::Unseen,
    VerdictKind::Unclear,
];

/// How loud a report may be.
const LOUD: [Severity; 3] = [Severity::Warning, Severity::Error, Severity::Critical];

/// A verdict that people are told of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ToldVerdict(pub(super) VerdictKind);

impl<'de> Deserialize<'de> for ToldVerdict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        let told = TOLD.into_iter().find(|kind| kind.word() == word);
        told.map(Self).ok_or_else(|| {
            let is = if serde_json::from_value::<VerdictKind>(word.as_str().into()).is_ok() {
                "is never reported"
            } else {
                "is no verdict"
            };
            D::Error::custom(format!(
                "`{word}` {is}, expected one of {}",
                list(TOLD.map(VerdictKind::word))
            ))
        })
    }
}

/// How loud a report is.
#[derive(Clone, Copy)]
pub(super) struct Loudness(pub(super) Severity);

impl<'de> Deserialize<'de> for Loudness {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        let loud = LOUD.into_iter().find(|severity| severity.word() == word);
        loud.map(Self).ok_or_else(|| {
            D::Error::custom(format!(
                "`{word}` is no severity, expected one of {}",
                list(LOUD.map(Severity::word))
            ))
        })
    }
}

/// `` `a`, `b` ``, as serde lists what it expects.
pub(super) fn list<const N: usize>(words: [&str; N]) -> String {
    words.map(|word| format!("`{word}`")).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::to_value;

    #[test]
    fn are_those_of_reports() {
        use VerdictKind::{Finished, HostShutdown, Stopped};
        for kind in TOLD.into_iter().chain([Stopped, Finished, HostShutdown]) {
            assert_eq!(to_value(kind).unwrap(), kind.word());
            assert_eq!(TOLD.contains(&kind), kind.is_reported(), "{kind:?}");
        }
        for severity in LOUD.into_iter().chain([Severity::Info]) {
            assert_eq!(to_value(severity).unwrap(), severity.word());
        }
    }
}
