//! How many files the machine had open.

use serde::Serialize;

use super::proc::{self, number, words};
use super::{Collected, Scene};

/// The open files of all processes together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
pub struct FileHandles {
    /// How many there are.
    pub open: u64,
    /// How many there may be.
    pub limit: u64,
}

/// Reads `/proc/sys/fs/file-nr` (proc(5)).
pub(super) fn collect(_: &Scene<'_>) -> Collected<FileHandles> {
    proc::read(c"/proc/sys/fs/file-nr", parse).map(Some)
}

/// `2528 0 812014`, with tabs: allocated, allocated but unused (0 since Linux 2.6), the limit.
fn parse(text: &[u8]) -> Result<FileHandles, String> {
    let mut words = words(text);
    let (allocated, unused) = (number(words.next())?, number(words.next())?);
    Ok(FileHandles { open: allocated.saturating_sub(unused), limit: number(words.next())? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn is_read_as_each_kernel_writes_it() {
        for (text, open, limit) in [
            (&include_bytes!("../../tests/corpus/proc/2.6.32/file-nr")[..], 1056, 188_542),
            (include_bytes!("../../tests/corpus/proc/3.2/file-nr"), 864, 58_820),
            (include_bytes!("../../tests/corpus/proc/3.13/file-nr"), 2528, 812_014),
            (include_bytes!("../../tests/corpus/proc/4.20/file-nr"), 9312, 1_620_412),
            (include_bytes!("../../tests/corpus/proc/6.18/file-nr"), 1046, 2_466_170),
            (b"1056\t32\t9223372036854775807\n", 1024, 9_223_372_036_854_775_807),
        ] {
            assert_eq!(parse(text), Ok(FileHandles { open, limit }));
        }
    }

    #[test]
    fn what_is_no_count_is_an_error() {
        for text in ["", "1", "1 2", "1 2 x", "1 -2 3", "99999999999999999999999 0 1"] {
            assert!(parse(text.as_bytes()).is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn garbage_gives_no_panic(bytes: Vec<u8>, text in "[0-9\t -]{0,60}") {
            let _ = (parse(&bytes), parse(text.as_bytes()));
        }
    }
}
