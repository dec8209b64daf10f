//! `upstart-crash unsilence`.

use std::io::Write;

use clap::Args;

use super::CliError;
use super::text::harmless;
use crate::spool::Spool;
use crate::sys;

/// Tell again when a job crashes, from now on
///
/// What was silenced meanwhile stays in the history and is not told: `upstart-crash list`.
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    upstart-crash unsilence nginx\n  \
    upstart-crash unsilence 'shop*'\n\n\
    Exit status: 0 done, 1 nothing is silenced by that name.")]
pub(super) struct Unsilence {
    /// The job, or the glob, as it was silenced: `upstart-crash silence` shows it
    job: String,
}

impl Unsilence {
    pub(super) fn run(self, spool: &Spool, out: &mut dyn Write) -> Result<(), CliError> {
        if !spool.unsilence(&self.job, sys::now())? {
            return Err(CliError::NotSilenced(self.job));
        }
        writeln!(out, "{} is silenced no more.", harmless(&self.job))?;
        Ok(())
    }
}
