//! `[spool]`: how much the spool keeps.

use std::time::Duration;

use serde::{Deserialize, Deserializer, de::Error};

use super::size::Size;
use crate::sinks::Period;

/// How much the spool keeps. What is more goes: the oldest reports of the job that takes most, but
/// none that is still to be delivered.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// How many files: reports, and what lies in `dead/` and `corrupt/`. Default: `10000`.
    #[serde(deserialize_with = "some")]
    pub max_reports: u64,
    /// How much they take on the disk, together. Default: `"256MiB"`.
    pub max_bytes: Size,
    /// How old they become. Default: `"90d"`.
    pub max_age: Period,
    /// How much of the file system is left free: a share up to `"50%"`, of a large one 1 GiB at most,
    /// or a size. The 16 newest reports stay all the same. Default: `"5%"`.
    pub keep_free: KeepFree,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_reports: 10_000,
            max_bytes: Size(256 << 20),
            max_age: Period(Duration::from_secs(90 * 24 * 3600)),
            keep_free: KeepFree::Percent(5),
        }
    }
}

/// How much of the file system that the spool lies on is left free: `5%`, or a size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeepFree {
    /// So many hundredths of it, but no more than 1 GiB.
    Percent(u8),
    /// So much, however large it is.
    Bytes(Size),
}

/// The most that a share of the file system amounts to, in bytes.
const LARGEST_SHARE: u64 = 1 << 30;

impl KeepFree {
    /// In bytes, on a file system of `total` bytes.
    pub fn of(self, total: u64) -> u64 {
        match self {
            Self::Percent(percent) => {
                (total / 100).saturating_mul(percent.into()).min(LARGEST_SHARE)
            }
            Self::Bytes(Size(bytes)) => bytes,
        }
    }
}

impl<'de> Deserialize<'de> for KeepFree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let wrong = || {
            D::Error::custom("neither a share from \"0%\" to \"50%\" nor a size, such as \"1GiB\"")
        };
        match text.trim().strip_suffix('%') {
            Some(share) => share.parse().ok().filter(|percent| *percent <= 50).map(Self::Percent),
            None => Size::parse(&text).map(Self::Bytes),
        }
        .ok_or_else(wrong)
    }
}

fn some<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    match u64::deserialize(deserializer)? {
        0 => Err(D::Error::custom("must be at least 1")),
        number => Ok(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_of_the_file_system_and_not_of_all_of_a_large_one() {
        for (kept, total, bytes) in [
            (KeepFree::Percent(5), 1_000, 50),
            (KeepFree::Percent(0), 1 << 40, 0),
            (KeepFree::Percent(5), 1 << 40, 1 << 30),
            (KeepFree::Percent(50), u64::MAX, 1 << 30),
            (KeepFree::Bytes(Size(4 << 30)), 1_000, 4 << 30),
        ] {
            assert_eq!(kept.of(total), bytes, "{kept:?} of {total}");
        }
    }
}
