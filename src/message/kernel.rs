//! The kernel's line: of all that its log holds on a death, what tells most. Pure.

use super::LINE_CHARS;
use super::text::{harmless, shortened};
use crate::evidence::KernelLine;
use crate::report::CrashReport;

/// The most lines that are told.
const LINES: usize = 2;

/// What the kernel says of a death, and init of an end, by a part of the wording: the more telling
/// ones first.
const OF_THE_END: [&str; 14] = [
    // Out of memory. What announces a kill is not told: it may have been another process that died.
    "Killed process ",
    "oom-kill:",
    // Faults.
    "]: segfault at ",
    "] trap ",
    "] general protection",
    "bad frame in ",
    "]: unhandled ",
    // init's own words (init/job_process.c).
    " killed by ",
    " terminated with status ",
    "Failed to spawn ",
    "unable to execute",
    "respawning too fast",
    "process ended, respawning",
    "init: ",
];

/// The same of what is wrong with the machine.
const OF_THE_MACHINE: [&str; 10] = [
    "Killed process ",
    "oom-kill:",
    "Hardware Error",
    "Machine check",
    "soft lockup",
    "blocked for more than ",
    "I/O error",
    "Remounting filesystem read-only",
    "-fs error",
    "segfault at ",
];

/// The most telling lines of `report`: on this death, and where there is room on what else was wrong
/// in the minute before it.
pub(super) fn kernel(report: &CrashReport) -> Vec<String> {
    let of_end = report.kernel.iter().flat_map(|log| &log.lines);
    let recent = report.snapshot.kernel_log.iter().flat_map(|log| &log.lines);
    let mut told: Vec<String> = Vec::new();
    for line in ranked(of_end, &OF_THE_END).into_iter().chain(ranked(recent, &OF_THE_MACHINE)) {
        let line = shortened(&harmless(line), LINE_CHARS);
        if told.len() < LINES && !told.contains(&line) {
            told.push(line);
        }
    }
    told
}

/// Those of `lines` that have one of these wordings, the more telling ones first, of these the
/// later ones.
fn ranked<'l>(
    lines: impl DoubleEndedIterator<Item = &'l KernelLine>,
    wordings: &[&str],
) -> Vec<&'l str> {
    let rank = |text: &str| wordings.iter().position(|wording| text.contains(wording));
    let known = lines.rev().filter_map(|line| Some((rank(&line.text)?, line.text.as_str())));
    let mut known: Vec<_> = known.collect();
    known.sort_by_key(|(rank, _)| *rank);
    known.into_iter().map(|(_, text)| text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::KernelLines;
    use crate::sinks::samples;

    #[test]
    fn the_most_telling_lines_are_told() {
        const KILLED: &str = "init: api main process (123) killed by SEGV signal";
        const RESPAWNS: &str = "init: api main process ended, respawning";
        const FAULT: &str =
            "api[123]: segfault at 0 ip 00000000004005d4 sp 00007ffc error 4 in api";
        const OOM: &str = "Out of memory: Killed process 123 (api) total-vm:8kB, anon-rss:8kB";
        const SCORE: &str = "Out of memory: Kill process 123 (api) score 900 or sacrifice child";
        const DISK: &str = "end_request: I/O error, dev sda, sector 83921";
        const NOISE: &str = "[UFW BLOCK] IN=eth0 OUT= SRC=192.0.2.1";
        for (of_end, recent, told) in [
            (&[FAULT, KILLED, RESPAWNS][..], &[][..], &[FAULT, KILLED][..]),
            (&[KILLED, RESPAWNS], &[], &[KILLED, RESPAWNS]),
            (&[SCORE, OOM, KILLED], &[SCORE, OOM], &[OOM, KILLED]),
            (&[KILLED], &[NOISE, DISK, NOISE], &[KILLED, DISK]),
            (&[KILLED], &[DISK, OOM], &[KILLED, OOM]),
            (&[], &[DISK], &[DISK]),
            (&[], &[NOISE], &[]),
            (
                &["init: api respawning too fast, stopped", KILLED, RESPAWNS],
                &[],
                &[KILLED, "init: api respawning too fast, stopped"],
            ),
        ] {
            let lines = |texts: &[&str]| KernelLines {
                lines: texts
                    .iter()
                    .map(|text| KernelLine { seconds: None, text: (*text).to_owned() })
                    .collect(),
                truncated: false,
            };
            let mut report = samples::report();
            report.kernel = Some(lines(of_end));
            report.snapshot.kernel_log = Some(lines(recent));
            assert_eq!(kernel(&report), told);
        }
    }

    #[test]
    fn without_a_log_nothing_is_told() {
        let mut report = samples::report();
        (report.kernel, report.snapshot.kernel_log) = (None, None);
        assert_eq!(kernel(&report), [""; 0]);
    }
}
