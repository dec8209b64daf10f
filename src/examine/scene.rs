//! What collectors are told: the report, and where to look.

use std::sync::Arc;
use std::time::Duration;

use super::settings::{Command, Settings};
use crate::globs::JobGlobs;
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
    /// The process id of the main process that died, where init's log tells it.
    pub(super) fn dead_main(&self) -> Option<i32> {
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
