//! `upstart-crash enable`.

mod running;

use std::io::Write;

use clap::Args;

use super::CliError;
use super::change::{Request, outcome, reload};
use super::text::harmless;
use crate::enable::upstart::{is_observed, own_logs};
use crate::enable::{Change, Target};
use crate::paths::Places;
use crate::supervisor::Supervisor;

/// Put the hooks into services, so that it is told when they die unasked
///
/// Into the job's file for Upstart, a drop-in for systemd, `run` and `finish` for runit and s6; who
/// supervises a service is found out. What is its own stays and runs as before. What is to change
/// is shown first.
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    upstart-crash enable nginx\n  \
    upstart-crash enable --dry-run 'web-*'\n  \
    upstart-crash enable --yes sub/bar /etc/init/api.conf\n  \
    upstart-crash enable web@eu.service\n  \
    upstart-crash enable --host\n\n\
    To undo it: upstart-crash disable JOB\n\
    Exit status: 0 done, also where nothing was to be done; 1 some job could not be changed, or\n\
    somebody said no; 2 there is no terminal to ask on.")]
pub(super) struct Enable {
    #[command(flatten)]
    request: Request,
}

impl Enable {
    pub(super) fn run(self, places: Places, out: &mut dyn Write) -> Result<(), CliError> {
        let mut refused = Vec::new();
        let enable = |target: Target| target.enable(places);
        let changes =
            self.request.changes(places, enable, "is enabled already", &mut refused, out)?;
        for change in &changes {
            let name = harmless(change.target.name());
            match change.back_up().and_then(|copies| change.put().map(|()| copies)) {
                Ok(copies) => {
                    writeln!(out, "{name} is enabled.")?;
                    for copy in copies {
                        writeln!(out, "  The file as it was: {}", copy.display())?;
                    }
                    running::job(places, change, out)?;
                    own_log(change, out)?;
                    is_down(change, out)?;
                }
                Err(why) => refused.push(format!("{name}: {why}")),
            }
        }
        reload(places, &changes, &mut refused, out)?;
        changes.iter().try_for_each(|change| running::unit(places, change, out))?;
        if changes.iter().any(|it| it.target.kind() == Supervisor::Upstart) && is_observed(places) {
            writeln!(
                out,
                "The observer looks after every job already that /etc/upstart-monitor/observed \
                 does not leave out.\nWith the hooks, reports say in addition how long the job ran, \
                 and show the log of that run alone."
            )?;
        }
        outcome(refused)
    }
}

/// Says that nobody starts the service.
fn is_down(change: &Change, out: &mut dyn Write) -> Result<(), CliError> {
    if let Target::Service(service) = &change.target
        && service.path.join("down").exists()
    {
        let path = service.path.join("down");
        writeln!(out, "  It is not started by itself: there is {}", path.display())?;
    }
    Ok(())
}

/// Says how reports come to have the end of a log that init does not write.
fn own_log(change: &Change, out: &mut dyn Write) -> Result<(), CliError> {
    let Target::Job(place) = &change.target else { return Ok(()) };
    let logs: Vec<_> = own_logs(place).iter().map(|log| format!("{log:?}")).collect();
    if !logs.is_empty() {
        writeln!(
            out,
            "  It writes a log of its own. For reports to have the end of that, add to \
             config.toml:\n    [job.{:?}]\n    log = [{}]",
            place.name,
            logs.join(", ")
        )?;
    }
    Ok(())
}
