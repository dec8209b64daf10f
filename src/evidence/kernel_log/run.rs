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

/// The kernel's own line on the death of process `pid`, which `ended` so just before `now`, and
/// which record it is.
///
/// `pids_match` tells whether that process id is the kernel's; where not, the time says that they
/// belong together.
pub(super) fn death_of(
    records: &[Record<'_>],
    pid: Option<u32>,
    ended: Option<&Ended>,
    now: i64,
    began: Began,
    pids_match: bool,
) -> Option<(KernelDeath, usize)> {
    let expected = death::cause_of(ended?)?;
    let out_of_memory = expected == Cause::OutOfMemory;
    let of_this_run = records.iter().enumerate().rev();
    let mut lines = of_this_run.filter(|(_, record)| began.may_be_before(record.micros));
    lines.find_map(|(index, record)| {
        let victim = death::victim(record, expected)?;
        let close = record.micros.is_some_and(|micros| now.saturating_sub(micros) <= DEATH_MICROS);
        let same_pid = Some(victim) == pid;
        (same_pid || (!pids_match && close))
            .then_some((KernelDeath { out_of_memory, same_pid }, index))
    })
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
mod tests;
