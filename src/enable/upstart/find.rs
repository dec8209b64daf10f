//! Which files describe a job.

use std::fs;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use crate::enable::Refused;
use crate::job_file::{Effective, JobFile, Which};
use crate::paths::{Place, Places};
use crate::sys;

/// The files of one job.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct JobPlace {
    /// As init calls it: `sub/bar` for `sub/bar.conf`.
    pub name: String,
    /// `JOB.conf`
    pub conf: PathBuf,
    /// `JOB.override`, which need not be there.
    pub overriding: PathBuf,
}

const CONF: &str = ".conf";
const OVERRIDE: &str = ".override";

/// The jobs that `named` means: a name, the path of a job's file, or a glob.
///
/// # Errors
/// [`Refused::NoJob`] where there is none, and what keeps the directory from being read.
pub fn find(places: Places, named: &str) -> Result<Vec<JobPlace>, Refused> {
    let jobs = places.path(Place::Jobs, "").map_err(Refused::NoPath)?;
    let name = name_in(places, &jobs, named).ok_or_else(|| Refused::NoJob(named.to_owned()))?;
    let job = JobPlace::new(&jobs, &name);
    if fs::symlink_metadata(&job.conf).is_ok() {
        return Ok(vec![job]);
    }
    let mut found = Vec::new();
    if name.contains(['*', '?', '[']) {
        walk(&jobs, &jobs, &mut found)?;
        found.retain(|other| sys::matches(name.as_bytes(), other.as_bytes()));
        found.sort();
    }
    if found.is_empty() {
        return Err(Refused::NoJob(job.conf.display().to_string()));
    }
    Ok(found.iter().map(|name| JobPlace::new(&jobs, name)).collect())
}

/// The job's name in what somebody typed; none where it leads out of the directory of all jobs.
fn name_in(places: Places, jobs: &Path, named: &str) -> Option<String> {
    let mut path = Path::new(named);
    if path.is_absolute() {
        let on_the_host = Path::new(Place::Jobs.on_the_host());
        let is_session = places.are_of_a_session();
        path = path
            .strip_prefix(jobs)
            .ok()
            .or_else(|| (!is_session).then(|| path.strip_prefix(on_the_host).ok()).flatten())?;
    }
    let is_plain = path.components().all(|part| matches!(part, Component::Normal(_)));
    let name = path.to_str()?;
    let name = name.strip_suffix(CONF).or_else(|| name.strip_suffix(OVERRIDE)).unwrap_or(name);
    (is_plain && !name.is_empty()).then(|| name.to_owned())
}

/// The names of all jobs below `directory`.
fn walk(jobs: &Path, directory: &Path, found: &mut Vec<String>) -> Result<(), Refused> {
    let failed = |error| Refused::File(directory.to_owned(), error);
    for entry in fs::read_dir(directory).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let path = entry.path();
        if entry.file_type().map_err(failed)?.is_dir() {
            walk(jobs, &path, found)?;
            continue;
        }
        let name = path.strip_prefix(jobs).ok().and_then(Path::to_str);
        // Init passes over a file that is called `.conf` and no more.
        if let Some(name) = name.and_then(|name| name.strip_suffix(CONF))
            && !name.is_empty()
            && !name.ends_with('/')
        {
            found.push(name.to_owned());
        }
    }
    Ok(())
}

impl JobPlace {
    fn new(jobs: &Path, name: &str) -> Self {
        let with = |end| jobs.join(format!("{name}{end}"));
        Self { name: name.to_owned(), conf: with(CONF), overriding: with(OVERRIDE) }
    }

    /// The path of one of its files.
    pub fn path(&self, which: Which) -> &Path {
        match which {
            Which::Conf => &self.conf,
            Which::Override => &self.overriding,
        }
    }

    /// Where the copy of a file lies.
    pub(super) fn backup(&self, places: Places, which: Which) -> Result<PathBuf, Refused> {
        let end = if which == Which::Conf { CONF } else { OVERRIDE };
        let copies = places.path(Place::JobCopies, "").map_err(Refused::NoPath)?;
        Ok(copies.join(format!("{}{end}", self.name)))
    }

    /// Reads its files.
    pub(super) fn read(&self) -> Result<Effective, Refused> {
        let conf = read(&self.conf)?;
        let overriding = match read(&self.overriding) {
            Err(Refused::File(_, error)) if error.kind() == ErrorKind::NotFound => None,
            read => Some(read?),
        };
        let job = Effective { conf, overriding };
        self.check(&job)?;
        Ok(job)
    }

    /// Whether init takes the files of `job`.
    pub(super) fn check(&self, job: &Effective) -> Result<(), Refused> {
        for which in [Which::Conf, Which::Override] {
            if let Some(fault) = job.file(which).and_then(JobFile::fault) {
                return Err(Refused::Fault(self.path(which).to_owned(), fault.clone()));
            }
        }
        Ok(())
    }
}

fn read(path: &Path) -> Result<JobFile, Refused> {
    let failed = |error| Refused::File(path.to_owned(), error);
    if !fs::symlink_metadata(path).map_err(failed)?.is_file() {
        return Err(Refused::NotPlain(path.to_owned()));
    }
    Ok(JobFile::read(fs::read(path).map_err(failed)?))
}
