//! The hooks as stanzas of an Upstart job: put in and taken out again without losing a line of it.
//!
//! `insert.rs` and `strip.rs` make a new text of an old one, `find.rs` knows which files describe a
//! job, and `fitness.rs` which jobs are left alone. `docs/enable.md` has the texts.

mod find;
mod fitness;
mod insert;
mod own_log;
mod strip;

use super::{FileChange, MARK, Refused, program};
use crate::job_file::{Effective, JobFile, Process, Which};
use crate::paths::Places;
pub use find::{JobPlace, find};
pub use fitness::{is_observed, is_ours};
pub use own_log::own_logs;

/// The hooks, in the order in which init runs them.
pub const HOOKS: [Process; 3] = [Process::PreStart, Process::PreStop, Process::PostStop];

/// What stands above stanzas that were added.
const HEADER: &str =
    "# Tells when this job dies unasked (upstart-monitor). To undo: upstart-crash disable\n";

/// What stands in front of each line of an `exec` stanza that a script stands in for.
const KEPT: &str = "#upstart-monitor# ";

/// Where the hook of `process` lies on the host.
pub fn path_of(process: Process) -> String {
    program(&process.to_string())
}

/// How a script calls the hook of `process`: its status is not the script's.
fn call(process: Process) -> String {
    format!("{} || true", path_of(process))
}

/// How a script has the hook of `process` called when it is over, however it ends.
fn call_at_exit(process: Process) -> String {
    format!("trap '{}' EXIT", call(process))
}

/// What `enable` changes in the job at `place`; no file where all three hooks are called already.
///
/// # Errors
/// [`Refused`].
pub(super) fn enable(places: Places, place: &JobPlace) -> Result<Vec<FileChange>, Refused> {
    let before = place.read()?;
    if HOOKS.iter().all(|hook| calls(&before, *hook)) {
        return Ok(Vec::new());
    }
    fitness::judge(places, place, &before)?;
    let bare = stripped(&before);
    let after = insert::insert(&bare, place)?;
    // Taken out again it is what it was, and init finds all three: else it is not put in place.
    place.check(&after)?;
    if stripped(&after) != bare || !HOOKS.iter().all(|hook| calls(&after, *hook)) {
        return Err(Refused::NotReversible(place.conf.clone()));
    }
    let mut changes = changes(places, place, &before, &after)?;
    for change in &mut changes {
        // A file that has hooks of ours in it is no original.
        let before = JobFile::read(change.before.clone().unwrap_or_default());
        change.copy = change.copy.take().filter(|_| strip::strip(&before) == before.bytes());
    }
    Ok(changes)
}

/// What `disable` changes in the job at `place`.
///
/// # Errors
/// [`Refused`].
pub(super) fn disable(places: Places, place: &JobPlace) -> Result<Vec<FileChange>, Refused> {
    let before = place.read()?;
    let after = stripped(&before);
    place.check(&after)?;
    changes(places, place, &before, &after)
}

/// What is to be written for `before` to become `after`.
fn changes(
    places: Places,
    place: &JobPlace,
    before: &Effective,
    after: &Effective,
) -> Result<Vec<FileChange>, Refused> {
    let mut changes = Vec::new();
    for which in [Which::Conf, Which::Override] {
        let (Some(before), Some(after)) = (before.file(which), after.file(which)) else { continue };
        if before != after {
            let copy = Some(place.backup(places, which)?);
            let path = place.path(which).to_owned();
            let (before, after) = (before.bytes().to_vec(), after.bytes().to_vec());
            changes.push(FileChange { copy, ..FileChange::of(path, Some(before), Some(after)) });
        }
    }
    Ok(changes)
}

/// The first call of a hook that is in the job still.
///
/// # Errors
/// [`Refused::CallsRemain`].
pub(super) fn no_call_remains(place: &JobPlace) -> Result<(), Refused> {
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

#[cfg(test)]
mod tests;
