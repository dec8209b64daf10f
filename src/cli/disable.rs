//! `upstart-crash disable`.

use std::io::Write;

use clap::Args;

use super::CliError;
use super::change::{Request, outcome};
use super::text::harmless;
use crate::enable::no_call_remains;
use crate::paths::Places;

/// Take the hooks out of jobs again
///
/// A file that was not changed since `enable` is again what it was, byte for byte; of another, only
/// what `enable` wrote is taken out.
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    upstart-crash disable nginx\n  \
    upstart-crash disable --dry-run 'web-*'\n\n\
    Exit status: 0 done, also where nothing was to be done; 1 some job could not be changed, or\n\
    somebody said no; 2 there is no terminal to ask on.")]
pub(super) struct Disable {
    #[command(flatten)]
    request: Request,
}

impl Disable {
    pub(super) fn run(self, places: Places, out: &mut dyn Write) -> Result<(), CliError> {
        let mut refused = Vec::new();
        let disable = crate::enable::disable;
        let changes = self.request.changes(places, disable, "has no hooks", &mut refused, out)?;
        for change in changes {
            let name = harmless(&change.place.name);
            match change.put().and_then(|()| change.drop_backups(places)) {
                Ok(different) => {
                    writeln!(
                        out,
                        "{name} is disabled. If it is running, it has the hooks until it is \
                         stopped and started."
                    )?;
                    for copy in different {
                        writeln!(
                            out,
                            "  It was changed since it was enabled; before that it was: {}",
                            copy.display()
                        )?;
                    }
                }
                Err(why) => refused.push(format!("{name}: {why}")),
            }
            if let Err(why) = no_call_remains(&change.place) {
                refused.push(format!("{name}: {why}"));
            }
        }
        outcome(refused)
    }
}
