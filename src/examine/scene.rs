//! What collectors are told: the report, and where to look.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::settings::{Command, Settings};
use crate::evidence::SystemdEvidence;
use crate::globs::JobGlobs;
use crate::job::Job;
use crate::paths::Places;
use crate::report::CrashReport;
use crate::spool::Spool;

/// One crash to be examined.
pub struct Scene {
    /// Where things lie.
    pub places: Places,
    /// Where a later crash of the same job would be reported.
    pub spool: Spool,
    /// What is known of the crash already.
    pub report: CrashReport,
    /// What the operator asked for.
    pub settings: Arc<Settings>,
}

impl Scene {
    /// The job that died.
    pub(super) fn job(&self) -> Job<'_> {
        let CrashReport { init, job, .. } = &self.report;
        let (name, instance) = (job.name.as_bytes(), job.instance.as_bytes());
        Job { supervisor: init.kind, name, instance }
    }

    /// What systemd said of the end, where it supervises the job.
    pub(super) fn systemd(&self) -> Option<&SystemdEvidence> {
        self.report.evidence.systemd.as_ref()
    }

    /// systemd's name for the run that ended; `None` where it has none, or supervises nothing here.
    pub(super) fn invocation(&self) -> Option<&str> {
        self.systemd()?.invocation.as_deref()
    }

    /// The directory of the service, where runit or s6 supervises it: `run` begins there.
    pub(super) fn service_directory(&self) -> Option<PathBuf> {
        self.report.evidence.finish.as_ref().map(|finish| PathBuf::from(&finish.directory))
    }

    /// The process id of the main process that died, where systemd or init's log tells it.
    pub(super) fn dead_main(&self) -> Option<i32> {
        if let Some(told) = self.systemd() {
            return told.status.as_ref().ok()?.last_main_pid;
        }
        let lines = &self.report.kernel.as_ref()?.lines;
        lines.iter().rev().find_map(|line| {
            let (_, rest) = line.text.split_once(" main process (")?;
            rest.split_once(')')?.0.parse().ok()
        })
    }

    /// The commands that this job is to be examined with.
    pub(super) fn commands(&self) -> impl Iterator<Item = &Command> {
        let job = &self.report.job;
        let wanted =
            |command: &&Command| JobGlobs::of(&command.jobs).mean(&job.name, &job.instance);
        self.settings.commands.iter().filter(wanted)
    }

    /// How long the slowest of them may take.
    pub(super) fn longest_command(&self) -> Duration {
        self.commands().map(|command| command.timeout).max().unwrap_or_default()
    }
}
