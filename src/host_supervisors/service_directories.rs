//! The directories that runit's `runsvdir` and s6's `s6-svscan` look after, and the services in
//! them: a directory each, with a program `run`.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::paths::Places;
use crate::supervisor::Supervisor;

/// Where distributions have them (runsvdir(8), runit-init(8), s6-svscan's documentation).
const USUAL: [(&str, Supervisor); 7] = [
    ("/etc/service", Supervisor::Runit),
    ("/etc/runit/runsvdir/current", Supervisor::Runit),
    ("/run/runit/service", Supervisor::Runit),
    ("/var/service", Supervisor::Runit),
    ("/service", Supervisor::Runit),
    ("/run/service", Supervisor::S6),
    ("/run/s6/services", Supervisor::S6),
];

/// The programs that look after one, by their names.
const SCANNERS: [(&str, Supervisor); 2] =
    [("runsvdir", Supervisor::Runit), ("s6-svscan", Supervisor::S6)];

/// The most processes, and the most services of a directory, that are looked at.
const MOST: usize = 32_768;

/// How many links may lead to a directory.
const LINKS: usize = 8;

/// A directory of services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ScanDirectory {
    path: PathBuf,
    /// Whose it is by its place, or by the process that looks after it.
    pub(super) kind: Supervisor,
    /// Whether a process looks after it.
    pub(super) is_scanned: bool,
}

/// A service of runit or s6.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServiceDirectory {
    /// The last name of its directory, which is the job's name.
    pub name: String,
    /// Where it really is, behind links.
    pub path: PathBuf,
    /// Who supervises it.
    pub kind: Supervisor,
}

/// The directories of services of this host, those with a process first.
pub(super) fn scan_directories(places: Places) -> Vec<ScanDirectory> {
    let scanned = scanned(&places.below_root(Path::new("/proc")));
    let usual = USUAL.map(|(path, kind)| (PathBuf::from(path), kind));
    let all = scanned.into_iter().map(|it| (it, true));
    let mut found: Vec<ScanDirectory> = Vec::new();
    for ((path, kind), is_scanned) in all.chain(usual.map(|it| (it, false))) {
        let path = real(places, &places.below_root(&path));
        if path.is_dir() && found.iter().all(|it| it.path != path) {
            found.push(ScanDirectory { path, kind, is_scanned });
        }
    }
    found
}

/// The directories that processes look after.
fn scanned(proc: &Path) -> Vec<(PathBuf, Supervisor)> {
    let entries = fs::read_dir(proc).into_iter().flatten().flatten().take(MOST);
    let mut found = Vec::new();
    for entry in entries {
        let Ok(line) = fs::read(entry.path().join("cmdline")) else { continue };
        let mut words = line.split(|byte| *byte == 0).map(OsStr::from_bytes);
        let name = words.next().map(Path::new).and_then(Path::file_name);
        let kind = SCANNERS.iter().find(|(scanner, _)| name.is_some_and(|name| name == *scanner));
        if let Some((_, kind)) = kind {
            let current = fs::read_link(entry.path().join("cwd")).unwrap_or_else(|_| "/".into());
            let is_option = |word: &&OsStr| word.is_empty() || word.as_bytes().starts_with(b"-");
            // An option of s6-svscan has a number behind it, which is no directory.
            let is_number = |word: &&OsStr| word.as_bytes().iter().all(u8::is_ascii_digit);
            let named = words.find(|word| !is_option(word) && !is_number(word));
            found.push((named.map_or_else(|| current.clone(), |it| current.join(it)), *kind));
        }
    }
    found
}

/// The services in `directories`, by their names; one that several hold is named once.
pub(super) fn services(places: Places, directories: &[ScanDirectory]) -> Vec<ServiceDirectory> {
    let mut found: Vec<ServiceDirectory> = Vec::new();
    for directory in directories {
        let entries = fs::read_dir(&directory.path).into_iter().flatten().flatten().take(MOST);
        for entry in entries {
            let is_hidden = entry.file_name().as_bytes().starts_with(b".");
            let path = real(places, &entry.path());
            let is_service = path.join("run").exists() || path.join("supervise").exists();
            let is_known = found.iter().any(|it| it.path == path);
            if is_hidden || is_known || !is_service {
                continue;
            }
            found.extend(ServiceDirectory::at(path, Some(directory.kind)));
        }
    }
    found.sort();
    found
}

impl ServiceDirectory {
    /// Where `path` leads, if it is there.
    pub fn behind(places: Places, path: &Path) -> Vec<PathBuf> {
        Some(real(places, path)).filter(|path| path.is_dir()).into_iter().collect()
    }

    /// The one at `path`: whose it is, what lies in there tells before `guess`.
    pub fn at(path: PathBuf, guess: Option<Supervisor>) -> Option<Self> {
        let name = path.file_name()?.to_str()?.to_owned();
        let kind = kind_of(&path).or(guess)?;
        Some(Self { name, path, kind })
    }
}

/// Whose service this is, by what its supervisor made in it: s6 has a directory for events, runit a
/// status in words. A `type` is s6-rc's.
fn kind_of(path: &Path) -> Option<Supervisor> {
    let has = |name: &str| path.join(name).exists();
    if has("event") || has("supervise/death_tally") || has("type") {
        Some(Supervisor::S6)
    } else {
        has("supervise/stat").then_some(Supervisor::Runit)
    }
}

/// Where `path` leads. The links of an image are meant to be followed within it.
pub(super) fn real(places: Places, path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        match fs::read_link(&path) {
            Ok(target) if target.is_absolute() && !places.are_of_this_host() => {
                // A stand-in for a host in a directory has links to where it really is, too.
                let within = places.below_root(&target);
                path = if target.exists() && !within.exists() { target } else { within };
            }
            Ok(target) => path = path.parent().unwrap_or(&path).join(target),
            Err(_) => break,
        }
    }
    path.canonicalize().unwrap_or(path)
}
