//! The host as it is found: every fact that some check asks for, gathered once and changed by
//! nobody. What cannot be looked at says why.

mod init;
mod jobs;
mod machine;
mod processes;
mod programs;
mod spool;

use crate::config::Config;
use crate::enable::Refused;
use crate::enable::upstart::{is_observed, is_ours};
use crate::hooks;
use crate::init::{LogPriority, Unavailable};
use crate::paths::{OBSERVED, Place, Places};
use crate::spool::Limits;
use crate::sys;
use crate::time::Timestamp;
use init::Asked;
#[cfg(test)]
pub(super) use jobs::Instance;
pub use jobs::{JobFacts, Mark};
#[cfg(test)]
pub(super) use machine::KernelLogFacts;
pub use machine::Machine;
pub use processes::Orphan;
pub(super) use programs::OBSERVER;
pub use programs::{Program, ProgramState, Programs};
#[cfg(test)]
pub(super) use spool::Wrong;
pub use spool::{SinkFacts, SpoolFacts};

/// Who is looking, at what.
#[derive(Debug, Clone, Copy)]
pub struct Us {
    /// Whether as root.
    pub is_root: bool,
    /// Whether at the jobs of a session.
    pub is_in_session: bool,
}

/// The host, or what belongs to one session on it.
#[derive(Debug)]
pub struct Host {
    /// When it was looked at.
    pub now: Timestamp,
    /// Who looked.
    pub us: Us,
    /// Whether init answers, and how loud it is.
    pub init: Result<LogPriority, Unavailable>,
    /// The programs of the monitor.
    pub programs: Programs,
    /// The kernel, the clock, the directory of the markers.
    pub machine: Machine,
    /// The jobs, those of the monitor's own among them.
    pub jobs: Result<Vec<JobFacts>, String>,
    /// Whether the observer is installed.
    pub has_observer: bool,
    /// Where the file `observed` is.
    pub observed_path: String,
    /// What it says.
    pub observed: Result<Vec<u8>, String>,
    /// Processes of init's that no job of its has.
    pub orphans: Vec<Orphan>,
    /// The config.
    pub config: Result<ConfigFacts, Vec<String>>,
    /// The spool.
    pub spool: Result<SpoolFacts, String>,
}

/// What of the config is of interest here.
#[derive(Debug, Clone)]
pub struct ConfigFacts {
    /// The names of its sinks.
    pub sinks: Vec<String>,
    /// How much the spool keeps.
    pub limits: Limits,
}

impl Host {
    /// Looks at everything, and of the jobs at those that `named` means; at all where that is empty.
    ///
    /// # Errors
    /// Where one that was named is not there.
    pub fn look(places: Places, named: &[String]) -> Result<Self, Refused> {
        let mut asked = Asked::new();
        let us = Us {
            is_root: nix::unistd::geteuid().is_root(),
            is_in_session: places.are_of_a_session(),
        };
        let observed_path = places.path(Place::Config, OBSERVED);
        let init = asked.log_priority(places);
        let jobs = jobs::look(places, named, &mut asked)?;
        let orphans = jobs.as_deref().map_or_else(|_| Vec::new(), processes::orphans);
        Ok(Self {
            now: sys::now(),
            us,
            init,
            programs: Programs::look(places),
            machine: Machine::look(places),
            jobs,
            has_observer: is_observed(places),
            observed_path: observed_path
                .map_or_else(|_| String::new(), |path| path.display().to_string()),
            observed: hooks::observed_file(places).map_err(str::to_owned),
            orphans,
            config: Config::load(places)
                .map(|config| ConfigFacts {
                    sinks: config.sinks.iter().map(|sink| sink.name.clone()).collect(),
                    limits: config.spool,
                })
                .map_err(|error| error.0.iter().map(ToString::to_string).collect()),
            spool: SpoolFacts::look(places),
        })
    }

    /// The services: the jobs that are not the monitor's own.
    pub fn services(&self) -> impl Iterator<Item = &JobFacts> {
        self.jobs.iter().flatten().filter(|job| !is_ours(&job.place.name))
    }

    /// The job `name`.
    pub fn job(&self, name: &str) -> Option<&JobFacts> {
        self.jobs.iter().flatten().find(|job| job.place.name == name)
    }

    /// Whether the observer looks after `job`: it is there, and `observed` does not leave it out.
    pub fn is_observed(&self, job: &JobFacts) -> bool {
        let chooses = |file: &Vec<u8>| hooks::selects(file, job.place.name.as_bytes());
        self.has_observer && self.observed.as_ref().map_or(true, chooses)
    }

    /// Why something cannot be looked at, where it is for root alone; else `why`.
    pub fn unless_root(&self, why: impl Into<String>) -> String {
        if self.us.is_root || self.us.is_in_session {
            why.into()
        } else {
            "it is for root alone: try sudo".to_owned()
        }
    }
}
