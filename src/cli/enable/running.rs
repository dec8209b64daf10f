//! What of a service runs without the hooks still.

use std::io::Write;
use std::time::Duration;

use super::super::CliError;
use super::super::text::harmless;
use crate::enable::{Change, Target};
use crate::host_supervisors::systemctl;
use crate::init::Init;
use crate::job::Job;
use crate::paths::Places;

/// How long init may take to name the instances that run.
const PATIENCE: Duration = Duration::from_secs(2);

/// Says it of a job of Upstart's, which keeps the stanzas that it was started with.
pub(super) fn job(places: Places, change: &Change, out: &mut dyn Write) -> Result<(), CliError> {
    let Target::Job(place) = &change.target else { return Ok(()) };
    let name = &place.name;
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

/// Says it of a unit, which has the hooks from now on, and no beginning of the run that is on.
pub(super) fn unit(places: Places, change: &Change, out: &mut dyn Write) -> Result<(), CliError> {
    let Target::Unit(unit) = &change.target else { return Ok(()) };
    let pattern = unit.name.replace("@.service", "@*.service");
    let words =
        ["list-units", "--no-legend", "--no-pager", "--plain", "--state=active", "--", &pattern];
    let said = systemctl::ask(places, &words).unwrap_or_default();
    let names: Vec<_> = said.lines().filter_map(|line| line.split_whitespace().next()).collect();
    if !names.is_empty() {
        writeln!(
            out,
            "  Running: {}. Its end is told from now on; how long it ran, and what it wrote, from \
             the next start on.",
            harmless(&names.join(", "))
        )?;
    }
    Ok(())
}
