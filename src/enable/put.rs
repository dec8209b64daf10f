//! A new text in place of an old one, whole or not at all.

use std::fs::{self, DirBuilder, File};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, fchown};
use std::path::Path;

use tempfile::Builder;

use super::Refused;

/// Puts `after` in place of what is at `path`, which must be `before` still. Owner and mode stay.
///
/// It appears under its name at once: init hears of it when it is whole, and passes over the name
/// that it has until then.
///
/// # Errors
/// [`Refused::Changed`], and [`Refused::File`] where it cannot be written.
pub(super) fn put(path: &Path, before: &[u8], after: &[u8]) -> Result<(), Refused> {
    let failed = |error| Refused::File(path.to_owned(), error);
    let directory = path.parent().unwrap_or(path);
    let old = fs::symlink_metadata(path).map_err(failed)?;
    let mut new = Builder::new()
        .prefix(".upstart-crash-")
        .suffix(".new")
        .tempfile_in(directory)
        .map_err(failed)?;
    new.write_all(after).map_err(failed)?;
    let file = new.as_file();
    let now = file.metadata().map_err(failed)?;
    if (now.uid(), now.gid()) != (old.uid(), old.gid()) {
        fchown(file, Some(old.uid()), Some(old.gid())).map_err(failed)?;
    }
    // Behind the owner: a change of that takes away some of the mode.
    file.set_permissions(fs::Permissions::from_mode(old.mode() & 0o7777)).map_err(failed)?;
    file.sync_all().map_err(failed)?;
    let is_plain = fs::symlink_metadata(path).map_err(failed)?.is_file();
    if !is_plain || fs::read(path).map_err(failed)? != before {
        return Err(Refused::Changed(path.to_owned()));
    }
    new.persist(path).map_err(|error| failed(error.error))?;
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(failed)
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
        assert!(matches!(put(&path, b"other", b"new"), Err(Refused::Changed(_))));
        assert_eq!((fs::read(&path).unwrap(), names()), (b"shown".to_vec(), 1));
        put(&path, b"shown", b"new").unwrap();
        assert_eq!((fs::read(&path).unwrap(), names()), (b"new".to_vec(), 1));
        assert_eq!(path.metadata().unwrap().mode() & 0o7777, 0o640);
        let link = directory.path().join("link.conf");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(matches!(put(&link, b"new", b"newer"), Err(Refused::Changed(_))));
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }
}
