//! One end, as far as the evidence tells of it, and the verdict that is made of it.

use super::{Exit, ExitKind, Verdict, VerdictKind};
use crate::evidence::{Ended, Evidence, KernelDeath, Process, RunEnd, is_shutdown};

/// A run that ended.
pub(super) struct Case<'a> {
    pub(super) evidence: &'a Evidence,
    /// What init wrote of this end.
    pub(super) end: Option<&'a RunEnd>,
    /// The kernel's own word on it.
    death: Option<KernelDeath>,
    /// How the process ended, as far as that is known.
    pub(super) exit: Exit,
}

impl<'a> Case<'a> {
    /// The case in which init wrote `end`, if anything, and the process ended by `exit`.
    pub(super) fn new(evidence: &'a Evidence, end: Option<&'a RunEnd>, exit: Exit) -> Self {
        Self::of(evidence, end, end.and(kernel_death(evidence)), exit)
    }

    /// The case that another supervisor than Upstart tells of, in which the process ended by `exit`.
    pub(super) fn of_supervisor(evidence: &'a Evidence, exit: Exit) -> Self {
        Self::of(evidence, None, kernel_death(evidence), exit)
    }

    fn of(
        evidence: &'a Evidence,
        end: Option<&'a RunEnd>,
        death: Option<KernelDeath>,
        exit: Exit,
    ) -> Self {
        let memory = death.is_some_and(|death| death.out_of_memory);
        let exit = if memory { exit.known_as(ExitKind::Oom) } else { exit };
        Self { evidence, end, death, exit }
    }

    /// Why the host is going down, if it is.
    pub(super) fn going_down(&self) -> Option<String> {
        if let Some(events) = self.evidence.stop_events.as_ref().filter(|e| e.is_shutdown()) {
            let level = events.runlevel?;
            return Some(format!("stopped by the change to runlevel {level}"));
        }
        let level = self.evidence.runlevel.as_ref().ok().filter(|level| is_shutdown(**level))?;
        Some(format!("the host was going down: runlevel {level}"))
    }

    /// Whether no shutdown and no stop ends a process like this.
    pub(super) fn is_own_fault(&self) -> bool {
        const FAULTS: [&str; 8] =
            ["SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGABRT", "SIGTRAP", "SIGSYS", "SIGXCPU"];
        matches!(self.exit.kind, ExitKind::Oom | ExitKind::Watchdog | ExitKind::NotStarted)
            || self.exit.signal_name.as_deref().is_some_and(|name| FAULTS.contains(&name))
    }

    /// The verdict `kind` for `reason`, and for what was said of the end.
    pub(super) fn verdict(self, kind: VerdictKind, reason: impl Into<String>) -> Verdict {
        let mut reasons = vec![reason.into()];
        reasons.extend(self.end.and_then(told));
        if let Some(death) = self.death {
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

/// What the kernel wrote of the end.
fn kernel_death(evidence: &Evidence) -> Option<KernelDeath> {
    evidence.kernel_log.as_ref().ok().and_then(|log| log.death)
}

/// How the process ended that `end` speaks of.
pub(super) fn exit_of(end: &RunEnd) -> Exit {
    match end {
        RunEnd { not_executed: Some((process, _)), .. } => Exit::not_started(*process),
        RunEnd { main: Some(ended), .. } => Exit::of(Process::Main, ended),
        RunEnd { pre_start: Some(ended), .. } => Exit::of(Process::PreStart, ended),
        RunEnd { security: Some(ended), .. } => Exit::of(Process::Security, ended),
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
        RunEnd { security: Some(ended), .. } => (Process::Security, ended),
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
