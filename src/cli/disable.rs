//! `upstart-crash disable`.

use std::io::Write;

use clap::Args;

use super::CliError;
use super::change::{Request, outcome, reload};
use super::text::harmless;
use crate::enable::Target;
use crate::paths::Places;

/// Take the hooks out of services again
///
/// A file that was not changed since `enable` is again what it was, byte for byte; of another, only
/// what `enable` wrote is taken out.
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    upstart-crash disable nginx\n  \
    upstart-crash disable --dry-run 'web-*'\n  \
    upstart-crash disable --host\n\n\
    Exit status: 0 done, also where nothing was to be done; 1 some job could not be changed, or\n\
    somebody said no; 2 there is no terminal to ask on.")]
pub(super) struct Disable {
    #[command(flatten)]
    request: Request,
}

impl Disable {
    pub(super) fn run(self, places: Places, out: &mut dyn Write) -> Result<(), CliError> {
        let mut refused = Vec::new();
        let disable = |target: Target| target.disable(places);
        let changes = self.request.changes(places, disable, "has no hooks", &mut refused, out)?;
        for change in &changes {
            let name = harmless(change.target.name());
            match change.put().and_then(|()| change.drop_backups()) {
                Ok(different) => {
                    writeln!(out, "{name} is disabled.{}", until(&change.target))?;
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
            if let Err(why) = change.target.no_call_remains() {
                refused.push(format!("{name}: {why}"));
            }
        }
        reload(places, &changes, &mut refused, out)?;
        outcome(refused)
    }
}

/// How long a service has the hooks still.
fn until(target: &Target) -> &'static str {
    match target {
        Target::Job(_) => " If it is running, it has the hooks until it is stopped and started.",
        Target::WholeHost => " Services with hooks of their own keep them.",
        Target::Unit(_) | Target::Service(_) => "",
    }
}
