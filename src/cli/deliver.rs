//! `upstart-crash deliver`.

use clap::Args;

use super::CliError;
use super::warn;
use crate::config::Config;
use crate::notifier;
use crate::paths::Places;
use crate::spool::Spool;
use crate::sys;

/// Deliver what waits in the spool to every sink of the config
///
/// The hooks start it after each crash; run it by hand, or at boot, to deliver what was left. It
/// ends when every sink has everything. While another one is at work it ends at once: that one
/// sees the same reports. A sink that does not answer is tried again after 1, 2, 4, ... 300
/// seconds, for as long as `retry_for` in the config says.
///
/// What happens is told on standard error. A broken config leaves the reports where they are.
#[derive(Args)]
#[command(after_help = "Examples:\n  upstart-crash deliver\n\n\
    Exit status: 0 done, also where another notifier is at work; 1 failed, and nothing is lost;\n\
    78 broken config: reports wait until it is mended.")]
pub(super) struct Deliver {}

impl Deliver {
    pub(super) fn run(self, places: Places, spool: &Spool) -> Result<(), CliError> {
        // It reads the secrets of the sinks.
        sys::never_dump_core();
        Ok(notifier::deliver(places, spool, &|| Config::load(places), &warn)?)
    }
}
