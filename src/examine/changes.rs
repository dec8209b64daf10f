//! What was changed lately: the first question of whoever looks for a cause.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Scene, unit_files};
use crate::aftermath::{ChangedFile, Changes};
use crate::paths::Place;
use crate::supervisor::Supervisor;
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
    let files = match report.init.kind {
        Supervisor::Upstart => upstarts_files(scene),
        Supervisor::Systemd => unit_files::of(scene)?
            .paths
            .iter()
            .map(|path| places.below_root(Path::new(path)))
            .collect(),
        Supervisor::Runit | Supervisor::S6 => scripts(scene),
    };
    let lists = PACKAGE_LISTS.iter().map(|list| places.below_root(Path::new(list)));
    let configuration = files.into_iter().filter_map(|path| {
        Some(ChangedFile { changed_at: modified(&path)?, path: path.display().to_string() })
    });
    Ok(Changes {
        booted_at: Timestamp::from_micros(sys::now().micros() - sys::boot_micros()),
        packages_changed_at: lists.filter_map(|list: PathBuf| modified(&list)).max(),
        configuration: configuration.collect(),
    })
}

/// What runit and s6 run of a service.
fn scripts(scene: &Scene) -> Vec<PathBuf> {
    let directory = scene.service_directory();
    let paths = directory.map(|directory| ["run", "finish"].map(|name| directory.join(name)));
    paths.into_iter().flatten().collect()
}

/// The files that Upstart reads of a job.
fn upstarts_files(scene: &Scene) -> Vec<PathBuf> {
    let name = &scene.report.job.name;
    let path = |end| scene.places.path(Place::Jobs, &format!("/{name}{end}")).ok();
    [".conf", ".override"].into_iter().filter_map(path).collect()
}

fn modified(path: &Path) -> Option<Timestamp> {
    Some(fs::metadata(path).ok()?.modified().ok()?.into())
}
