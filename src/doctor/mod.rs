//! Is the monitor fit to see the next crash, and to tell of it? Every check, in one table.
//!
//! `host/` gathers the facts, and changes nothing; each check judges them alone, so that it can be
//! tested as a table. A check that finds nothing is fine. `docs/doctor.md` lists them.

mod active;
mod boot_delivery;
mod clock;
mod config;
mod finding;
mod forking;
pub mod host;
mod host_drop_in;
mod kernel_log;
mod log_path;
mod markers;
mod notifier;
mod observer;
mod path_unit;
mod programs;
mod queue;
mod restart;
mod service_directories;
mod spool;
mod stanzas;
mod supervisors;
mod systemd;
#[cfg(test)]
mod testing;
mod units;
mod unwatched;
mod upstart;
mod users;

use serde::Serialize;

pub use finding::{Finding, Level};
use host::Host;

use crate::enable::Refused;
use crate::paths::Places;
use crate::supervisor::Supervisor;

/// What a check is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// Init, the kernel, the programs.
    Host,
    /// The job that looks after all others.
    Observer,
    /// The services.
    Jobs,
    /// The way from the spool to the sinks.
    Delivery,
}

/// A check.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// Its name.
    pub id: &'static str,
    /// What it is about.
    pub group: Group,
    /// Whose hosts it is for; empty where it is for every host.
    of: &'static [Supervisor],
    /// What is so where it finds nothing.
    pub fine: &'static str,
    /// What it finds.
    find: fn(&Host) -> Vec<Finding>,
}

/// Makes [`CHECKS`] of lines `ID, GROUP, WHOSE HOSTS, FIND: FINE`.
macro_rules! checks {
    ($($id:literal, $group:ident, [$($kind:ident),*], $find:path: $fine:literal;)+) => {
        /// Every check, in the order in which they are told.
        pub const CHECKS: &[Check] =
            &[$(Check {
                id: $id,
                group: Group::$group,
                of: &[$(Supervisor::$kind),*],
                fine: $fine,
                find: $find,
            }),+];
    };
}

checks! {
    "supervisors", Host, [], supervisors::check: "it is known who supervises services here";
    "upstart", Host, [Upstart], upstart::answers: "Upstart answers";
    "log-priority", Host, [Upstart], upstart::log_priority: "Upstart writes of failures to its log";
    "systemd", Host, [Systemd], systemd::check: "systemd answers, and has read the files with hooks";
    "programs", Host, [], programs::check: "hooks and command are in their places";
    "markers", Host, [], markers::check: "a reboot empties the directory of the markers";
    "kernel-log", Host, [], kernel_log::check: "the kernel log can be read, and reaches back an hour";
    "clock", Host, [], clock::check: "the clock is plausible";
    "observer", Observer, [Upstart], observer::check: "the observer is installed, and init knows it";
    "observed", Observer, [Upstart], observer::observed: "the file `observed` is sound";
    "host-drop-in", Observer, [Systemd], host_drop_in::check: "the drop-in for all services counts";
    "job-files", Jobs, [Upstart], stanzas::files: "init takes every job's file";
    "stanzas", Jobs, [Upstart], stanzas::check: "the hooks that jobs name are whole, and count";
    "users", Jobs, [Upstart], users::check: "no job's hooks run as another user, or in a jail, on their own";
    "active", Jobs, [Upstart], active::check: "jobs that run have the hooks that their files name";
    "restart", Jobs, [Upstart], restart::check: "`restart` restarts every job";
    "unwatched", Jobs, [], unwatched::check: "every job is looked after";
    "log-path", Jobs, [Upstart], log_path::check: "no job's log has a path that Upstart does not survive";
    "forking", Jobs, [Upstart], forking::check: "init knows the main process of every job";
    "units", Jobs, [Systemd], units::check: "the hooks of units are whole, and called as they are to be";
    "service-directories", Jobs, [Runit, S6], service_directories::check: "the hooks in service directories are called";
    "spool", Delivery, [], spool::check: "the spool is there, private, and has room";
    "config", Delivery, [], config::check: "the config is sound and names a sink";
    "queue", Delivery, [], queue::check: "no sink is owed anything for long, parked, or given up on";
    "notifier", Delivery, [], notifier::check: "reports are taken as they come";
    "boot-delivery", Delivery, [Upstart], boot_delivery::check: "what waits is delivered at boot";
    "path-unit", Delivery, [Systemd], path_unit::check: "systemd starts the notifier";
}

/// What one check has found.
#[derive(Debug)]
pub struct Checked {
    /// Which.
    pub check: &'static Check,
    /// What; nothing where all is fine.
    pub findings: Vec<Finding>,
}

impl Checked {
    /// How bad it is.
    pub fn level(&self) -> Level {
        self.findings.iter().map(|finding| finding.level).max().unwrap_or(Level::Ok)
    }
}

/// Has every check that is for this host look at it; where jobs are `named`, those that are about jobs look at these.
///
/// # Errors
/// Where a job that was named is not there.
pub fn examine(places: Places, named: &[String]) -> Result<Vec<Checked>, Refused> {
    let host = Host::look(places, named)?;
    let is_of_here =
        |check: &&Check| check.of.is_empty() || check.of.iter().any(|it| host.supervisors.has(*it));
    let is_asked = |check: &&Check| named.is_empty() || check.group == Group::Jobs;
    let asked = CHECKS.iter().filter(is_of_here).filter(is_asked);
    Ok(asked.map(|check| Checked { check, findings: (check.find)(&host) }).collect())
}

/// How bad it is altogether.
pub fn worst(checked: &[Checked]) -> Level {
    checked.iter().map(Checked::level).max().unwrap_or(Level::Ok)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_on_which_all_is_well_has_no_finding() {
        let host = testing::host();
        for check in CHECKS {
            assert_eq!((check.find)(&host), [], "{}", check.id);
        }
    }

    #[test]
    fn every_check_has_a_name_of_its_own_and_is_documented() {
        let page = include_str!("../../docs/doctor.md");
        for (number, check) in CHECKS.iter().enumerate() {
            assert!(page.contains(&format!("| `{}` |", check.id)), "{}", check.id);
            assert!(CHECKS.iter().skip(number + 1).all(|other| other.id != check.id));
        }
    }
}
