//! Sizes as people write them.

use std::fmt;

use serde::{Deserialize, Deserializer, de::Error};

/// A number of bytes above zero, written as people write it: `64KiB`, `256MiB`, `10MB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

/// The units; none of their names ends in another.
const UNITS: [(&str, u64); 9] = [
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("kB", 1_000),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
];

impl Size {
    /// Reads a number and a unit.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (number, unit) = UNITS
            .iter()
            .find_map(|(name, unit)| Some((text.strip_suffix(name)?, *unit)))
            .or_else(|| Some((text.strip_suffix('B')?, 1)))?;
        let number = number.trim_end();
        // A sign is no digit, and would be parsed.
        let is_plain = number.bytes().all(|byte| byte.is_ascii_digit());
        let bytes = number.parse::<u64>().ok().filter(|_| is_plain)?.checked_mul(unit)?;
        (bytes > 0).then_some(Self(bytes))
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let wrong = || D::Error::custom("not a size, such as \"64KiB\", \"256MiB\" or \"1GB\"");
        Self::parse(&text).ok_or_else(wrong)
    }
}

impl fmt::Display for Size {
    /// In the largest unit that leaves nothing over.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = UNITS.iter().take(4).rev().find(|(_, unit)| self.0.is_multiple_of(*unit));
        match whole {
            Some((name, unit)) => write!(f, "{}{name}", self.0 / unit),
            None => write!(f, "{}B", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, bytes) in [
            ("64KiB", Some(64 << 10)),
            ("256 MiB", Some(256 << 20)),
            (" 1GiB ", Some(1 << 30)),
            ("2TiB", Some(2 << 40)),
            ("10kB", Some(10_000)),
            ("10KB", Some(10_000)),
            ("10MB", Some(10_000_000)),
            ("3GB", Some(3_000_000_000)),
            ("1TB", Some(1_000_000_000_000)),
            ("512B", Some(512)),
            ("0MiB", None),
            ("", None),
            ("MiB", None),
            ("256", None),
            ("256Mib", None),
            ("256M", None),
            ("-1MB", None),
            ("+1MB", None),
            ("1.5GiB", None),
            (".5GB", None),
            ("99999999999TiB", None),
        ] {
            assert_eq!(Size::parse(text).map(|size| size.0), bytes, "{text:?}");
        }
    }

    #[test]
    fn a_size_is_written_in_its_largest_whole_unit() {
        for (bytes, text) in [(1 << 30, "1GiB"), (3 << 19, "1536KiB"), (10_000_000, "10000000B")] {
            assert_eq!(Size(bytes).to_string(), text);
        }
    }
}
