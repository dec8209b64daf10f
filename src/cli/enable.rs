//! `upstart-crash enable`.

use std::io::Write;
use std::time::Duration;

use clap::Args;

use super::CliError;
use super::change::{Request, outcome};
use super::text::harmless;
use crate::enable::{Change, is_observed, own_logs};
use crate::init::Init;
use crate::job::Job;
use crate::paths::Places;

/// How long init may take to name the instances that run.
const PATIENCE: Duration = Duration::from_secs(2);

/// Put the hooks into jobs, so that it is told when they die unasked
///
/// Stanzas of the job's own stay and run as before, with their own exit status. What is to change
/// is shown first. A job that runs must be stopped and started to have the hooks.
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    upstart-crash enable nginx\n  \
    upstart-crash enable --dry-run 'web-*'\n  \
    upstart-crash enable --yes sub/bar /etc/init/api.conf\n\n\
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
        let enable = |place| crate::enable::enable(places, place);
        let changes =
            self.request.changes(places, enable, "is enabled already", &mut refused, out)?;
        for change in changes {
            let name = harmless(&change.place.name);
            match change.back_up(places).and_then(|copies| change.put().map(|()| copies)) {
                Ok(copies) => {
                    writeln!(out, "{name} is enabled.")?;
                    for copy in copies {
                        writeln!(out, "  The file as it was: {}", copy.display())?;
                    }
                    restarts(places, &change, out)?;
                    own_log(&change, out)?;
                }
                Err(why) => refused.push(format!("{name}: {why}")),
            }
        }
        if is_observed(places) {
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

/// Says what of the job runs without the hooks.
fn restarts(places: Places, change: &Change, out: &mut dyn Write) -> Result<(), CliError> {
    let name = &change.place.name;
    let job = Job::upstart(name.as_bytes(), b"");
    let running = Init::of(job, places).and_then(|init| init.instances(PATIENCE));
    let shown = harmless(name);
    match running {
        Ok(instances) if instances.is_empty() => {}
        Ok(instances) if instances.iter().all(String::is_empty) => writeln!(
            out,
            "  {shown} is running: stop and start it (`restart` does not suffice):\n    \
             initctl stop {shown} && initctl start {shown}"
        )?,
        Ok(instances) => {
            let titles: Vec<_> = instances
                .iter()
                .map(|instance| format!("{shown} ({})", harmless(instance)))
                .collect();
            writeln!(
                out,
                "  Running: {}. Stop and start each, with the variables that it was started with \
                 (`restart` does not suffice).",
                titles.join(", ")
            )?;
        }
        Err(why) => writeln!(
            out,
            "  Whether {shown} is running, init does not say ({}). If so, stop and start it \
             (`restart` does not suffice).",
            why.words()
        )?,
    }
    Ok(())
}

/// Says how reports come to have the end of a log that init does not write.
fn own_log(change: &Change, out: &mut dyn Write) -> Result<(), CliError> {
    let logs: Vec<_> = own_logs(&change.before).iter().map(|log| format!("{log:?}")).collect();
    if !logs.is_empty() {
        writeln!(
            out,
            "  It writes a log of its own. For reports to have the end of that, add to \
             config.toml:\n    [job.{:?}]\n    log = [{}]",
            change.place.name,
            logs.join(", ")
        )?;
    }
    Ok(())
}
