//! What somebody means by a name: a job, a unit, a service directory.

use std::collections::BTreeMap;

use super::upstart::JobPlace;
use super::{Change, FileChange, Refused, service_directory, systemd, upstart};
use crate::host_supervisors::{HostSupervisors, ServiceDirectory};
use crate::paths::Places;
use crate::supervisor::Supervisor;
use systemd::Unit;

/// What the hooks are put into.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// A job of Upstart's.
    Job(JobPlace),
    /// A unit of systemd's.
    Unit(Unit),
    /// A service of runit or s6.
    Service(ServiceDirectory),
    /// Every service of systemd's.
    WholeHost,
}

impl Target {
    /// What it is called.
    pub fn name(&self) -> &str {
        match self {
            Self::Job(place) => &place.name,
            Self::Unit(unit) => &unit.name,
            Self::Service(service) => &service.name,
            Self::WholeHost => "every service of the host",
        }
    }

    /// Who supervises it.
    pub fn kind(&self) -> Supervisor {
        match self {
            Self::Job(_) => Supervisor::Upstart,
            Self::Unit(_) | Self::WholeHost => Supervisor::Systemd,
            Self::Service(service) => service.kind,
        }
    }

    /// What is to change for it to have the hooks; nothing where it has.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn enable(self, places: Places) -> Result<Change, Refused> {
        let files = match &self {
            Self::Job(place) => upstart::enable(places, place),
            Self::Unit(unit) => systemd::enable(places, unit),
            Self::Service(service) => service_directory::enable(places, service),
            Self::WholeHost => systemd::enable_host(places),
        };
        files.map(|files| self.change(files))
    }

    /// What is to change for it to be without them; nothing where it is.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn disable(self, places: Places) -> Result<Change, Refused> {
        let files = match &self {
            Self::Job(place) => upstart::disable(places, place),
            Self::Unit(unit) => systemd::disable(places, unit),
            Self::Service(service) => service_directory::disable(places, service),
            Self::WholeHost => systemd::disable_host(places),
        }?;
        if files.is_empty() {
            self.no_call_remains()?;
        }
        Ok(self.change(files))
    }

    /// That it calls no hook any more.
    ///
    /// # Errors
    /// [`Refused::CallsRemain`].
    pub fn no_call_remains(&self) -> Result<(), Refused> {
        match self {
            Self::Job(place) => upstart::no_call_remains(place),
            Self::Service(service) => service_directory::no_call_remains(service),
            Self::Unit(_) | Self::WholeHost => Ok(()),
        }
    }

    fn change(self, files: Vec<FileChange>) -> Change {
        Change { target: self, files }
    }

    /// The job that it is: the same word for all supervisors.
    fn job(&self) -> &str {
        self.name().strip_suffix(".service").unwrap_or(self.name())
    }
}

/// What `named` means, where that is one thing.
///
/// # Errors
/// As [`meant`], and [`Refused::Several`] where more than one supervisor has a service of a name.
pub fn find(
    places: Places,
    supervisors: &HostSupervisors,
    asked: Option<Supervisor>,
    named: &str,
) -> Result<Vec<Target>, Refused> {
    let found = meant(places, supervisors, asked, named)?;
    let mut kinds_of: BTreeMap<&str, Vec<Supervisor>> = BTreeMap::new();
    for target in &found {
        let kinds = kinds_of.entry(target.job()).or_default();
        if !kinds.contains(&target.kind()) {
            kinds.push(target.kind());
        }
    }
    if let Some((job, kinds)) = kinds_of.into_iter().find(|(_, kinds)| kinds.len() > 1) {
        return Err(Refused::Several(job.to_owned(), kinds));
    }
    Ok(found)
}

/// What `named` means to the supervisors of this host, or to the one that was asked for.
///
/// # Errors
/// [`Refused::NoJob`] where it means nothing to any.
pub fn meant(
    places: Places,
    supervisors: &HostSupervisors,
    asked: Option<Supervisor>,
    named: &str,
) -> Result<Vec<Target>, Refused> {
    let here = || supervisors.all().iter().map(|supervisor| supervisor.kind).collect();
    let kinds: Vec<Supervisor> = asked.map_or_else(here, |kind| vec![kind]);
    let (mut found, mut refused) = (Vec::new(), Vec::new());
    for kind in &kinds {
        match of_kind(places, supervisors, *kind, named) {
            Ok(targets) => found.extend(targets),
            Err(why) => refused.push(why),
        }
    }
    if found.is_empty() {
        // Who knows it, and says why not, is heard before those who do not.
        refused.sort_by_key(|why| matches!(why, Refused::NoJob(_)));
        let is_unknown =
            kinds.len() > 1 && refused.iter().all(|it| matches!(it, Refused::NoJob(_)));
        let first = refused.into_iter().next().filter(|_| !is_unknown);
        return Err(match first {
            Some(first) => first,
            None if kinds.is_empty() => Refused::NoSupervisor,
            None => Refused::NoJob(named.to_owned()),
        });
    }
    Ok(found)
}

fn of_kind(
    places: Places,
    supervisors: &HostSupervisors,
    kind: Supervisor,
    named: &str,
) -> Result<Vec<Target>, Refused> {
    Ok(match kind {
        Supervisor::Upstart => upstart::find(places, named)?.into_iter().map(Target::Job).collect(),
        Supervisor::Systemd => {
            systemd::find(places, named)?.into_iter().map(Target::Unit).collect()
        }
        Supervisor::Runit | Supervisor::S6 => {
            let found = service_directory::find(places, supervisors, kind, named)?;
            found.into_iter().map(Target::Service).collect()
        }
    })
}
