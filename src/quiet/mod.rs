//! When nobody is told of a crash: silences, which somebody asked for, and planned windows. Pure.
//!
//! What counts is when the job died, not when its report is taken.

mod silence;
mod window;

pub use silence::{LONGEST, Silence};
pub use window::{Clock, DAYS, Daily, TimeOfDay, When, Window, Windows};

use crate::report::{CrashReport, Withheld, WithheldBy};
use crate::time::Timestamp;

/// Why nobody is told of `report`, and until when; `None` where they are.
///
/// What somebody has asked for comes before what was planned, and of several of a kind that which
/// ends last.
pub fn why(report: &CrashReport, silences: &[Silence], windows: &Windows) -> Option<Withheld> {
    why_at(&report.job.name, &report.job.instance, report.time, silences, windows)
}

/// Why nobody is told anything of `job` at `time`, and until when; `None` where they are.
pub fn why_at(
    job: &str,
    instance: &str,
    time: Timestamp,
    silences: &[Silence],
    windows: &Windows,
) -> Option<Withheld> {
    let silenced = silences.iter().filter(|silence| silence.covers(job, instance, time));
    if let Some(silence) = silenced.max_by_key(|silence| silence.until) {
        let (why, until) = (silence.reason(), Some(silence.until));
        return Some(Withheld { by: WithheldBy::Silence, why, until });
    }
    let (until, window) = windows.open_for(job, instance, time)?;
    Some(Withheld { by: WithheldBy::Window, why: window.why.clone(), until: Some(until) })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::globs::JobGlobs;
    use crate::sinks::samples;
    use crate::zone::Zone;

    const HOUR: Duration = Duration::from_secs(3600);

    fn window(from: Timestamp, to: Timestamp, why: &str) -> Window {
        Window { jobs: JobGlobs::ALL, when: When::Once { from, to }, why: why.to_owned() }
    }

    #[test]
    fn the_silence_that_ends_last_comes_before_any_window() {
        let report = samples::report();
        let silence = |glob: &str, hours, why: &str| {
            Silence::new(glob, report.time, HOUR * hours, why, "kim").unwrap()
        };
        let until = |hours: u32| Some(silence("*", hours, "").until);
        let window = |hours, why| window(report.time, until(hours).unwrap(), why);
        for (silences, windows, expected) in [
            (vec![], vec![], None),
            (vec![silence("shop", 1, "x")], vec![], None),
            (vec![], vec![window(1, "backup")], Some((WithheldBy::Window, "backup", until(1)))),
            (
                vec![],
                vec![window(1, "short"), window(3, "long"), window(2, "middle")],
                Some((WithheldBy::Window, "long", until(3))),
            ),
            (
                vec![silence("nginx", 1, "one"), silence("*", 2, "two"), silence("n*", 1, "three")],
                vec![window(9, "backup")],
                Some((WithheldBy::Silence, "two (kim)", until(2))),
            ),
        ] {
            let windows = Windows::new(windows, Ok(Zone::utc()));
            let found = why(&report, &silences, &windows);
            let expected =
                expected.map(|(by, why, until)| Withheld { by, why: why.to_owned(), until });
            assert_eq!(found, expected);
        }
    }
}
