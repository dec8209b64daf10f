//! The jobs: their files, where init says they are, and their markers.

use std::fs;
use std::path::{Path, PathBuf};

use super::init::Asked;
use crate::enable::Refused;
use crate::enable::upstart::{HOOKS, JobPlace, calls, find};
use crate::init::{InitStatus, State, Unavailable};
use crate::job::Job;
use crate::job_file::{Effective, JobFile, Process, Which};
use crate::marker::Marker;
use crate::paths::Places;

/// The most jobs that are looked at.
const MOST: usize = 10_000;

/// The longest file that is read, in bytes.
const LONGEST: u64 = 1 << 20;

/// A job.
#[derive(Debug)]
pub struct JobFacts {
    /// Its name and its files.
    pub place: JobPlace,
    /// What its files say, as far as init takes them; or why they cannot be read.
    pub files: Result<Effective, String>,
    /// The instances that there are; a job without instances has one with an empty name while it
    /// is not down.
    pub instances: Result<Vec<Instance>, Unavailable>,
    /// How long the path of its log is before the name of an instance, in bytes.
    pub log_path_len: usize,
}

/// One instance of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Its name.
    pub name: String,
    /// Where init says it is.
    pub status: Result<InitStatus, Unavailable>,
    /// Its marker.
    pub mark: Mark,
    /// Whether there is the main process that init names; `None` where it names none, or it cannot
    /// be told.
    pub main_exists: Option<bool>,
}

/// What tells that a run began with our pre-start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// There it is.
    Armed,
    /// There is none.
    Missing,
    /// That cannot be told, or the run is not up.
    NotKnown,
}

impl JobFacts {
    /// The hooks of ours that init runs for it.
    pub fn hooks(&self) -> Vec<Process> {
        let files = self.files.as_ref();
        HOOKS.into_iter().filter(|hook| files.is_ok_and(|files| calls(files, *hook))).collect()
    }

    /// The first word of the stanza `name`.
    pub fn word(&self, name: &str) -> Option<&str> {
        let (_, stanza) = self.files.as_ref().ok()?.named(name)?;
        stanza.words().first().map(String::as_str)
    }

    /// The user that its processes run as, where that is another than root.
    pub fn other_user(&self) -> Option<&str> {
        self.word("setuid").filter(|user| !matches!(*user, "root" | "0"))
    }

    /// `FILE:LINE` of a stanza.
    pub fn line(&self, which: Which, line: usize) -> String {
        format!("{}:{line}", self.place.path(which).display())
    }
}

/// Every job.
///
/// # Errors
/// Why they cannot be looked at.
pub(super) fn all(places: Places) -> Result<Vec<JobPlace>, String> {
    match find(places, "*") {
        Ok(all) => Ok(all),
        Err(Refused::NoJob(_)) => Ok(Vec::new()),
        Err(why) => Err(why.to_string()),
    }
}

/// Looks at the jobs at `found`.
pub(super) fn look(places: Places, mut found: Vec<JobPlace>, asked: &mut Asked) -> Vec<JobFacts> {
    found.sort();
    found.dedup();
    let job = |place: JobPlace| JobFacts {
        files: read(&place),
        instances: instances(places, &place.name, asked),
        log_path_len: log_path_len(places, &place.name),
        place,
    };
    found.into_iter().take(MOST).map(job).collect()
}

/// Reads a job's files, through links: init does, too.
fn read(place: &JobPlace) -> Result<Effective, String> {
    let file = |path: &Path| {
        let facts = fs::metadata(path)?;
        if !facts.is_file() || facts.len() > LONGEST {
            return Err(std::io::Error::other("no file of at most 1 MiB"));
        }
        fs::read(path).map(JobFile::read)
    };
    let failed = |path: &PathBuf, error| format!("{}: {error}", path.display());
    let conf = file(&place.conf).map_err(|error| failed(&place.conf, error))?;
    let overriding = match file(&place.overriding) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        read => Some(read.map_err(|error| failed(&place.overriding, error))?),
    };
    Ok(Effective { conf, overriding })
}

fn instances(places: Places, name: &str, asked: &mut Asked) -> Result<Vec<Instance>, Unavailable> {
    let names = asked.instances(places, name)?;
    Ok(names
        .into_iter()
        .take(MOST)
        .map(|instance| look_at(places, name, instance, asked))
        .collect())
}

fn look_at(places: Places, name: &str, instance: String, asked: &mut Asked) -> Instance {
    let job = Job::upstart(name.as_bytes(), instance.as_bytes());
    let status = asked.status(places, job);
    let main_pid = status.ok().filter(|it| it.state == State::Running).and_then(|it| it.main_pid);
    let exists = |pid: i32| Path::new("/proc").join(pid.to_string()).exists();
    let (mut mark, main_exists) = (mark(places, &job, &status), main_pid.map(exists));
    // It may have gone on in between: what is not so all the time counts for nothing.
    if (mark == Mark::Missing || main_exists == Some(false)) && asked.status(places, job) != status
    {
        return Instance { status, mark: Mark::NotKnown, main_exists: None, name: instance };
    }
    if main_pid.is_none() {
        mark = Mark::NotKnown;
    }
    Instance { status, mark, main_exists, name: instance }
}

fn mark(places: Places, job: &Job<'_>, status: &Result<InitStatus, Unavailable>) -> Mark {
    let is_up = status.is_ok_and(|status| status.state == State::Running);
    let marker = Marker::of(job, places).ok().filter(|_| is_up);
    match marker.map(|marker| marker.read(job)) {
        Some(Ok(Some(_))) => Mark::Armed,
        Some(Ok(None)) => Mark::Missing,
        _ => Mark::NotKnown,
    }
}

/// The length of the log's path as init counts it: without the root of a test or an image.
fn log_path_len(places: Places, name: &str) -> usize {
    let job = Job::upstart(name.as_bytes(), b"");
    let root = places.root().map_or(0, |root| root.as_bytes().len().saturating_sub(1));
    job.log(places).map_or(0, |path| path.as_bytes().len().saturating_sub(root))
}
