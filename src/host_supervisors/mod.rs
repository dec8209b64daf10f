//! Which supervisors look after services on this host. It is found out and not asked.
//!
//! Whoever is at work counts; where nobody is, as in an image, whoever is installed does.

mod service_directories;
pub mod systemctl;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use crate::init::{Init, Unavailable};
use crate::job::Job;
use crate::paths::{Place, Places};
use crate::supervisor::Supervisor;
pub use service_directories::ServiceDirectory;
use service_directories::{ScanDirectory, scan_directories, services};

/// Every supervisor that is looked for.
pub const ALL: [Supervisor; 4] =
    [Supervisor::Upstart, Supervisor::Systemd, Supervisor::Runit, Supervisor::S6];

/// How long Upstart may take to answer that it is there.
const PATIENCE: Duration = Duration::from_secs(2);

/// Where an installed systemd is.
const SYSTEMD: [&str; 2] = ["/usr/lib/systemd/systemd", "/lib/systemd/systemd"];

/// A supervisor of this host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HostSupervisor {
    /// Which.
    pub kind: Supervisor,
    /// Its version, where it tells it.
    pub version: Option<String>,
    /// Whether it is at work now.
    pub is_at_work: bool,
}

/// `systemd 252`, and that it is not at work where it is not.
impl fmt::Display for HostSupervisor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.title())?;
        self.version.iter().try_for_each(|version| write!(f, " {version}"))?;
        if self.is_at_work { Ok(()) } else { f.write_str(" (not at work)") }
    }
}

/// The supervisors of a host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostSupervisors {
    here: Vec<HostSupervisor>,
    directories: Vec<ScanDirectory>,
}

impl HostSupervisors {
    /// Looks for them.
    pub fn find(places: Places) -> Self {
        if places.are_of_a_session() {
            return Self::of(HostSupervisor {
                kind: Supervisor::Upstart,
                version: None,
                is_at_work: true,
            });
        }
        let directories = scan_directories(places);
        let found = ALL.map(|kind| (kind, sight(places, kind, &directories)));
        let is_at_work = found.iter().any(|(_, sight)| *sight == Some(Sight::AtWork));
        let counts = |sight: &Option<Sight>| match sight {
            Some(Sight::AtWork) => true,
            Some(Sight::Installed) => !is_at_work,
            None => false,
        };
        let here = found.into_iter().filter(|(_, sight)| counts(sight)).map(|(kind, _)| {
            let version =
                (kind == Supervisor::Systemd).then(|| systemctl::version(places)).flatten();
            HostSupervisor { kind, version: version.map(|it| it.to_string()), is_at_work }
        });
        Self { here: here.collect(), directories }
    }

    /// This one alone.
    pub fn of(supervisor: HostSupervisor) -> Self {
        Self { here: vec![supervisor], directories: Vec::new() }
    }

    /// All of them.
    pub fn all(&self) -> &[HostSupervisor] {
        &self.here
    }

    /// All of them in words.
    pub fn words(&self) -> String {
        let words: Vec<_> = self.here.iter().map(HostSupervisor::to_string).collect();
        if words.is_empty() { "no supervisor that is known".to_owned() } else { words.join(", ") }
    }

    /// Whether `kind` is one of them.
    pub fn has(&self, kind: Supervisor) -> bool {
        self.get(kind).is_some()
    }

    /// The one of `kind`.
    pub fn get(&self, kind: Supervisor) -> Option<&HostSupervisor> {
        self.here.iter().find(|supervisor| supervisor.kind == kind)
    }

    /// The services of runit and s6, by their names.
    pub fn services(&self, places: Places) -> Vec<ServiceDirectory> {
        let mut found = services(places, &self.directories);
        found.retain(|service| self.has(service.kind));
        found
    }
}

/// What is seen of a supervisor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sight {
    AtWork,
    Installed,
}

fn sight(places: Places, kind: Supervisor, directories: &[ScanDirectory]) -> Option<Sight> {
    let exists = |path: &&str| places.below_root(Path::new(path)).exists();
    match kind {
        Supervisor::Upstart => {
            let has_jobs = places.path(Place::Jobs, "").is_ok_and(|jobs| jobs.is_dir());
            let init = Job::upstart(b"init", b"");
            let answer = Init::of(init, places).and_then(|init| init.log_priority(PATIENCE));
            match answer {
                // Files of jobs alone are on many a host of systemd's.
                Err(Unavailable::Unreachable(_)) => has_jobs.then_some(Sight::Installed),
                _ => Some(Sight::AtWork),
            }
        }
        // sd_booted(3).
        Supervisor::Systemd if exists(&"/run/systemd/system") => Some(Sight::AtWork),
        Supervisor::Systemd => SYSTEMD.iter().any(|path| exists(path)).then_some(Sight::Installed),
        Supervisor::Runit | Supervisor::S6 => {
            let mut of_kind = directories.iter().filter(|directory| directory.kind == kind);
            let all = services(places, directories);
            let mut its = all.iter().filter(|service| service.kind == kind);
            if of_kind.any(|directory| directory.is_scanned)
                || its.any(|service| service.path.join("supervise").is_dir())
            {
                Some(Sight::AtWork)
            } else {
                all.iter().any(|service| service.kind == kind).then_some(Sight::Installed)
            }
        }
    }
}
