//! A new text in place of an old one, whole or not at all.

use std::fs::{self, DirBuilder, File};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, fchown};
use std::path::Path;

use tempfile::{Builder, NamedTempFile};

use super::Refused;
use super::systemd::is_null;

/// Puts `after` in place of what is at `path`, which must be `before` still; `None` is no file. Owner
/// and mode of one that is there stay, a new one has `mode`.
///
/// It appears under its name at once: init hears of it when it is whole, and passes over the name
/// that it has until then. Directories are made for it, and the one that is empty without it goes.
///
/// # Errors
/// [`Refused::Changed`], and [`Refused::File`] where it cannot be written.
pub(super) fn put(
    path: &Path,
    before: Option<&[u8]>,
    after: Option<&[u8]>,
    mode: u32,
) -> Result<(), Refused> {
    let failed = |error| Refused::File(path.to_owned(), error);
    let directory = path.parent().unwrap_or(path);
    match (before, after) {
        (Some(before), Some(after)) => replace(path, before, after)?,
        (None, Some(after)) => {
            DirBuilder::new().recursive(true).mode(0o755).create(directory).map_err(failed)?;
            let new = written(path, after)?;
            let mode = fs::Permissions::from_mode(mode);
            new.as_file().set_permissions(mode).map_err(failed)?;
            new.as_file().sync_all().map_err(failed)?;
            match new.persist_noclobber(path) {
                Ok(_) => {}
                Err(error) if error.error.kind() == ErrorKind::AlreadyExists => {
                    return Err(Refused::Changed(path.to_owned()));
                }
                Err(error) => return Err(failed(error.error)),
            }
        }
        (Some(before), None) => {
            check(path, before)?;
            fs::remove_file(path).map_err(failed)?;
            // Where something else is in it, it stays.
            if fs::remove_dir(directory).is_ok() {
                return Ok(());
            }
        }
        (None, None) => return Ok(()),
    }
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(failed)
}

fn replace(path: &Path, before: &[u8], after: &[u8]) -> Result<(), Refused> {
    let failed = |error| Refused::File(path.to_owned(), error);
    let old = fs::symlink_metadata(path).map_err(failed)?;
    let new = written(path, after)?;
    let file = new.as_file();
    let now = file.metadata().map_err(failed)?;
    if (now.uid(), now.gid()) != (old.uid(), old.gid()) {
        fchown(file, Some(old.uid()), Some(old.gid())).map_err(failed)?;
    }
    // Behind the owner: a change of that takes away some of the mode.
    let mode = if is_null(path) { 0o644 } else { old.mode() & 0o7777 };
    file.set_permissions(fs::Permissions::from_mode(mode)).map_err(failed)?;
    file.sync_all().map_err(failed)?;
    check(path, before)?;
    new.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

/// A file with `bytes` beside `path`, under a name that nobody takes for one of theirs.
fn written(path: &Path, bytes: &[u8]) -> Result<NamedTempFile, Refused> {
    let failed = |error| Refused::File(path.to_owned(), error);
    let mut new = Builder::new()
        .prefix(".upstart-crash-")
        .suffix(".new")
        .tempfile_in(path.parent().unwrap_or(path))
        .map_err(failed)?;
    new.write_all(bytes).map_err(failed)?;
    Ok(new)
}

/// That a plain file with `bytes` is at `path`; a link to /dev/null is as good as an empty one.
fn check(path: &Path, bytes: &[u8]) -> Result<(), Refused> {
    let failed = |error| Refused::File(path.to_owned(), error);
    let is_plain = fs::symlink_metadata(path).map_err(failed)?.is_file() || is_null(path);
    if !is_plain || fs::read(path).map_err(failed)? != bytes {
        return Err(Refused::Changed(path.to_owned()));
    }
    Ok(())
}

/// Keeps `bytes` at `path`, for root alone as secrets may be in them.
///
/// # Errors
/// [`Refused::File`].
pub(super) fn keep(path: &Path, bytes: &[u8]) -> Result<(), Refused> {
    let failed = |error| Refused::File(path.to_owned(), error);
    let directory = path.parent().unwrap_or(path);
    DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(failed)?;
    let mut copy = Builder::new().prefix(".new-").tempfile_in(directory).map_err(failed)?;
    copy.write_all(bytes).map_err(failed)?;
    copy.as_file().sync_all().map_err(failed)?;
    copy.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_else_changed_is_not_overwritten() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("job.conf");
        let names = || fs::read_dir(directory.path()).unwrap().count();
        fs::write(&path, "shown").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(put(&path, Some(b"other"), Some(b"new"), 0), Err(Refused::Changed(_))));
        assert_eq!((fs::read(&path).unwrap(), names()), (b"shown".to_vec(), 1));
        put(&path, Some(b"shown"), Some(b"new"), 0).unwrap();
        assert_eq!((fs::read(&path).unwrap(), names()), (b"new".to_vec(), 1));
        assert_eq!(path.metadata().unwrap().mode() & 0o7777, 0o640);
        let link = directory.path().join("link.conf");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(matches!(put(&link, Some(b"new"), Some(b"newer"), 0), Err(Refused::Changed(_))));
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }
}
