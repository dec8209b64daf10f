//! The hooks as lines of the programs `run` and `finish` of a service of runit or s6.
//!
//! `script.rs` makes a new text of a script for a shell or execline; what is none is left alone,
//! and the lines are told. `find.rs` knows which directory is meant.

mod find;
mod script;

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::{FileChange, Refused, programs};
use crate::host_supervisors::ServiceDirectory;
use crate::paths::{Place, Places};
pub use find::find;
pub use script::{Hook, calls, end_before_call};

/// A directory that s6-rc makes of its sources has this one above it.
const GENERATED: &str = "servicedirs";

/// Where sources of s6-rc are, on hosts that have some.
const SOURCES: [&str; 4] =
    ["/etc/s6-rc/source", "/etc/s6-overlay/s6-rc.d", "/etc/s6/sv", "/etc/s6-rc/sv"];

/// The hooks, in the order in which they are written: `finish` is there before `run` arms a marker.
pub const HOOKS: [Hook; 2] = [Hook::Finish, Hook::Run];

/// What `enable` changes for `service`; no file where both hooks are called already.
///
/// # Errors
/// [`Refused`].
pub(super) fn enable(
    places: Places,
    service: &ServiceDirectory,
) -> Result<Vec<FileChange>, Refused> {
    is_fit(places, service)?;
    programs::are_there(places, &HOOKS.map(Hook::program))?;
    let mut changes = Vec::new();
    for hook in HOOKS {
        let path = service.path.join(hook.file());
        let before = read(&path)?;
        if before.as_deref().is_some_and(|text| calls(text, hook)) {
            continue;
        }
        let after = match &before {
            Some(text) => script::insert(text, hook, service.kind).ok_or_else(|| {
                Refused::NoScript(path.clone(), script::by_hand(text, hook, service.kind))
            })?,
            None if hook == Hook::Run => return Err(Refused::NoRun(path)),
            None => script::new_file(hook, service.kind),
        };
        // Taken out again it is what it was: else it is not put in place.
        let stripped = script::strip(&after, hook);
        if stripped != before {
            return Err(Refused::NotReversible(path));
        }
        let copy = Some(copy_of(places, &path)?);
        changes.push(FileChange { mode: 0o755, copy, ..FileChange::of(path, before, Some(after)) });
    }
    Ok(changes)
}

/// What `disable` changes for `service`.
///
/// # Errors
/// [`Refused`].
pub(super) fn disable(
    places: Places,
    service: &ServiceDirectory,
) -> Result<Vec<FileChange>, Refused> {
    let mut changes = Vec::new();
    for hook in HOOKS.into_iter().rev() {
        let path = service.path.join(hook.file());
        let Some(before) = read(&path)? else { continue };
        let after = script::strip(&before, hook);
        if after.as_ref() != Some(&before) {
            let copy = Some(copy_of(places, &path)?);
            let mode = 0o755;
            changes.push(FileChange { mode, copy, ..FileChange::of(path, Some(before), after) });
        }
    }
    Ok(changes)
}

/// That no call of a hook is in the service still.
///
/// # Errors
/// [`Refused::CallsRemain`].
pub(super) fn no_call_remains(service: &ServiceDirectory) -> Result<(), Refused> {
    for hook in HOOKS {
        let path = service.path.join(hook.file());
        let text = read(&path)?.unwrap_or_default();
        if let Some(line) = script::line_of_call(&text, hook) {
            return Err(Refused::CallsRemain(path, line));
        }
    }
    Ok(())
}

/// Whether hooks would do there what they are for.
fn is_fit(places: Places, service: &ServiceDirectory) -> Result<(), Refused> {
    if service.path.parent().and_then(Path::file_name).is_some_and(|name| name == GENERATED) {
        let sources = SOURCES.map(|path| places.below_root(Path::new(path)).join(&service.name));
        let source = sources.into_iter().find(|path| path.is_dir());
        return Err(Refused::Generated(service.path.clone(), source));
    }
    // A supervisor of another user's makes this directory as its own.
    let supervise = fs::metadata(service.path.join("supervise"));
    match supervise.map(|directory| directory.uid()) {
        Ok(user) if user != 0 => Err(Refused::NotRoots(service.path.clone(), user)),
        _ => Ok(()),
    }
}

/// What is in the file at `path`, where there is one.
fn read(path: &Path) -> Result<Option<Vec<u8>>, Refused> {
    let failed = |error| Refused::File(path.to_owned(), error);
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(error)),
        Ok(file) if file.is_file() => fs::read(path).map(Some).map_err(failed),
        Ok(_) => Err(Refused::SharedProgram(path.to_owned())),
    }
}

/// Where a file is kept as it was.
fn copy_of(places: Places, path: &Path) -> Result<PathBuf, Refused> {
    let copies = places.path(Place::JobCopies, "").map_err(Refused::NoPath)?;
    let on_the_host = path.strip_prefix(places.below_root(Path::new("/"))).unwrap_or(path);
    Ok(copies.join(on_the_host.strip_prefix("/").unwrap_or(on_the_host)))
}

#[cfg(test)]
mod tests;
