//! A notice and its report without their secrets.
//!
//! Every struct is taken apart to its last field: a field that is added does not compile before
//! somebody has decided here whether it can hold what a service, or who wrote to it, made up.

use std::borrow::Cow;

use super::Redaction;
use crate::evidence::{
    Ended, Evidence, Finish, KernelDeath, KernelLine, KernelLines, KernelLog, RunEnd, Signal,
    StopEvents, StoppingEvent, SystemdEvidence,
};
use crate::notice::Notice;
use crate::report::{CrashReport, InitFacts, JobFacts, Link, VerdictFacts, Withheld};
use crate::snapshot::{CgroupMemory, Disk, Incomplete, LogTail, Snapshot};
use crate::systemd::{FailedCommand, RunningJob, UnitStatus};
use crate::verdict::Exit;

/// A notice as it may leave the host, with the report that goes with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Redacted {
    notice: Notice,
    report: Option<CrashReport>,
}

impl Redacted {
    /// What is told.
    pub fn notice(&self) -> &Notice {
        &self.notice
    }

    /// The report on the crash, or on the last of several; `None` where there is none.
    pub fn report(&self) -> Option<&CrashReport> {
        self.report.as_ref()
    }
}

impl Redaction {
    /// `notice` without its secrets, and `report`, which it names.
    pub fn redact_notice(&self, notice: &Notice, report: Option<&CrashReport>) -> Redacted {
        let (mut notice, mut report) = (notice.clone(), report.cloned());
        self.notice(&mut notice);
        report.iter_mut().for_each(|report| self.report(report));
        Redacted { notice, report }
    }

    fn report(&self, report: &mut CrashReport) {
        let CrashReport {
            version: _,
            id: _,
            key,
            severity: _,
            summary,
            time: _,
            time_unix_us: _,
            // The host's own names for itself.
            host: _,
            job,
            init: InitFacts { kind: _, version },
            verdict: VerdictFacts { kind: _, reasons },
            exit,
            evidence,
            kernel,
            snapshot,
            log,
            aftermath,
            labels,
            links,
            withheld,
            incomplete,
            agent: _,
        } = report;
        let JobFacts { name, instance, started_at: _, ran_seconds: _, run: _ } = job;
        let Exit { kind: _, process, status: _, signal: _, signal_name } = exit;
        self.texts([key, summary, name, instance].into_iter().chain(labels.values_mut()));
        self.texts(version.iter_mut());
        self.texts(reasons.iter_mut().chain(process).chain(signal_name));
        self.evidence(evidence);
        self.snapshot(snapshot);
        self.kernel_lines(kernel.as_mut());
        log.iter_mut().for_each(|log| self.log(log));
        aftermath.iter_mut().for_each(|aftermath| self.aftermath(aftermath));
        for Link { text, href } in links {
            self.texts([text, href]);
        }
        if let Some(Withheld { by: _, why, until: _ }) = withheld {
            self.text(why);
        }
        for Incomplete { part, reason } in incomplete {
            self.texts([part, reason]);
        }
    }

    pub(super) fn log(&self, log: &mut LogTail) {
        let LogTail { path, lines, bytes: _, truncated: _, this_run_only: _ } = log;
        self.text(path);
        *lines = self.redact_lines(std::mem::take(lines));
    }

    fn evidence(&self, evidence: &mut Evidence) {
        let Evidence {
            marker: _,
            stopping,
            systemd,
            finish,
            init,
            kernel_log,
            failures_logged,
            stop_events,
            runlevel,
            pre_stop,
        } = evidence;
        let whys = [
            init.as_mut().err(),
            failures_logged.as_mut().err(),
            runlevel.as_mut().err(),
            pre_stop.as_mut().err(),
        ];
        self.texts(whys.into_iter().flatten());
        if let Some(StoppingEvent { failed: _, process, ended }) = stopping {
            self.texts(process.iter_mut().chain(ended.as_mut().and_then(signal_name)));
        }
        systemd.iter_mut().for_each(|systemd| self.systemd(systemd));
        finish.iter_mut().for_each(|finish| self.finish(finish));
        if let Some(StopEvents { names, runlevel: _ }) = stop_events {
            self.text(names);
        }
        match kernel_log {
            Ok(log) => self.kernel_log(log),
            Err(why) => self.text(why),
        }
    }

    fn finish(&self, finish: &mut Finish) {
        let Finish { directory, ended, wanted_up, once: _, commanded, down_signal } = finish;
        match ended {
            Ok(ended) => self.texts(signal_name(ended)),
            Err(why) => self.text(why),
        }
        self.text(directory);
        self.texts([wanted_up.as_mut().err(), commanded.as_mut().err()].into_iter().flatten());
        self.texts(down_signal);
    }

    fn systemd(&self, evidence: &mut SystemdEvidence) {
        let SystemdEvidence { unit, invocation, result, main, dumped_core: _, status } = evidence;
        let signal = main.as_mut().and_then(signal_name);
        self.texts([unit].into_iter().chain(invocation).chain(result).chain(signal));
        match status {
            Ok(status) => self.unit(status),
            Err(why) => self.text(why),
        }
    }

    fn unit(&self, status: &mut UnitStatus) {
        let UnitStatus {
            version,
            system_state,
            service_type,
            active_state,
            sub_state,
            job,
            result,
            restart,
            restart_prevented: _,
            restarts: _,
            was_active: _,
            ended_by_itself: _,
            on_terminal: _,
            invocation,
            active_at: _,
            inactive_at: _,
            restart_micros: _,
            main_pid: _,
            last_main_pid: _,
            started_at: _,
            ran_micros: _,
            main_code: _,
            main_status: _,
            failed_command,
        } = status;
        self.texts([version, system_state, service_type, active_state, sub_state, result, restart]);
        self.texts(invocation);
        if let Some(RunningJob { kind, is_running: _ }) = job {
            self.text(kind);
        }
        if let Some(FailedCommand { setting, path, code: _, status: _ }) = failed_command {
            self.texts([setting, path]);
        }
    }

    fn kernel_log(&self, log: &mut KernelLog) {
        let KernelLog { source: _, end, death, complete, lines, recent } = log;
        let RunEnd {
            security,
            pre_start,
            not_executed,
            pre_stop_failed: _,
            main,
            next: _,
            certainty: _,
        } = end;
        let ends = [security, pre_start, main].into_iter().flatten().filter_map(signal_name);
        self.texts(ends.chain(not_executed.as_mut().map(|(_, why)| why)));
        self.texts(complete.as_mut().err());
        self.kernel_lines(Some(lines));
        self.kernel_lines(recent.as_mut());
        // Two flags.
        let _: Option<KernelDeath> = *death;
    }

    fn snapshot(&self, snapshot: &mut Snapshot) {
        let Snapshot {
            taken_at: _,
            load: _,
            memory: _,
            pressure: _,
            file_handles: _,
            cgroup_memory,
            kernel_log,
            disks,
        } = snapshot;
        if let Some(CgroupMemory { path, high: _, max: _, oom: _, oom_kill: _, under_oom: _ }) =
            cgroup_memory
        {
            self.text(path);
        }
        self.kernel_lines(kernel_log.as_mut());
        for disk in disks.iter_mut().flatten() {
            let Disk {
                path,
                holds: _,
                total_bytes: _,
                available_bytes: _,
                inodes_total: _,
                inodes_available: _,
            } = disk;
            self.text(path);
        }
    }

    fn kernel_lines(&self, lines: Option<&mut KernelLines>) {
        let Some(KernelLines { lines, truncated: _ }) = lines else { return };
        self.redact_each(lines.iter_mut().map(|KernelLine { seconds: _, text }| text).collect());
    }

    pub(super) fn texts<'t>(&self, texts: impl IntoIterator<Item = &'t mut String>) {
        texts.into_iter().for_each(|text| self.text(text));
    }

    pub(super) fn text(&self, text: &mut String) {
        if let Cow::Owned(redacted) = self.redact(text) {
            *text = redacted;
        }
    }
}

/// What init called the signal, if that was the end.
fn signal_name(ended: &mut Ended) -> Option<&mut String> {
    match ended {
        Ended::Status(_) => None,
        Ended::Signal(Signal { number: _, name }) => name.as_mut(),
    }
}
