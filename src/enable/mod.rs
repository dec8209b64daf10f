//! The hooks as stanzas of a job: put in and taken out again without losing a line of it.
//!
//! `insert.rs` and `strip.rs` make a new text of an old one, `find.rs` knows which files describe a
//! job, `fitness.rs` which jobs are left alone, and `put.rs` puts a new text in place.
//! `docs/enable.md` has the texts.

mod find;
mod fitness;
mod insert;
mod own_log;
mod put;
mod refused;
mod strip;

use std::path::PathBuf;

use crate::job_file::{Effective, JobFile, Process, Which};
use crate::paths::Places;
pub use find::{JobPlace, find};
pub use fitness::{is_executable, is_observed, is_ours};
pub use own_log::own_logs;
pub use refused::Refused;

/// The hooks, in the order in which init runs them.
pub const HOOKS: [Process; 3] = [Process::PreStart, Process::PreStop, Process::PostStop];

/// What stands above stanzas that were added.
const HEADER: &str =
    "# Tells when this job dies unasked (upstart-monitor). To undo: upstart-crash disable\n";

/// What stands in front of each line of an `exec` stanza that a script stands in for.
const KEPT: &str = "#upstart-monitor# ";

/// What stands behind a call on a line of its own.
const MARK: &str = "  # upstart-crash enable";

/// Where the hook of `process` lies on the host.
pub fn path_of(process: Process) -> String {
    format!("/opt/upstart-monitor/bin/{process}")
}

/// How a script calls the hook of `process`: its status is not the script's.
fn call(process: Process) -> String {
    format!("{} || true", path_of(process))
}

/// How a script has the hook of `process` called when it is over, however it ends.
fn call_at_exit(process: Process) -> String {
    format!("trap '{}' EXIT", call(process))
}

/// The job as it is, and as it is to be.
#[derive(Debug)]
pub struct Change {
    /// Which job.
    pub place: JobPlace,
    /// Its files now.
    pub before: Effective,
    /// The new text of each file that changes.
    pub files: Vec<NewText>,
}

/// A file that is to change.
#[derive(Debug)]
pub struct NewText {
    /// Which of the job's two.
    pub which: Which,
    /// Its path.
    pub path: PathBuf,
    /// What is in it now.
    pub before: Vec<u8>,
    /// What is to be in it.
    pub after: Vec<u8>,
}

/// What `enable` changes in the job at `place`; no file where all three hooks are called already.
///
/// # Errors
/// [`Refused`].
pub fn enable(places: Places, place: JobPlace) -> Result<Change, Refused> {
    let before = place.read()?;
    if HOOKS.iter().all(|hook| calls(&before, *hook)) {
        return Ok(Change { place, before, files: Vec::new() });
    }
    fitness::judge(places, &place, &before)?;
    let bare = stripped(&before);
    let after = insert::insert(&bare, &place)?;
    // Taken out again it is what it was, and init finds all three: else it is not put in place.
    place.check(&after)?;
    if stripped(&after) != bare || !HOOKS.iter().all(|hook| calls(&after, *hook)) {
        return Err(Refused::NotReversible(place.conf));
    }
    Ok(Change::of(place, before, &after))
}

/// What `disable` changes in the job at `place`.
///
/// # Errors
/// [`Refused`].
pub fn disable(place: JobPlace) -> Result<Change, Refused> {
    let before = place.read()?;
    let after = stripped(&before);
    place.check(&after)?;
    let change = Change::of(place, before, &after);
    if change.is_empty() {
        no_call_remains(&change.place)?;
    }
    Ok(change)
}

/// The first call of a hook that is in the job still.
///
/// # Errors
/// [`Refused::CallsRemain`].
pub fn no_call_remains(place: &JobPlace) -> Result<(), Refused> {
    let job = place.read()?;
    for hook in HOOKS.into_iter().filter(|hook| calls(&job, *hook)) {
        if let Some((which, stanza, _)) = job.process(hook) {
            return Err(Refused::CallsRemain(place.path(which).to_owned(), stanza.line));
        }
    }
    Ok(())
}

/// Whether init runs our hook as `process` of `job`, or within it.
pub fn calls(job: &Effective, process: Process) -> bool {
    job.text(process).is_some_and(|text| names(text, process))
}

/// Whether `text`, a command or the lines of a script, names our hook of `process`.
pub fn names(text: &[u8], process: Process) -> bool {
    let path = path_of(process);
    let names_it = |line: &[u8]| {
        let code = line.split(|byte| *byte == b'#').next().unwrap_or_default();
        code.windows(path.len()).any(|part| part == path.as_bytes())
    };
    text.split(|byte| *byte == b'\n').any(names_it)
}

/// `job` without the hooks.
fn stripped(job: &Effective) -> Effective {
    let file = |file: &JobFile| JobFile::read(strip::strip(file));
    Effective { conf: file(&job.conf), overriding: job.overriding.as_ref().map(file) }
}

impl Change {
    fn of(place: JobPlace, before: Effective, after: &Effective) -> Self {
        let new = |which| {
            let (before, after) = (before.file(which)?.bytes(), after.file(which)?.bytes());
            let path = place.path(which).to_owned();
            let text = || NewText { which, path, before: before.to_vec(), after: after.to_vec() };
            (before != after).then(text)
        };
        let files = [Which::Conf, Which::Override].into_iter().filter_map(new).collect();
        Self { place, before, files }
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Puts the new texts in place of the old ones. Where one cannot be, those before it are put
    /// back.
    ///
    /// # Errors
    /// [`Refused::Changed`] where a file is not what it was, and [`Refused::File`].
    pub fn put(&self) -> Result<(), Refused> {
        for (done, new) in self.files.iter().enumerate() {
            if let Err(refused) = put::put(&new.path, &new.before, &new.after) {
                for new in self.files.iter().take(done) {
                    put::put(&new.path, &new.after, &new.before)?;
                }
                return Err(refused);
            }
        }
        Ok(())
    }

    /// Keeps a copy of each file that `enable` changes, as it was, and says where. A file that has
    /// hooks of ours in it is no original and is not copied.
    ///
    /// # Errors
    /// [`Refused::File`].
    pub fn back_up(&self, places: Places) -> Result<Vec<PathBuf>, Refused> {
        let mut copies = Vec::new();
        for new in &self.files {
            let file = self.before.file(new.which);
            if file.is_some_and(|file| strip::strip(file) == new.before) {
                let copy = self.place.backup(places, new.which)?;
                put::keep(&copy, &new.before)?;
                copies.push(copy);
            }
        }
        Ok(copies)
    }

    /// Removes the copies of files that are again what they were; what differs is kept, and told.
    ///
    /// # Errors
    /// [`Refused::File`].
    pub fn drop_backups(&self, places: Places) -> Result<Vec<PathBuf>, Refused> {
        let mut different = Vec::new();
        for new in &self.files {
            let copy = self.place.backup(places, new.which)?;
            match std::fs::read(&copy) {
                Ok(bytes) if bytes == new.after => {
                    let failed = |error| Refused::File(copy.clone(), error);
                    std::fs::remove_file(&copy).map_err(failed)?;
                }
                Ok(_) => different.push(copy),
                Err(_) => {}
            }
        }
        Ok(different)
    }
}

#[cfg(test)]
mod tests;
