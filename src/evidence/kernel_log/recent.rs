//! The kernel's own lines of the last minute, on whatever: what else was wrong with the machine.

use super::record::{Log, Speaker};
use super::{KernelLine, KernelLines, LINES, Source};

/// How far back they go, in microseconds.
const MICROS: i64 = 60_000_000;

/// The most that all of them together may have, in bytes.
const BYTES: usize = 4096;

/// Those in `log`, whose clock shows at least `now`; `None` where its lines have no times.
pub(super) fn lines(log: &Log<'_>, now: i64, source: Source) -> Option<KernelLines> {
    let since = now.saturating_sub(MICROS);
    let kernels = || log.records.iter().filter(|record| record.speaker == Speaker::Kernel);
    if log.newest.is_none() && kernels().next().is_some() {
        return None;
    }
    let newest_first =
        || kernels().rev().filter(|record| record.micros.is_some_and(|micros| micros >= since));
    let mut room = BYTES;
    let fitting = newest_first().take(LINES).map_while(|record| {
        room = room.checked_sub(record.line.len())?;
        Some(KernelLine::of(record, source))
    });
    let mut lines: Vec<_> = fitting.collect();
    lines.reverse();
    let is_cut = !log.is_whole && log.oldest.is_none_or(|oldest| oldest > since);
    Some(KernelLines { truncated: is_cut || newest_first().count() > lines.len(), lines })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::kernel_log::record::Record;

    const NOW: i64 = 100_000_000;

    /// The recent lines of a log whose lines are `(SECONDS, WHO, TEXT)`, cut at its front or not.
    fn recent(
        lines: &[(Option<i64>, Speaker, &str)],
        is_whole: bool,
    ) -> Option<(Vec<String>, bool)> {
        let mut log = Log { is_whole, ..Log::default() };
        for (seconds, speaker, text) in lines {
            let micros = seconds.map(|seconds| seconds * 1_000_000);
            log.note_time(micros);
            let line = text.as_bytes().to_vec().into();
            log.records.push(Record { speaker: *speaker, micros, line, from: 0 });
        }
        let found = super::lines(&log, NOW, Source::KernelLog)?;
        Some((found.lines.into_iter().map(|line| line.text).collect(), found.truncated))
    }

    #[test]
    fn are_the_kernels_own_of_the_last_minute() {
        use Speaker::{Init, Kernel};
        let log = [
            (Some(39), Kernel, "old"),
            (Some(40), Kernel, "I/O error on sda"),
            (Some(99), Init, "nginx main process (53) killed by SEGV signal"),
            (Some(99), Kernel, "nginx[53]: segfault at 0"),
        ];
        let expected = ["I/O error on sda", "nginx[53]: segfault at 0"].map(str::to_owned);
        assert_eq!(recent(&log, false), Some((expected.into(), false)));
    }

    #[test]
    fn there_may_be_more_where_the_log_does_not_reach_back_a_minute() {
        let log = [(Some(41), Speaker::Kernel, "a")];
        assert_eq!(recent(&log, false), Some((vec!["a".to_owned()], true)));
        assert_eq!(recent(&log, true), Some((vec!["a".to_owned()], false)));
        assert_eq!(recent(&[], true), Some((vec![], false)));
    }

    #[test]
    fn the_last_ones_are_kept_as_far_as_they_fit() {
        let line = |text: &'static str| (Some(99), Speaker::Kernel, text);
        let many: Vec<_> = ["first"].into_iter().chain([""; LINES]).map(line).collect();
        assert_eq!(recent(&many, true), Some((vec![String::new(); LINES], true)));

        let long: &str = "x".repeat(BYTES - 1).leak();
        let (lines, truncated) = recent(&[line("no"), line("room"), line(long)], true).unwrap();
        assert_eq!((lines.len(), lines[0].len(), truncated), (1, BYTES - 1, true));
    }

    #[test]
    fn lines_without_a_time_tell_of_no_minute() {
        assert_eq!(recent(&[(None, Speaker::Kernel, "a")], true), None);
    }
}
