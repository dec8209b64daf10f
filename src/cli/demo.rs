//! `upstart-crash demo`, and the victim that it starts.

use std::io::Write;

use clap::Args;

use super::error::CliError;
use crate::demo;

/// Crash a service before your eyes: the timeline, the verdict, the report, the Slack message
///
/// In a throw-away directory it starts a small program that dies of a segmentation fault, plays
/// Upstart around it with the real hooks, and receives the message on a port of this host.
/// Nothing outside that directory is touched, and no network is needed.
#[derive(Args)]
#[command(after_help = "Examples:\n  upstart-crash demo\n\n\
    Exit status: 0 the report arrived, 1 it did not, or nothing could be started here.")]
pub(super) struct Demo {}

impl Demo {
    /// Gives the demo.
    pub(super) fn run(self, out: &mut dyn Write) -> Result<(), CliError> {
        Ok(demo::run(out)?)
    }
}
