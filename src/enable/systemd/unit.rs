//! Units, as systemd finds them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::{FILE, is_null};
use crate::enable::Refused;
use crate::paths::Places;
use crate::sys;

/// Where systemd looks for units, in its order (systemd.unit(5)), and before /lib became a link.
pub const SEARCH_PATH: [&str; 13] = [
    "/etc/systemd/system.control",
    "/run/systemd/system.control",
    "/run/systemd/transient",
    "/run/systemd/generator.early",
    "/etc/systemd/system",
    "/etc/systemd/system.attached",
    "/run/systemd/system",
    "/run/systemd/system.attached",
    "/run/systemd/generator",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
    "/run/systemd/generator.late",
];

/// The end of a service's name.
const SERVICE: &str = ".service";

/// Where drop-ins of an administrator lie.
const ADMINISTRATOR: &str = "/etc/systemd/system";

/// How many names a unit may have before its own.
const ALIASES: usize = 8;

/// A service of systemd's, or a template of services.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unit {
    /// `nginx.service`, `web@eu.service`, `web@.service`.
    pub name: String,
    /// The file that describes it.
    pub fragment: PathBuf,
}

impl Unit {
    /// The job that it is, and the instance.
    pub fn job(&self) -> (&str, &str) {
        let name = self.name.strip_suffix(SERVICE).unwrap_or(&self.name);
        name.split_once('@').unwrap_or((name, ""))
    }

    /// Whether it is a template, of which no service runs by itself.
    pub fn is_template(&self) -> bool {
        self.name.ends_with("@.service")
    }

    /// Where its drop-in of ours is.
    pub fn drop_in(&self, places: Places) -> PathBuf {
        places.below_root(Path::new(ADMINISTRATOR)).join(format!("{}.d", self.name)).join(FILE)
    }

    /// The texts of its file and of its drop-ins, in the order in which they count.
    pub fn files(&self, places: Places) -> Vec<String> {
        let mut drop_ins = Vec::new();
        let template = template_of(&self.name);
        for name in [Some(&self.name), template.as_ref()].into_iter().flatten() {
            for directory in SEARCH_PATH {
                let directory = places.below_root(Path::new(directory)).join(format!("{name}.d"));
                let entries = fs::read_dir(directory).into_iter().flatten().flatten();
                drop_ins.extend(entries.map(|entry| (entry.file_name(), entry.path())));
            }
        }
        drop_ins.sort();
        let paths =
            std::iter::once(self.fragment.clone()).chain(drop_ins.into_iter().map(|it| it.1));
        paths.filter_map(|path| fs::read_to_string(path).ok()).collect()
    }
}

/// The units that `named` means: a name with or without `.service`, the path of its file, a glob.
///
/// # Errors
/// [`Refused::NoJob`] where there is none, [`Refused::Masked`].
pub fn find(places: Places, named: &str) -> Result<Vec<Unit>, Refused> {
    let no_unit = || Refused::NoJob(named.to_owned());
    let name = name_in(places, named).ok_or_else(no_unit)?;
    if let Some(unit) = one(places, &name)? {
        return Ok(vec![unit]);
    }
    let is_glob = name.contains(['*', '?', '[']);
    let matches = |unit: &Unit| sys::matches(name.as_bytes(), unit.name.as_bytes());
    let found: Vec<_> = if is_glob { units(places) } else { Vec::new() };
    let found: Vec<_> = found.into_iter().filter(matches).collect();
    if found.is_empty() { Err(no_unit()) } else { Ok(found) }
}

/// Every service that has a file, without those that are masked.
pub fn units(places: Places) -> Vec<Unit> {
    let mut names = BTreeSet::new();
    for directory in SEARCH_PATH {
        let entries = fs::read_dir(places.below_root(Path::new(directory)));
        let entries = entries.into_iter().flatten().flatten();
        names.extend(entries.filter_map(|entry| entry.file_name().into_string().ok()));
    }
    names.retain(|name| is_service(name));
    let mut units: Vec<_> =
        names.iter().filter_map(|name| one(places, name).ok().flatten()).collect();
    units.sort();
    units.dedup();
    units
}

fn is_service(name: &str) -> bool {
    name.strip_suffix(SERVICE).is_some_and(|name| !name.is_empty() && !name.contains('/'))
}

/// The unit's name in what somebody typed.
fn name_in(places: Places, named: &str) -> Option<String> {
    let path = Path::new(named);
    if path.is_absolute() {
        let is_of_units = |directory: &&str| {
            let directory = Path::new(directory);
            path.parent().is_some_and(|it| it == directory || it == places.below_root(directory))
        };
        let name = path.file_name()?.to_str()?;
        return (SEARCH_PATH.iter().any(is_of_units) && is_service(name)).then(|| name.to_owned());
    }
    let name =
        if named.ends_with(SERVICE) { named.to_owned() } else { format!("{named}{SERVICE}") };
    is_service(&name).then_some(name)
}

/// The unit of this very name, or whose other name it is.
fn one(places: Places, name: &str) -> Result<Option<Unit>, Refused> {
    let mut name = name.to_owned();
    for _ in 0..ALIASES {
        let of_template = || file_of(places, &template_of(&name)?);
        let Some(fragment) = file_of(places, &name).or_else(of_template) else {
            return Ok(None);
        };
        let is_empty = fs::metadata(&fragment).is_ok_and(|file| file.is_file() && file.len() == 0);
        if is_null(&fragment) || is_empty {
            return Err(Refused::Masked(name, fragment));
        }
        match fs::read_link(&fragment).ok().and_then(|target| other_name(&name, &target)) {
            Some(other) if file_of(places, &other).is_some() => name = other,
            _ => return Ok(Some(Unit { name, fragment })),
        }
    }
    Ok(None)
}

/// The first file of that name on systemd's way.
fn file_of(places: Places, name: &str) -> Option<PathBuf> {
    let mut paths =
        SEARCH_PATH.iter().map(|directory| places.below_root(Path::new(directory)).join(name));
    paths.find(|path| fs::symlink_metadata(path).is_ok_and(|file| !file.is_dir()))
}

/// The unit whose other name `name` is, by the link at its place.
fn other_name(name: &str, target: &Path) -> Option<String> {
    let target = target.file_name()?.to_str()?;
    let is_other = target != name && template_of(name).as_deref() != Some(target);
    (is_other && is_service(target)).then(|| target.to_owned())
}

/// `web@.service` of `web@eu.service`.
fn template_of(name: &str) -> Option<String> {
    let (job, instance) = name.split_once('@')?;
    (instance != SERVICE).then(|| format!("{job}@{SERVICE}"))
}
