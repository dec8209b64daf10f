//! Which supervisors look after services on this host. It is found out and not asked.
//!
//! Whoever is at work counts; where nobody is, as in an image, whoever is installed does.

mod kind;
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
pub use kind::Kind;
pub use service_directories::ServiceDirectory;
use service_directories::{ScanDirectory, scan_directories, services};

/// How long Upstart may take to answer that it is there.
const PATIENCE: Duration = Duration::from_secs(2);

/// Where an installed systemd is.
const SYSTEMD: [&str; 2] = ["/usr/lib/systemd/systemd", "/lib/systemd/systemd"];

/// A supervisor of this host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Supervisor {
    /// Which.
    pub kind: Kind,
    /// Its version, where it tells it.
    pub version: Option<String>,
    /// Whether it is at work now.
    pub is_at_work: bool,
}

/// `systemd 252`, and that it is not at work where it is not.
impl fmt::Display for Supervisor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)?;
        self.version.iter().try_for_each(|version| write!(f, " {version}"))?;
        if self.is_at_work { Ok(()) } else { f.write_str(" (not at work)") }
    }
}

/// The supervisors of a host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Supervisors {
    here: Vec<Supervisor>,
    directories: Vec<ScanDirectory>,
}

impl Supervisors {
    /// Looks for them.
    pub fn find(places: Places) -> Self {
        if places.are_of_a_session() {
            return Self::of(Supervisor { kind: Kind::Upstart, version: None, is_at_work: true });
        }
        let directories = scan_directories(places);
        let found = Kind::ALL.map(|kind| (kind, sight(places, kind, &directories)));
        let is_at_work = found.iter().any(|(_, sight)| *sight == Some(Sight::AtWork));
        let counts = |sight: &Option<Sight>| match sight {
            Some(Sight::AtWork) => true,
            Some(Sight::Installed) => !is_at_work,
            None => false,
        };
        let here = found.into_iter().filter(|(_, sight)| counts(sight)).map(|(kind, _)| {
            let version = (kind == Kind::Systemd).then(|| systemctl::version(places)).flatten();
            Supervisor { kind, version: version.map(|it| it.to_string()), is_at_work }
        });
        Self { here: here.collect(), directories }
    }

    /// This one alone.
    pub fn of(supervisor: Supervisor) -> Self {
        Self { here: vec![supervisor], directories: Vec::new() }
    }

    /// All of them.
    pub fn all(&self) -> &[Supervisor] {
        &self.here
    }

    /// All of them in words.
    pub fn words(&self) -> String {
        let words: Vec<_> = self.here.iter().map(Supervisor::to_string).collect();
        if words.is_empty() { "no supervisor that is known".to_owned() } else { words.join(", ") }
    }

    /// Whether `kind` is one of them.
    pub fn has(&self, kind: Kind) -> bool {
        self.get(kind).is_some()
    }

    /// The one of `kind`.
    pub fn get(&self, kind: Kind) -> Option<&Supervisor> {
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

fn sight(places: Places, kind: Kind, directories: &[ScanDirectory]) -> Option<Sight> {
    let exists = |path: &&str| places.below_root(Path::new(path)).exists();
    match kind {
        Kind::Upstart => {
            let has_jobs = places.path(Place::Jobs, "").is_ok_and(|jobs| jobs.is_dir());
            let init = Job { name: b"init", instance: b"" };
            let answer = Init::of(init, places).and_then(|init| init.log_priority(PATIENCE));
            match answer {
                // Files of jobs alone are on many a host of systemd's.
                Err(Unavailable::Unreachable(_)) => has_jobs.then_some(Sight::Installed),
                _ => Some(Sight::AtWork),
            }
        }
        // sd_booted(3).
        Kind::Systemd if exists(&"/run/systemd/system") => Some(Sight::AtWork),
        Kind::Systemd => SYSTEMD.iter().any(|path| exists(path)).then_some(Sight::Installed),
        Kind::Runit | Kind::S6 => {
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
