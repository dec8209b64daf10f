//! The decision itself. A pure function; its table is in `tests.rs`, told in `docs/verdicts.md`.

use super::{Exit, ExitKind, Verdict, VerdictKind};
use crate::evidence::{
    Certainty, Ended, Evidence, Goal, KernelLog, MarkerEvidence, Next, Process, RunEnd, is_shutdown,
};

/// Decides what became of the run that `evidence` speaks of.
pub fn judge(evidence: &Evidence) -> Verdict {
    let unseen = "no post-stop accounted for the end of that run".to_owned();
    let unknown = |kind, reasons: Vec<String>| Verdict { kind, exit: Exit::unknown(), reasons };
    match evidence.marker {
        MarkerEvidence::Absent => {
            unknown(VerdictKind::Stopped, vec!["no marker: pre-stop disarmed it".to_owned()])
        }
        MarkerEvidence::Armed { started } => {
            let mut verdict = Case::of(evidence).decide();
            verdict.reasons.push(format!(
                "the marker that pre-start armed at {started} was still there: pre-stop never ran"
            ));
            verdict
        }
        MarkerEvidence::Orphaned { started } => unknown(
            VerdictKind::Unseen,
            vec![
                format!(
                    "the marker that pre-start armed at {started} was still there at the next start"
                ),
                unseen,
            ],
        ),
        MarkerEvidence::OfAnotherBoot { started } => unknown(
            VerdictKind::Unseen,
            vec![format!("the marker was armed at {started}, before the host was booted"), unseen],
        ),
        MarkerEvidence::Foreign => unknown(
            VerdictKind::Unclear,
            vec!["what lies in the marker's place was not made by pre-start".to_owned()],
        ),
    }
}

/// A run that ended while its marker was armed.
struct Case<'a> {
    evidence: &'a Evidence,
    /// What init said, if anything, and of this run.
    end: Option<&'a RunEnd>,
    /// How the process ended, as far as that is known.
    exit: Exit,
}

impl<'a> Case<'a> {
    fn of(evidence: &'a Evidence) -> Self {
        let log = evidence.kernel_log.as_ref().ok();
        let said = log.map(|log| &log.end).filter(|end| !end.is_silent());
        let end = said.filter(|end| !is_of_an_earlier_run(end, evidence.goal));
        let exit = end.map_or_else(Exit::unknown, exit_of);
        let memory = end.and(log).and_then(|log| log.death).is_some_and(|d| d.out_of_memory);
        let exit = if memory { exit.for_want_of_memory() } else { exit };
        Self { evidence, end, exit }
    }

    fn decide(self) -> Verdict {
        match self.end {
            Some(end) => self.by_what_init_said(end),
            None => self.by_silence(),
        }
    }

    /// Init spoke of the end.
    fn by_what_init_said(self, end: &RunEnd) -> Verdict {
        let next = end.next;
        let goal = self.evidence.goal;
        if let Some(going_down) = self.going_down()
            && !self.is_own_fault()
        {
            return self.verdict(VerdictKind::HostShutdown, going_down);
        }
        if !is_of_this_run(end, goal) {
            let reason = "what init said last may be on the run before: their times do not tell";
            return self.unclear(reason);
        }
        if next == Some(Next::GivesUp) {
            return self.verdict(VerdictKind::GaveUp, "init gave up: respawning too fast");
        }
        if let Some((process, why)) = &end.not_executed {
            let reason = format!("init could not start {}: {why}", process.name());
            return self.verdict(VerdictKind::StartFailed, reason);
        }
        if end.pre_start.is_some() {
            return self.verdict(VerdictKind::StartFailed, "main never ran: pre-start failed");
        }
        if next == Some(Next::Respawns) {
            let reason = "init calls it a failure and respawns the job";
            return self.verdict(VerdictKind::Crashed, reason);
        }
        if let Some(event) = self.stopped_by_event() {
            return self.verdict(VerdictKind::Stopped, event);
        }
        if end.pre_stop_failed {
            let reason = "pre-stop was tried and failed: somebody asked for a stop";
            return match goal {
                Some(Goal::Stop) => self.verdict(VerdictKind::Stopped, reason),
                _ => self.unclear(reason),
            };
        }
        if end.main.as_ref().is_some_and(is_answer_to_term) {
            return self.unclear(
                "a stop asked for during the start, a `normal exit TERM` and a kill from outside \
                 all look like this; init's `stopping` event would tell them apart",
            );
        }
        self.verdict(VerdictKind::Crashed, "nobody asked for this end")
    }

    /// Init said nothing, or cannot be heard.
    fn by_silence(self) -> Verdict {
        if let Some(going_down) = self.going_down() {
            return self.verdict(VerdictKind::HostShutdown, going_down);
        }
        if let Some(event) = self.stopped_by_event() {
            return self.verdict(VerdictKind::Stopped, event);
        }
        let deaf = match &self.evidence.kernel_log {
            Ok(KernelLog { complete: Ok(()), .. }) => None,
            Ok(KernelLog { complete: Err(why), .. }) => Some(why.clone()),
            Err(why) => Some(format!("the kernel log is not available: {why}")),
        };
        match (self.evidence.goal, deaf) {
            (Some(Goal::Start), Some(why)) => {
                let reason = "nobody asked for a stop and init wants it to run again";
                let mut verdict = self.verdict(VerdictKind::Crashed, reason);
                verdict.reasons.push(format!("how it ended is not known: {why}"));
                verdict
            }
            (_, Some(why)) => self.unclear(why),
            (Some(Goal::Start), None) => self.unclear(
                "init wants it to run again but told of no failure: a restart during the start, \
                 or a log level that hides failures",
            ),
            (_, None) => self.verdict(
                VerdictKind::Finished,
                "init told of no failure, and it tells of each: exit status 0, a normal exit, or \
                 a stop during the start",
            ),
        }
    }

    /// Why the host is going down, if it is.
    fn going_down(&self) -> Option<String> {
        if let Some(events) = self.evidence.stop_events.as_ref().filter(|e| e.is_shutdown()) {
            let level = events.runlevel?;
            return Some(format!("stopped by the change to runlevel {level}"));
        }
        let level = self.evidence.runlevel.as_ref().ok().filter(|level| is_shutdown(**level))?;
        Some(format!("the host was going down: runlevel {level}"))
    }

    fn stopped_by_event(&self) -> Option<String> {
        let events = self.evidence.stop_events.as_ref()?;
        Some(format!("an event asked for the stop: {}", events.names))
    }

    /// Whether no shutdown ends a process like this.
    fn is_own_fault(&self) -> bool {
        const FAULTS: [&str; 8] =
            ["SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGABRT", "SIGTRAP", "SIGSYS", "SIGXCPU"];
        matches!(self.exit.kind, ExitKind::Oom | ExitKind::NotStarted)
            || self.exit.signal_name.as_deref().is_some_and(|name| FAULTS.contains(&name))
    }

    fn unclear(self, reason: impl Into<String>) -> Verdict {
        let goal = self.evidence.goal;
        let mut verdict = self.verdict(VerdictKind::Unclear, reason);
        if goal.is_none() {
            verdict.reasons.push("init's goal for the job is not known".to_owned());
        }
        verdict
    }

    /// The verdict `kind` for `reason`, and for what was said of the end.
    fn verdict(self, kind: VerdictKind, reason: impl Into<String>) -> Verdict {
        let mut reasons = vec![reason.into()];
        reasons.extend(self.end.and_then(told));
        let log = self.end.and(self.evidence.kernel_log.as_ref().ok());
        if let Some(death) = log.and_then(|log| log.death) {
            let what = if death.out_of_memory {
                "the kernel killed it: out of memory"
            } else {
                "the kernel tells of a fault in its code"
            };
            let how = if death.same_pid { "" } else { " (by the time: process ids differ here)" };
            reasons.push(format!("{what}{how}"));
        }
        Verdict { kind, exit: self.exit, reasons }
    }
}

/// Whether `end`, which may be too old for this run, contradicts what init wants now: after
/// `respawning` that is a start, after giving up a stop.
fn is_of_an_earlier_run(end: &RunEnd, goal: Option<Goal>) -> bool {
    let contradicts = matches!(
        (end.next, goal),
        (Some(Next::Respawns), Some(Goal::Stop)) | (Some(Next::GivesUp), Some(Goal::Start))
    );
    contradicts && end.certainty != Certainty::Sure
}

/// Whether `end` is of this run. Where the times leave a doubt, a goal that fits decides, and so
/// does giving up, after which nothing but a person starts the job: else it would have had to fail,
/// to be started again, and to end in order, all in one second.
fn is_of_this_run(end: &RunEnd, goal: Option<Goal>) -> bool {
    match end.certainty {
        Certainty::Sure => true,
        Certainty::Close => goal.is_some() || end.next == Some(Next::GivesUp),
        Certainty::Unstamped | Certainty::Unbounded => {
            (end.next, goal) == (Some(Next::Respawns), Some(Goal::Start))
        }
    }
}

fn exit_of(end: &RunEnd) -> Exit {
    match end {
        RunEnd { not_executed: Some((process, _)), .. } => Exit::not_started(*process),
        RunEnd { main: Some(ended), .. } => Exit::of(Process::Main, ended),
        RunEnd { pre_start: Some(ended), .. } => Exit::of(Process::PreStart, ended),
        // Init hides nothing else of a job that it respawns.
        RunEnd { next: Some(_), .. } => Exit::of(Process::Main, &Ended::Status(0)),
        _ => Exit::unknown(),
    }
}

/// What init said of the process that ended.
fn told(end: &RunEnd) -> Option<String> {
    let (process, ended) = match end {
        RunEnd { main: Some(ended), .. } => (Process::Main, ended),
        RunEnd { pre_start: Some(ended), .. } => (Process::PreStart, ended),
        RunEnd { next: Some(_), .. } => {
            return Some("init told of no status: main ended with exit status 0".to_owned());
        }
        _ => return None,
    };
    let process = process.name();
    Some(match ended {
        Ended::Status(status) => format!("init: {process} ended with exit status {status}"),
        Ended::Signal(signal) => format!("init: {process} was killed by {}", signal.words()),
    })
}

/// Whether a process that was asked to end may end like this.
fn is_answer_to_term(ended: &Ended) -> bool {
    /// What shells and many programs exit with on SIGTERM: 128 + 15.
    const TERMINATED: i32 = 143;
    match ended {
        Ended::Status(status) => *status == TERMINATED,
        Ended::Signal(signal) => signal.name.as_deref() == Some("SIGTERM"),
    }
}
