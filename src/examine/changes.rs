//! What was changed lately: the first question of whoever looks for a cause.

use std::fs;
use std::path::{Path, PathBuf};

use super::Scene;
use crate::aftermath::{ChangedFile, Changes};
use crate::paths::Place;
use crate::sys;
use crate::time::Timestamp;

/// What dpkg and rpm write at each change: dpkg's list, the databases of the versions of rpm.
const PACKAGE_LISTS: [&str; 4] = [
    "/var/lib/dpkg/status",
    "/var/lib/rpm/Packages",
    "/var/lib/rpm/Packages.db",
    "/var/lib/rpm/rpmdb.sqlite",
];

/// When the host was booted, and its packages and the job's configuration changed.
pub(super) fn collect(scene: &Scene) -> Result<Changes, String> {
    let Scene { places, report, .. } = scene;
    let lists = PACKAGE_LISTS.iter().map(|list| places.below_root(Path::new(list)));
    let configuration = [".conf", ".override"]
        .iter()
        .filter_map(|end| places.path(Place::Jobs, &format!("/{}{end}", report.job.name)).ok())
        .filter_map(|path| {
            Some(ChangedFile { changed_at: modified(&path)?, path: path.display().to_string() })
        });
    Ok(Changes {
        booted_at: Timestamp::from_micros(sys::now().micros() - sys::boot_micros()),
        packages_changed_at: lists.filter_map(|list: PathBuf| modified(&list)).max(),
        configuration: configuration.collect(),
    })
}

fn modified(path: &Path) -> Option<Timestamp> {
    Some(fs::metadata(path).ok()?.modified().ok()?.into())
}
