//! Which of init's lines on a job speak of the end of this run.

use serde::Serialize;

use super::began::{Began, Certainty};
use super::death::{self, Cause};
use super::init_line::{self, Ended, Process, Word};
use super::record::{Record, Speaker};

/// How long before init's line the kernel's line on the same death may stand, in microseconds,
/// where the process ids do not tell: a core dump is written in between.
const DEATH_MICROS: i64 = 1_000_000;

/// How long after the line on main's end init's word on what comes next may stand, in microseconds,
/// on a machine that is not swamped.
const LINES_MICROS: i64 = 1_000_000;

/// What init said of the end of one run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
pub struct RunEnd {
    /// How the load of the security profile ended, where it failed: no process ran after it.
    pub security: Option<Ended>,
    /// How pre-start ended, where it failed.
    pub pre_start: Option<Ended>,
    /// The process that could not be executed, and why.
    pub not_executed: Option<(Process, String)>,
    /// Whether a pre-stop failed: somebody asked for a stop then.
    pub pre_stop_failed: bool,
    /// How main ended; nothing is said of status 0 and of what the job calls a normal exit.
    pub main: Option<Ended>,
    /// What init did next.
    pub next: Option<Next>,
    /// Whether their times say that they are this run's.
    pub certainty: Certainty,
}

/// What init did after a death that it calls a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
#[serde(rename_all = "snake_case")]
pub enum Next {
    /// `process ended, respawning`.
    Respawns,
    /// `respawning too fast, stopped`.
    GivesUp,
}

impl RunEnd {
    /// Whether nothing was said at all.
    pub fn is_silent(&self) -> bool {
        !self.is_over() && !self.pre_stop_failed
    }

    /// Whether what was said so far ends a run.
    fn is_over(&self) -> bool {
        self.security.is_some()
            || self.pre_start.is_some()
            || self.main.is_some()
            || self.not_executed.is_some()
            || self.next.is_some()
    }
}

/// The lines on one run.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) end: RunEnd,
    /// Which records these are.
    pub(super) lines: Vec<usize>,
    /// Main's process id as init knows it, and the record that says so.
    main: Option<(u32, usize)>,
    /// The first record that can be of this run: what stands before was told of an earlier one.
    from: usize,
}

/// Finds the last run that init speaks of in `records`, since `began`, of the job that it calls
/// `title`. By order alone where the lines have no stamps.
pub(super) fn find(records: &[Record<'_>], title: &[u8], began: Began) -> Found {
    let mut found = Found::default();
    for (index, record) in records.iter().enumerate() {
        if record.speaker != Speaker::Init || !began.may_be_before(record.micros) {
            continue;
        }
        let Some((_, word)) = init_line::parse(record.said()).filter(|(named, _)| *named == title)
        else {
            continue;
        };
        let later = found.main.is_some_and(|(_, at)| is_later(record, records.get(at)));
        if begins_anew(&found.end, &word, later) {
            found = Found::from(found.lines.last().map_or(0, |last| last + 1));
        }
        found.lines.push(index);
        found.end.certainty = began.certainty(record.micros);
        match word {
            Word::Respawning => found.end.next = Some(Next::Respawns),
            Word::TooFast => found.end.next = Some(Next::GivesUp),
            Word::NotExecuted(
                process @ (Process::Main | Process::PreStart | Process::Security),
                why,
            ) => {
                found.end.not_executed = Some((process, why));
            }
            Word::Ended(Process::Main, pid, ended) => {
                found.end.main = Some(ended);
                found.main = Some((pid, index));
            }
            Word::Ended(Process::PreStart, _, ended) => found.end.pre_start = Some(ended),
            Word::Ended(Process::Security, _, ended) => found.end.security = Some(ended),
            Word::Ended(Process::PreStop, ..) | Word::NotExecuted(Process::PreStop, _) => {
                found.end.pre_stop_failed = true;
            }
            // Post-stop runs now: a line on its end is of an earlier run.
            Word::Ended(Process::PostStop, ..) | Word::NotExecuted(Process::PostStop, _) => {
                found = Found::from(index + 1);
            }
            // Its failure is of no consequence, and may come after main's end.
            Word::Ended(Process::PostStart, ..) | Word::NotExecuted(Process::PostStart, _) => {}
        }
    }
    found
}

/// Whether `record` was written longer after `other` than init takes from a line on main's end to
/// the next: it writes both before it does anything else (job_process_terminated).
fn is_later(record: &Record<'_>, other: Option<&Record<'_>>) -> bool {
    let stamps = record.micros.zip(other.and_then(|other| other.micros));
    stamps.is_some_and(|(then, before)| then.saturating_sub(before) > LINES_MICROS)
}

/// Whether `word` cannot be said of the run that `end` speaks of. `later` than the line on main's
/// end there is none but on another run.
fn begins_anew(end: &RunEnd, word: &Word, later: bool) -> bool {
    match word {
        Word::Ended(Process::Main, ..) | Word::NotExecuted(Process::Main, _) => end.is_over(),
        Word::Respawning | Word::TooFast => {
            later || end.next.is_some() || end.pre_start.is_some() || end.security.is_some()
        }
        Word::Ended(Process::Security | Process::PreStart | Process::PreStop, ..)
        | Word::NotExecuted(Process::Security | Process::PreStart | Process::PreStop, _) => {
            end.is_over()
        }
        Word::Ended(..) | Word::NotExecuted(..) => false,
    }
}

/// The kernel's line on the death that `found` speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
pub struct KernelDeath {
    /// Whether it was killed for want of memory; else a fault in its code.
    pub out_of_memory: bool,
    /// Whether both lines name the same process. In a container they cannot, and the time alone
    /// says that they belong together.
    pub same_pid: bool,
}

impl Found {
    /// Nothing found yet, in records that are looked at from number `from` on.
    fn from(from: usize) -> Self {
        Self { from, ..Self::default() }
    }

    /// Looks for the kernel's own line on this death among `records`, and takes it to the others.
    ///
    /// `pids_match` tells whether init's process ids are the kernel's.
    pub(super) fn kernel_death(
        &mut self,
        records: &[Record<'_>],
        began: Began,
        pids_match: bool,
    ) -> Option<KernelDeath> {
        let (pid, at) = self.main?;
        let ended = self.end.main.as_ref()?;
        let expected = death::cause_of(ended)?;
        let died = records.get(at)?.micros;
        let out_of_memory = expected == Cause::OutOfMemory;
        let death = |same_pid| KernelDeath { out_of_memory, same_pid };
        let mut near = None;
        let before = records.iter().enumerate().take(at).skip(self.from).rev();
        for (index, record) in before.filter(|(_, r)| began.may_be_before(r.micros)) {
            let Some(victim) = death::victim(record, expected) else { continue };
            if victim == pid {
                self.take(index);
                return Some(death(true));
            }
            let close =
                died.zip(record.micros).is_some_and(|(a, b)| a.saturating_sub(b) <= DEATH_MICROS);
            if !pids_match && close && near.is_none() {
                near = Some((index, death(false)));
            }
        }
        let (index, death) = near?;
        self.take(index);
        Some(death)
    }

    fn take(&mut self, index: usize) {
        self.lines.push(index);
        self.lines.sort_unstable();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::kernel_log::record::INIT;
    use std::borrow::Cow;

    const NOW: (i64, i64) = (100_000_000, 100_000_000);

    /// What is found in `log`, whose lines are `SECONDS TEXT`, by a run of `job` that lasted
    /// `lasted` seconds up to second 100.
    fn found(job: &str, log: &[(f64, &'static str)], lasted: f64) -> (Found, Vec<Record<'static>>) {
        let records: Vec<_> = log.iter().map(|(at, text)| record(*at, (*text).into())).collect();
        let newest = records.iter().filter_map(|record| record.micros).max();
        let began = Began::new(NOW, newest, (lasted * 1e6) as i64);
        (find(&records, job.as_bytes(), began), records)
    }

    fn record(at: f64, text: Cow<'static, str>) -> Record<'static> {
        let is_inits = text.as_bytes().starts_with(INIT);
        Record {
            speaker: if is_inits { Speaker::Init } else { Speaker::Kernel },
            micros: Some((at * 1e6) as i64),
            line: text.into_owned().into_bytes().into(),
            from: if is_inits { INIT.len() } else { 0 },
        }
    }

    fn signal(name: &str) -> Option<Ended> {
        Some(Ended::Signal(super::super::Signal::from_word(name)))
    }

    #[test]
    fn the_last_end_on_this_very_job_counts() {
        let (found, _) = found(
            "nginx",
            &[
                (10.0, "init: nginx main process (1) killed by BUS signal"),
                (99.90, "init: nginx main process (2) terminated with status 3"),
                (99.91, "init: nginx main process ended, respawning"),
                (99.98, "init: nginx (a) main process (7) killed by ABRT signal"),
                (99.981, "init: nginx2 main process (8) killed by ABRT signal"),
                (99.99, "init: nginx main process (3) killed by SEGV signal"),
                (99.991, "init: nginx main process ended, respawning"),
            ],
            0.05,
        );
        assert_eq!(found.end.main, signal("SEGV"));
        assert_eq!((found.end.next, found.end.certainty), (Some(Next::Respawns), Certainty::Sure));
        assert_eq!(found.lines, [5, 6]);
    }

    #[test]
    fn what_was_said_before_the_run_began_does_not_count() {
        let log = [(50.0, "init: nginx main process (1) killed by SEGV signal")];
        assert!(found("nginx", &log, 30.0).0.end.is_silent());
        assert!(!found("nginx", &log, 60.0).0.end.is_silent());
        let (found, _) = found("nginx", &log, 49.5);
        assert_eq!(found.end.certainty, Certainty::Close, "the clocks may differ that much");
        assert!(!found.end.is_silent());
    }

    #[test]
    fn exit_0_of_a_respawn_job_leaves_one_line() {
        let log = [
            (99.1, "init: a main process (1) killed by SEGV signal"),
            (99.2, "init: a main process ended, respawning"),
            (99.9, "init: a main process ended, respawning"),
        ];
        let (found, _) = found("a", &log, 2.0);
        assert_eq!((found.end.main, found.end.next), (None, Some(Next::Respawns)));
    }

    #[test]
    fn what_failed_before_main_is_kept_apart() {
        let status = |status| Some(Ended::Status(status));
        let log = [
            (98.0, "init: a main process (1) killed by SEGV signal"),
            (99.1, "init: a security process (2) terminated with status 1"),
        ];
        let end = found("a", &log, 10.0).0.end;
        assert_eq!((end.security, end.pre_start, end.main), (status(1), None, None));
        let log = [(99.1, "init: a pre-start process (2) terminated with status 7")];
        let end = found("a", &log, 10.0).0.end;
        assert_eq!((end.security, end.pre_start), (None, status(7)));
        let why = "unable to execute: Permission denied";
        let log = [(
            99.1,
            "init: Failed to spawn a security process: unable to execute: Permission denied",
        )];
        let end = found("a", &log, 10.0).0.end;
        assert_eq!(end.not_executed, Some((Process::Security, why.to_owned())));
    }

    #[test]
    fn exit_0_after_a_run_that_was_stopped_is_not_told_by_the_stops_signal() {
        let log = [
            (90.0, "init: a main process (1) killed by TERM signal"),
            (99.9, "init: a main process ended, respawning"),
        ];
        let (found, _) = found("a", &log, 50.0);
        assert_eq!((found.end.main, found.end.next), (None, Some(Next::Respawns)));
        assert_eq!(found.lines, [1]);
    }

    #[test]
    fn a_failed_post_start_does_not_hide_the_end() {
        let log = [
            (99.1, "init: a main process (1) killed by SEGV signal"),
            (99.2, "init: a post-start process (2) terminated with status 1"),
        ];
        assert_eq!(found("a", &log, 2.0).0.end.main, signal("SEGV"));
    }

    #[test]
    fn a_failed_post_stop_ended_an_earlier_run() {
        let log = [
            (99.1, "init: a main process (1) killed by SEGV signal"),
            (99.2, "init: a post-stop process (2) terminated with status 1"),
        ];
        assert!(found("a", &log, 2.0).0.end.is_silent());
    }

    #[test]
    fn the_kernels_line_is_found_by_pid_or_in_a_container_by_time() {
        let log = |oom: f64, pid: u32, signal: &str| {
            let kernel = format!("Killed process {pid} (java) total-vm:8kB, anon-rss:4kB");
            let init = format!("init: a main process (53) killed by {signal} signal");
            let records = [record(oom, kernel.into()), record(99.9, init.into())];
            let began = Began::new(NOW, None, 50_000_000);
            let mut found = find(&records, b"a", began);
            let mut death = |pids_match| found.kernel_death(&records, began, pids_match);
            (death(true), death(false))
        };
        let by = |same_pid| Some(KernelDeath { out_of_memory: true, same_pid });
        assert_eq!(log(99.5, 53, "KILL"), (by(true), by(true)));
        assert_eq!(log(99.5, 6143, "KILL"), (None, by(false)));
        assert_eq!(log(60.0, 6143, "KILL"), (None, None), "too long before");
        assert_eq!(log(99.5, 53, "SEGV"), (None, None), "that is no kill");
    }

    #[test]
    fn the_kernels_line_on_an_earlier_run_is_not_taken_for_this_ones() {
        let log = [
            (99.1, "a[7001]: segfault at 0 ip 0 sp 0 error 6"),
            (99.2, "init: a main process (1) killed by SEGV signal"),
            (99.3, "init: a main process ended, respawning"),
            (99.4, "init: a main process (2) killed by SEGV signal"),
        ];
        let (mut found, records) = found("a", &log, 0.05);
        let death = found.kernel_death(&records, Began::new(NOW, None, 50_000), false);
        assert_eq!((death, found.lines), (None, vec![3]));
    }
}
