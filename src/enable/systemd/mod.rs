//! The hooks as a drop-in of a systemd unit, or of all of them.
//!
//! `unit.rs` finds a unit as systemd does, `drop_in.rs` has the texts, `whole_host.rs` the file that
//! is there for every service.

mod drop_in;
mod unit;
mod whole_host;

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::{FileChange, Refused, programs, upstart};
use crate::host_supervisors::systemctl;
use crate::paths::Places;
use crate::systemd::last_setting;
pub use drop_in::{ARGUMENTS, FILE, HOOKS, HookLine, PLUS_SINCE, hook_lines, is_silent, unit_text};
pub use unit::{SEARCH_PATH, Unit, find, units};
pub use whole_host::{HOST_FILE, SHIPPED, SINCE, disable_host, enable_host};

/// What `enable` changes for `unit`; no file where it has its drop-in already.
///
/// # Errors
/// [`Refused`].
pub(super) fn enable(places: Places, unit: &Unit) -> Result<Vec<FileChange>, Refused> {
    if upstart::is_ours(unit.job().0) {
        return Err(Refused::OurOwn);
    }
    programs::are_there(places, &HOOKS.map(|(_, hook)| hook))?;
    let version = systemctl::version(places);
    let files = unit.files(places);
    let root = ["RootDirectory", "RootImage"].into_iter().find_map(|key| setting(&files, key));
    if let Some(root) = root.filter(|root| root != "/") {
        return Err(Refused::OtherRoot(root));
    }
    let has_plus = version.is_none_or(|version| version >= PLUS_SINCE);
    if let Some(version) = version.filter(|_| !has_plus) {
        runs_as_root(&files, version)?;
    }
    let path = unit.drop_in(places);
    let before = read(&path)?;
    if let Some(before) = before.as_deref().filter(|text| !drop_in::is_ours(text)) {
        let is_silent = drop_in::is_silent(before);
        return if is_silent {
            replace(path, before, has_plus)
        } else {
            Err(Refused::NotOurs(path))
        };
    }
    let after = unit_text(has_plus).into_bytes();
    Ok(change(path, before, Some(after)))
}

/// A file that left the unit out takes the hooks.
fn replace(path: PathBuf, before: &[u8], has_plus: bool) -> Result<Vec<FileChange>, Refused> {
    Ok(change(path, Some(before.to_vec()), Some(unit_text(has_plus).into_bytes())))
}

/// What `disable` changes for `unit`.
///
/// # Errors
/// [`Refused`].
pub(super) fn disable(places: Places, unit: &Unit) -> Result<Vec<FileChange>, Refused> {
    let path = unit.drop_in(places);
    match read(&path)? {
        Some(before) if drop_in::is_ours(&before) => Ok(change(path, Some(before), None)),
        Some(before) if !drop_in::is_silent(&before) => Err(Refused::NotOurs(path)),
        _ => Ok(Vec::new()),
    }
}

fn change(path: PathBuf, before: Option<Vec<u8>>, after: Option<Vec<u8>>) -> Vec<FileChange> {
    let differs = before != after;
    differs.then(|| FileChange::of(path, before, after)).into_iter().collect()
}

/// That an old systemd runs the hooks of the unit of these files as root, who alone can keep a
/// marker.
fn runs_as_root(files: &[String], version: u32) -> Result<(), Refused> {
    let is_yes = |key| setting(files, key).is_some_and(|value| is_true(&value));
    let user = setting(files, "User").filter(|user| user != "root" && user != "0");
    match user.or_else(|| is_yes("DynamicUser").then(|| "a user of its own".to_owned())) {
        // ExecStart= alone runs as another then.
        Some(user) if !is_yes("PermissionsStartOnly") => Err(Refused::NoRights(user, version)),
        _ => Ok(()),
    }
}

/// What `key` is in the unit's `files`.
fn setting(files: &[String], key: &str) -> Option<String> {
    last_setting(files.iter().map(String::as_str), key)
}

/// Whether systemd takes `value` for true.
fn is_true(value: &str) -> bool {
    ["1", "yes", "y", "true", "t", "on"].iter().any(|word| value.eq_ignore_ascii_case(word))
}

/// What is in the file at `path`, where there is one; a link to /dev/null is as good as an empty one.
fn read(path: &Path) -> Result<Option<Vec<u8>>, Refused> {
    let failed = |error| Refused::File(path.to_owned(), error);
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(error)),
        Ok(_) if is_null(path) => Ok(Some(Vec::new())),
        Ok(file) if file.is_file() => fs::read(path).map(Some).map_err(failed),
        Ok(_) => Err(Refused::NotOurs(path.to_owned())),
    }
}

/// Whether `path` is a link to /dev/null: what is so masked, systemd passes over.
pub(in crate::enable) fn is_null(path: &Path) -> bool {
    fs::read_link(path).is_ok_and(|target| target == Path::new("/dev/null"))
}

#[cfg(test)]
mod tests;
