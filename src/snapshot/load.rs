//! How busy the machine was: load averages and threads.

use serde::Serialize;

use super::proc::{self, decimal, number, words};
use super::{Collected, Scene};

/// How many tasks were runnable or waiting for a disk, on average, and how many threads there are.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
pub struct Load {
    /// Over the last minute.
    #[serde(rename = "1m")]
    pub one: f64,
    /// Over the last five minutes.
    #[serde(rename = "5m")]
    pub five: f64,
    /// Over the last fifteen minutes.
    #[serde(rename = "15m")]
    pub fifteen: f64,
    /// Threads that run or could run now, this hook's included.
    pub threads_running: u64,
    /// All threads.
    pub threads_total: u64,
}

/// Reads `/proc/loadavg`, which has been the same since Linux 2.4 (proc(5)).
pub(super) fn collect(_: &Scene<'_>) -> Collected<Load> {
    proc::read(c"/proc/loadavg", parse).map(Some)
}

/// `8.42 3.10 1.05 2/503 17734`
fn parse(text: &[u8]) -> Result<Load, String> {
    let mut words = words(text);
    let [one, five, fifteen] = [(); 3].map(|()| decimal(words.next()));
    let mut threads = words.next().into_iter().flat_map(|word| word.split(|byte| *byte == b'/'));
    Ok(Load {
        one: one?,
        five: five?,
        fifteen: fifteen?,
        threads_running: number(threads.next())?,
        threads_total: number(threads.next())?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn is_read_as_each_kernel_writes_it() {
        for (text, expected) in [
            (
                &include_bytes!("../../tests/corpus/proc/2.6.32/loadavg")[..],
                (0.0, 0.01, 0.05, 1, 146),
            ),
            (include_bytes!("../../tests/corpus/proc/3.2/loadavg"), (12.31, 7.02, 3.77, 9, 412)),
            (include_bytes!("../../tests/corpus/proc/3.13/loadavg"), (2.1, 1.04, 0.44, 2, 503)),
            (include_bytes!("../../tests/corpus/proc/4.20/loadavg"), (0.52, 0.58, 0.59, 1, 613)),
            (include_bytes!("../../tests/corpus/proc/6.18/loadavg"), (2.33, 4.04, 8.41, 4, 123)),
        ] {
            let load = parse(text).unwrap();
            let threads = (load.threads_running, load.threads_total);
            assert_eq!((load.one, load.five, load.fifteen, threads.0, threads.1), expected);
        }
    }

    #[test]
    fn what_is_no_load_is_an_error() {
        for text in ["", "1 2", "1 2 3", "1 2 3 4", "1 2 3 4/", "a 2 3 4/5", "1 2 3 -4/5 6"] {
            assert!(parse(text.as_bytes()).is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn garbage_gives_no_panic(bytes: Vec<u8>, text in "[0-9. /\n-]{0,40}") {
            let _ = (parse(&bytes), parse(text.as_bytes()));
        }
    }
}
