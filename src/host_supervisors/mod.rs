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
use crate::paths::{Place, Places};
use crate::supervisor::Supervisor;
pub use service_directories::ServiceDirectory;
use service_directories::{ScanDirectory, scan_directories, services};

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

/// `systemd 252, runit`
pub fn in_words(supervisors: &[HostSupervisor]) -> String {
    let words: Vec<_> = supervisors.iter().map(HostSupervisor::to_string).collect();
    if words.is_empty() { "no supervisor that is known".to_owned() } else { words.join(", ") }
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
        let upstart = Init::itself(places).and_then(|init| init.version(PATIENCE));
        if places.are_of_a_session() {
            let version = upstart.ok();
            return Self::of(HostSupervisor {
                kind: Supervisor::Upstart,
                version,
                is_at_work: true,
            });
        }
        let directories = scan_directories(places);
        let found = Supervisor::ALL.map(|kind| (kind, sight(places, kind, &upstart, &directories)));
        let is_at_work = found.iter().any(|(_, sight)| *sight == Some(Sight::AtWork));
        let counts = |sight: &Option<Sight>| match sight {
            Some(Sight::AtWork) => true,
            Some(Sight::Installed) => !is_at_work,
            None => false,
        };
        let version = |kind| match kind {
            Supervisor::Upstart => upstart.clone().ok(),
            Supervisor::Systemd => systemctl::version(places).map(|version| version.to_string()),
            Supervisor::Runit | Supervisor::S6 => None,
        };
        let here = found
            .into_iter()
            .filter(|(_, sight)| counts(sight))
            .map(|(kind, _)| HostSupervisor { kind, version: version(kind), is_at_work });
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

    /// Whether `kind` is one of them.
    pub fn has(&self, kind: Supervisor) -> bool {
        self.get(kind).is_some()
    }

    /// The one of `kind`.
    pub fn get(&self, kind: Supervisor) -> Option<&HostSupervisor> {
        self.here.iter().find(|supervisor| supervisor.kind == kind)
    }

    /// The services of runit and s6, by their names; also of one that does not count here.
    pub fn services(&self, places: Places) -> Vec<ServiceDirectory> {
        services(places, &self.directories)
    }
}

/// What is seen of a supervisor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sight {
    AtWork,
    Installed,
}

fn sight(
    places: Places,
    kind: Supervisor,
    upstart: &Result<String, Unavailable>,
    directories: &[ScanDirectory],
) -> Option<Sight> {
    let exists = |path: &&str| places.below_root(Path::new(path)).exists();
    match kind {
        // Files of jobs alone are on many a host of systemd's.
        Supervisor::Upstart if matches!(upstart, Err(Unavailable::Unreachable(_))) => {
            let jobs = places.path(Place::Jobs, "");
            jobs.is_ok_and(|jobs| jobs.is_dir()).then_some(Sight::Installed)
        }
        Supervisor::Upstart => Some(Sight::AtWork),
        // sd_booted(3).
        Supervisor::Systemd if exists(&"/run/systemd/system") => Some(Sight::AtWork),
        Supervisor::Systemd => SYSTEMD.iter().any(exists).then_some(Sight::Installed),
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
