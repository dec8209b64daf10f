//! Who waited for what: the kernel's pressure stall information.

use serde::Serialize;

use super::proc::{self, decimal, lines, words};
use super::{Collected, Scene};

/// For how much of the time tasks waited for a processor, for memory, for a disk.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
pub struct Pressure {
    /// For a processor.
    pub cpu: Stall,
    /// For memory.
    pub memory: Stall,
    /// For a disk.
    pub io: Stall,
}

/// For how much of the time tasks waited for one thing.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
pub struct Stall {
    /// At least one task waited.
    pub some: Averages,
    /// All tasks waited. The kernel says so of a processor since Linux 5.13.
    pub full: Option<Averages>,
}

/// Shares of the last seconds, in percent.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
pub struct Averages {
    /// Of the last 10.
    pub avg10_percent: f64,
    /// Of the last 60.
    pub avg60_percent: f64,
    /// Of the last 300.
    pub avg300_percent: f64,
}

/// Reads `/proc/pressure` (Documentation/accounting/psi.rst). A kernel before Linux 4.20, or one
/// started without it, has none.
pub(super) fn collect(_: &Scene<'_>) -> Collected<Pressure> {
    let Some(cpu) = proc::read_if_there(c"/proc/pressure/cpu", parse)? else { return Ok(None) };
    let memory = proc::read(c"/proc/pressure/memory", parse)?;
    let io = proc::read(c"/proc/pressure/io", parse)?;
    Ok(Some(Pressure { cpu, memory, io }))
}

fn parse(text: &[u8]) -> Result<Stall, String> {
    let averages = |kind: &[u8]| {
        let line = lines(text).find_map(|line| line.strip_prefix(kind));
        line.map(Averages::parse).transpose()
    };
    Ok(Stall { some: averages(b"some ")?.ok_or("has no `some`")?, full: averages(b"full ")? })
}

impl Averages {
    /// `avg10=0.00 avg60=1.18 avg300=4.05 total=9123456`
    fn parse(text: &[u8]) -> Result<Self, String> {
        let percent = |name: &[u8]| decimal(words(text).find_map(|word| word.strip_prefix(name)));
        Ok(Self {
            avg10_percent: percent(b"avg10=")?,
            avg60_percent: percent(b"avg60=")?,
            avg300_percent: percent(b"avg300=")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn averages([avg10_percent, avg60_percent, avg300_percent]: [f64; 3]) -> Averages {
        Averages { avg10_percent, avg60_percent, avg300_percent }
    }

    #[test]
    fn is_read_as_each_kernel_writes_it() {
        for (text, some, full) in [
            (
                &include_bytes!("../../tests/corpus/proc/4.20/pressure-cpu")[..],
                [12.5, 3.25, 0.75],
                None,
            ),
            (
                include_bytes!("../../tests/corpus/proc/4.20/pressure-io"),
                [0.0, 1.18, 4.05],
                Some([0.0, 0.97, 3.11]),
            ),
            (
                include_bytes!("../../tests/corpus/proc/6.18/pressure-cpu"),
                [63.68, 32.82, 30.9],
                Some([0.0, 0.0, 0.0]),
            ),
            (
                include_bytes!("../../tests/corpus/proc/6.18/pressure-io"),
                [1.01, 1.36, 2.69],
                Some([0.06, 0.51, 0.7]),
            ),
        ] {
            let expected = Stall { some: averages(some), full: full.map(averages) };
            assert_eq!(parse(text), Ok(expected));
        }
    }

    #[test]
    fn what_is_no_pressure_is_an_error() {
        for text in ["", "full avg10=0", "some avg10=1 avg60=2", "some avg10=x avg60=1 avg300=1"] {
            assert!(parse(text.as_bytes()).is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn garbage_gives_no_panic(bytes: Vec<u8>,
                                  text in "((some|full)( avg(10|60|300)=[0-9.]{0,25}){0,4}\n){0,3}") {
            let _ = (parse(&bytes), parse(text.as_bytes()));
        }
    }
}
