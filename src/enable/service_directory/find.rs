//! Which services are meant.

use std::path::Path;

use crate::enable::Refused;
use crate::host_supervisors::{HostSupervisors, ServiceDirectory};
use crate::paths::Places;
use crate::supervisor::Supervisor;
use crate::sys;

/// The services of `kind` that `named` means: a name, the path of a directory, or a glob.
///
/// # Errors
/// [`Refused::NoJob`] where there is none.
pub fn find(
    places: Places,
    supervisors: &HostSupervisors,
    kind: Supervisor,
    named: &str,
) -> Result<Vec<ServiceDirectory>, Refused> {
    let mut all = supervisors.services(places);
    all.retain(|service| service.kind == kind);
    let path = Path::new(named);
    let found: Vec<_> = if path.is_absolute() {
        let mut real = ServiceDirectory::behind(places, path);
        real.extend(ServiceDirectory::behind(places, &places.below_root(path)));
        let known = all.iter().find(|service| real.contains(&service.path)).cloned();
        // One that is looked after nowhere yet, as a source of s6-rc is.
        let other = || {
            let path = real.into_iter().find(|path| path.join("run").exists())?;
            ServiceDirectory::at(path, None).filter(|service| service.kind == kind)
        };
        known.or_else(other).into_iter().collect()
    } else if let Some(service) = all.iter().find(|service| service.name == named) {
        vec![service.clone()]
    } else {
        all.into_iter()
            .filter(|service| sys::matches(named.as_bytes(), service.name.as_bytes()))
            .collect()
    };
    if found.is_empty() { Err(Refused::NoJob(named.to_owned())) } else { Ok(found) }
}
