//! Names of runs and reports.

use std::fmt;

use arrayvec::ArrayString;
use serde::{Serialize, Serializer};

use crate::time::Timestamp;

/// One run of a job, from pre-start to post-stop: 80 random bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunId(pub [u8; 10]);

impl RunId {
    /// Twenty lower-case hexadecimal digits.
    pub fn to_hex(self) -> ArrayString<20> {
        let mut text = ArrayString::new();
        self.0.iter().for_each(|byte| push_hex(&mut text, *byte));
        text
    }

    /// Reads what [`RunId::to_hex`] wrote.
    pub fn from_hex(text: &[u8]) -> Option<Self> {
        let (pairs, rest) = text.as_chunks::<2>();
        if pairs.len() != 10 || !rest.is_empty() {
            return None;
        }
        let mut run = [0; 10];
        for (byte, pair) in run.iter_mut().zip(pairs) {
            *byte = hex_value(pair[0])? << 4 | hex_value(pair[1])?;
        }
        Some(Self(run))
    }
}

/// A report's name: a UUID of version 7, so it sorts by time.
///
/// The time is that of the death and the random part is the run's, so a report that is written
/// twice (by a post-stop that was killed and by what came after it) is written under one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReportId([u8; 16]);

/// The length of a written [`ReportId`] in bytes.
pub const REPORT_ID_LEN: usize = 36;

impl ReportId {
    /// The name of the report on `run`, which ended at `time`.
    pub fn new(time: Timestamp, run: RunId) -> Self {
        let [_, _, t0, t1, t2, t3, t4, t5] = time.millis().to_be_bytes();
        let [r0, r1, r2, r3, r4, r5, r6, r7, r8, r9] = run.0;
        let (version, variant) = (0x70 | r0 & 0x0f, 0x80 | r2 & 0x3f);
        Self([t0, t1, t2, t3, t4, t5, version, r1, variant, r3, r4, r5, r6, r7, r8, r9])
    }

    /// The usual form in lower case, `0192f7a0-7c3e-7d21-9f55-3b2f6c1d8e40`.
    pub fn text(self) -> ArrayString<REPORT_ID_LEN> {
        let mut text = ArrayString::new();
        for (position, byte) in self.0.iter().enumerate() {
            if matches!(position, 4 | 6 | 8 | 10) {
                let _ = text.try_push('-');
            }
            push_hex(&mut text, *byte);
        }
        text
    }

    /// Reads what [`ReportId::text`] wrote, and nothing else.
    pub fn parse(text: &str) -> Option<Self> {
        let mut digits = text.bytes().filter(|byte| *byte != b'-');
        let mut id = [0; 16];
        for byte in &mut id {
            *byte = hex_value(digits.next()?)? << 4 | hex_value(digits.next()?)?;
        }
        let id = Self(id);
        (id.text().as_str() == text).then_some(id)
    }

    /// When the job died, to the millisecond.
    #[cfg(feature = "deliver")]
    pub fn time(self) -> Timestamp {
        let millis = self.0.iter().take(6).fold(0, |high, byte| high << 8 | i64::from(*byte));
        Timestamp::from_micros(millis.saturating_mul(1000))
    }

    /// The eight digits that people compare: the end of the id, which names the run.
    pub fn short(self) -> ArrayString<8> {
        let mut text = ArrayString::new();
        self.0.iter().skip(12).for_each(|byte| push_hex(&mut text, *byte));
        text
    }
}

impl fmt::Display for ReportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl Serialize for ReportId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

#[cfg(feature = "deliver")]
impl<'de> serde::Deserialize<'de> for ReportId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'_, str>>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not a report id"))
    }
}

/// Appends two lower-case hexadecimal digits; a full buffer is left as it is.
fn push_hex<const N: usize>(text: &mut ArrayString<N>, byte: u8) {
    let digit = |value: u8| char::from(if value < 10 { b'0' + value } else { b'a' + value - 10 });
    let _ = text.try_push(digit(byte >> 4));
    let _ = text.try_push(digit(byte & 0x0f));
}

/// The value of one hexadecimal digit of either case.
pub(crate) fn hex_value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUN: RunId = RunId([0xfd, 0x21, 0xff, 0x55, 0x3b, 0x2f, 0x6c, 0x1d, 0x8e, 0x40]);

    #[test]
    fn a_report_id_is_a_version_7_uuid_that_names_the_run() {
        let id = ReportId::new(Timestamp::from_micros(1_795_232_537_123_456), RUN);
        assert_eq!(id.to_string(), "01a1fc32-9a23-7d21-bf55-3b2f6c1d8e40");
        assert_eq!(id.short().as_str(), "6c1d8e40");
        #[cfg(feature = "deliver")]
        assert_eq!(id.time(), Timestamp::from_micros(1_795_232_537_123_000));
    }

    #[test]
    fn report_ids_sort_by_time() {
        let at = |micros| ReportId::new(Timestamp::from_micros(micros), RUN);
        assert!(at(1_000) < at(2_000));
        assert!(at(2_000).to_string() < at(1_795_232_537_123_456).to_string());
    }

    #[test]
    fn what_was_written_is_read_and_nothing_else() {
        let id = ReportId::new(Timestamp::from_micros(1_795_232_537_123_456), RUN);
        assert_eq!(ReportId::parse(&id.to_string()), Some(id));
        assert_eq!(RunId::from_hex(RUN.to_hex().as_bytes()), Some(RUN));
        for wrong in
            ["", "x", "01a1fc329a237d21bf553b2f6c1d8e40", "../../../../../../etc/passwd-aa"]
        {
            assert_eq!(ReportId::parse(wrong), None, "{wrong}");
        }
        assert_eq!(RunId::from_hex(b"fd21ff553b2f6c1d8e4"), None);
    }
}
