//! The host as it is found: every fact that some check asks for, gathered once and changed by
//! nobody. What cannot be looked at says why.

mod init;
mod jobs;
mod machine;
mod processes;
mod programs;
mod services;
mod spool;
mod systemd;

use crate::config::Config;
use crate::enable::upstart::{is_observed, is_ours};
use crate::enable::{Refused, Target, meant, systemd::units};
use crate::hooks;
use crate::host_supervisors::HostSupervisors;
use crate::init::{LogPriority, Unavailable};
use crate::paths::{OBSERVED, Place, Places};
use crate::spool::Limits;
use crate::supervisor::Supervisor;
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
pub use services::{ProgramOfService, ServiceFacts};
#[cfg(test)]
pub(super) use spool::Wrong;
pub use spool::{SinkFacts, SpoolFacts};
pub(super) use systemd::PATH_UNIT;
pub use systemd::{HostDropIn, SystemdFacts, UnitFacts};

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
    /// Who supervises services on it.
    pub supervisors: HostSupervisors,
    /// systemd, where it does.
    pub systemd: Option<SystemdFacts>,
    /// The services of runit and s6.
    pub service_directories: Vec<ServiceFacts>,
    /// Whether Upstart answers, and how loud it is.
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
        let supervisors = HostSupervisors::find(places);
        let (mut jobs, mut of_systemd, mut directories) = (Vec::new(), Vec::new(), Vec::new());
        for name in named {
            for target in meant(places, &supervisors, None, name)? {
                match target {
                    Target::Job(place) => jobs.push(place),
                    Target::Unit(unit) => of_systemd.push(unit),
                    Target::Service(service) => directories.push(service),
                    Target::WholeHost => {}
                }
            }
        }
        let jobs = match (named.is_empty(), supervisors.has(Supervisor::Upstart)) {
            (true, true) => jobs::all(places),
            _ => Ok(jobs),
        };
        if named.is_empty() {
            directories = supervisors.services(places);
            directories.retain(|service| supervisors.has(service.kind));
            of_systemd = units(places);
        }
        let jobs = jobs.map(|jobs| jobs::look(places, jobs, &mut asked));
        let has_systemd = supervisors.has(Supervisor::Systemd);
        let orphans = jobs.as_deref().map_or_else(|_| Vec::new(), processes::orphans);
        Ok(Self {
            now: sys::now(),
            us,
            systemd: has_systemd.then(|| SystemdFacts::look(places, &of_systemd)),
            service_directories: directories.iter().map(ServiceFacts::look).collect(),
            supervisors,
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
        let chooses = |file: &Vec<u8>| hooks::selects(file, &[job.place.name.as_bytes()]);
        self.has_observer && self.observed.as_ref().map_or(true, chooses)
    }

    /// Whether every service of Upstart's, or of systemd's, is looked after without hooks.
    pub fn is_observed_as_a_whole(&self) -> bool {
        let is_on = |systemd: &SystemdFacts| systemd.host_drop_in == HostDropIn::On;
        self.has_observer || self.systemd.as_ref().is_some_and(is_on)
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
