//! `upstart-crash prune`.

use std::io::Write;
use std::time::Duration;

use clap::Args;

use super::CliError;
use super::request::have_done;
use super::text::harmless;
use crate::config::Config;
use crate::notifier::{self, NotifierError};
use crate::paths::Places;
use crate::spool::{Pruned, Request, Spool, Surplus};
use crate::sys;

/// Drop reports that need not be kept any more
///
/// Without an age: what is more than `[spool]` in the config allows, as the notifier does by itself.
/// With one: all that is older. What goes is taken reports, what was given up, and what was put aside
/// as corrupt. What a sink is still to be told of stays, and so does what was not taken yet.
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    upstart-crash prune --dry-run\n  \
    upstart-crash prune --older-than 30d\n  \
    upstart-crash prune --older-than 0s --job 'shop-canary*'\n\n\
    Exit status: 0 done, also where there was nothing to drop; 1 failed; 78 broken config, which\n\
    says how much is kept.")]
pub(super) struct Prune {
    /// Say what would go, and drop nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// All that is older than this: 30d, 12h
    #[arg(long, value_name = "AGE", value_parser = humantime::parse_duration)]
    older_than: Option<Duration>,
    /// Only reports on jobs that this glob names; an instance is `NAME (INSTANCE)`; `!GLOB` leaves jobs out
    #[arg(short, long, value_name = "GLOB")]
    job: Vec<String>,
}

impl Prune {
    pub(super) fn run(
        self,
        places: Places,
        spool: &Spool,
        out: &mut dyn Write,
    ) -> Result<(), CliError> {
        let surplus = Surplus {
            older_than_seconds: self.older_than.map(|age| age.as_secs()),
            jobs: self.job,
        };
        let limits = match self.older_than {
            Some(_) => None,
            None => Some(Config::load(places).map_err(NotifierError::Config)?.spool),
        };
        let now = sys::now();
        let needed = notifier::still_needed(spool, now)?;
        let going = spool.surplus(&surplus, limits.as_ref(), &needed, now)?;
        if going.all().0.is_empty() {
            writeln!(out, "There is nothing to drop.")?;
            return Ok(());
        }
        if self.dry_run {
            return tell(&going.all(), "would drop", out);
        }
        if have_done(places, spool, &Request::Prune(surplus), limits.as_ref())? {
            let gone = going.gone();
            if gone.0.is_empty() {
                writeln!(out, "Nothing was dropped: meanwhile all of it is needed.")?;
            }
            return tell(&gone, "dropped", out);
        }
        writeln!(out, "The notifier does it when the try that it is at is over:")?;
        tell(&going.all(), "to drop", out)
    }
}

/// Says what goes, a line each, and with `verb` how far that is.
fn tell(pruned: &Pruned, verb: &str, out: &mut dyn Write) -> Result<(), CliError> {
    for drops in &pruned.0 {
        writeln!(out, "{}", harmless(&drops.told(verb)))?;
    }
    Ok(())
}
