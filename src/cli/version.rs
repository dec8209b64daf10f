//! `upstart-crash version`.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::CliError;
use super::look::Look;
use super::page::Page;
use crate::host_supervisors::{HostSupervisor, HostSupervisors, in_words};
use crate::paths::{CONFIG, NoPath, Place, Places};
use crate::snapshot::Host;

/// The commit that this was built from, where whoever built it said so.
const COMMIT: Option<&str> = option_env!("UPSTART_MONITOR_COMMIT");

/// Show the version, and where things lie here
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    upstart-crash version\n  \
    upstart-crash version --json\n\n\
    Exit status: 0.")]
pub(super) struct Version {
    /// Print it as one line of JSON: docs/command.md names the keys
    #[arg(long)]
    json: bool,
}

/// The JSON of `version --json`.
#[derive(Serialize)]
struct Facts {
    version: &'static str,
    commit: Option<&'static str>,
    kernel: String,
    arch: String,
    /// The name of the program that is process 1.
    init: Option<String>,
    /// Who supervises services here.
    supervisors: Vec<HostSupervisor>,
    spool: Option<PathBuf>,
    emergency_spool: Option<PathBuf>,
    markers: Option<PathBuf>,
    config: Option<PathBuf>,
}

impl Version {
    pub(super) fn run(self, places: Places, out: &mut dyn Write) -> Result<(), CliError> {
        let facts = Facts::here(places);
        if self.json {
            writeln!(out, "{}", serde_json::to_string(&facts).unwrap_or_default())?;
            return Ok(());
        }
        let commit = facts.commit.map_or_else(String::new, |commit| format!(" ({commit})"));
        writeln!(out, "upstart-crash {}{commit}", facts.version)?;
        let mut page = Page::new(out, Look::of_stdout(), 11);
        page.fact("Kernel", &format!("{} {}", facts.kernel, facts.arch))?;
        page.fact("Init", facts.init.as_deref().unwrap_or("unknown"))?;
        page.fact("Services", &format!("of {}", in_words(&facts.supervisors)))?;
        for (name, path) in [
            ("Spool", &facts.spool),
            ("Emergency", &facts.emergency_spool),
            ("Markers", &facts.markers),
            ("Config", &facts.config),
        ] {
            if let Some(path) = path {
                page.fact(name, &path.display().to_string())?;
            }
        }
        Ok(())
    }
}

impl Facts {
    fn here(places: Places) -> Self {
        let host = Host::here();
        let path = |place, rest| -> Option<PathBuf> {
            let path: Result<_, NoPath> = places.path(place, rest);
            path.ok()
        };
        let init = std::fs::read_to_string("/proc/1/comm").ok();
        Self {
            version: env!("CARGO_PKG_VERSION"),
            commit: COMMIT,
            kernel: host.kernel,
            arch: host.arch,
            init: init.map(|name| name.trim_end().to_owned()),
            supervisors: HostSupervisors::find(places).all().to_vec(),
            spool: path(Place::Spool, ""),
            emergency_spool: path(Place::EmergencySpool, ""),
            markers: path(Place::Run, ""),
            config: path(Place::Config, CONFIG),
        }
    }
}
