//! Files that are whole or not there: the few steps that every change of the spool is made of.

use std::ffi::OsString;
use std::fmt;
use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;

use crate::sys::{self, CPath, Errno, Kind};

/// The most that is read of one file, in bytes: many times what a report can hold.
const MOST_BYTES: u64 = 4 << 20;

/// What the spool could not do.
#[derive(Debug)]
pub struct SpoolError {
    doing: &'static str,
    path: PathBuf,
    source: io::Error,
}

impl SpoolError {
    /// Turns the refusal of `doing` something with `path` into words, for `map_err`.
    pub(super) fn at(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self { doing, path, source }
    }

    /// What kind of refusal it was.
    pub fn kind(&self) -> ErrorKind {
        self.source.kind()
    }
}

impl fmt::Display for SpoolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { doing, path, source } = self;
        write!(f, "cannot {doing} {}: {source}", path.display())?;
        if source.kind() == ErrorKind::PermissionDenied {
            f.write_str("; reports hold what services logged and are for root: try sudo")?;
        }
        Ok(())
    }
}

impl std::error::Error for SpoolError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

/// Opens a plain file for reading; nothing planted in its place is followed or waited for.
///
/// # Errors
/// `InvalidData` for what is no plain file; else what the kernel says.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let foreign = || io::Error::new(ErrorKind::InvalidData, "no plain file with one name");
    let c_path = CPath::concat([path.as_os_str().as_bytes()]).map_err(|_| foreign())?;
    let file = match sys::open(c_path.as_c_str(), OFlag::O_RDONLY) {
        Err(Errno::ELOOP | Errno::ENXIO) => return Err(foreign()),
        opened => opened?,
    };
    if sys::stat_open(&file)?.kind != Kind::File {
        return Err(foreign());
    }
    Ok(file.into())
}

/// All that a plain file holds.
///
/// # Errors
/// `InvalidData` for what is no plain file or longer than [`MOST_BYTES`]; else what the kernel
/// says.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(io::Error::new(ErrorKind::InvalidData, "longer than any report"));
    }
    Ok(bytes)
}

/// Makes `content` the content of `target`, in one step and on the disk, by way of `beside`.
///
/// # Errors
/// What the kernel says; then `target` is as it was.
pub(super) fn write(beside: &Path, target: &Path, content: &[u8]) -> Result<(), SpoolError> {
    replace(beside, target, content)?;
    sync_parent(target)
}

/// Does so in one step, and puts all on the disk but the name: whoever writes many files into a
/// directory does a [`sync`] of it at their end. Until then the disk has the one or the other.
///
/// # Errors
/// What the kernel says; then `target` is as it was.
pub(super) fn replace(beside: &Path, target: &Path, content: &[u8]) -> Result<(), SpoolError> {
    let mut create = OpenOptions::new();
    create.write(true).create_new(true).mode(0o600);
    let written = match create.open(beside) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            fs::remove_file(beside).and_then(|()| create.open(beside))
        }
        opened => opened,
    }
    .and_then(|mut file| {
        file.write_all(content)?;
        file.sync_all()
    })
    .map_err(SpoolError::at("write", beside));
    let moved = written.and_then(|()| {
        fs::rename(beside, target).map_err(SpoolError::at("move a file to", target))
    });
    moved.inspect_err(|_| {
        let _ = fs::remove_file(beside);
    })
}

/// Moves a file, and waits until the disk knows it.
///
/// # Errors
/// What the kernel says.
pub(super) fn rename(from: &Path, to: &Path) -> Result<(), SpoolError> {
    fs::rename(from, to).map_err(SpoolError::at("move a file to", to))?;
    sync_parent(to)?;
    if from.parent() == to.parent() { Ok(()) } else { sync_parent(from) }
}

/// Moves the files with these `names` from one directory to another, and waits until the disk knows
/// it, once for all of them.
///
/// # Errors
/// What the kernel says; some may have been moved by then.
pub(super) fn rename_all(
    from: &Path,
    to: &Path,
    names: impl Iterator<Item = String>,
) -> Result<(), SpoolError> {
    let mut moved = false;
    for name in names {
        let target = to.join(&name);
        fs::rename(from.join(&name), &target).map_err(SpoolError::at("move a file to", &target))?;
        moved = true;
    }
    if moved { sync(to).and_then(|()| sync(from)) } else { Ok(()) }
}

/// Removes a file, and waits until the disk knows it; one that is gone already is removed.
///
/// # Errors
/// What the kernel says.
pub(super) fn remove(path: &Path) -> Result<(), SpoolError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(SpoolError::at("remove", path)(error)),
        Ok(()) => sync_parent(path),
    }
}

/// Waits until the disk has the file at `path` and its name.
///
/// # Errors
/// What the kernel says.
pub(super) fn flush(path: &Path) -> Result<(), SpoolError> {
    flush_content(path)?;
    sync_parent(path)
}

/// Waits until the disk has what the file at `path` holds. Of its name the disk knows after a
/// [`sync`] of its directory.
///
/// # Errors
/// What the kernel says.
pub(super) fn flush_content(path: &Path) -> Result<(), SpoolError> {
    open(path).and_then(|file| file.sync_all()).map_err(SpoolError::at("flush", path))
}

fn sync_parent(path: &Path) -> Result<(), SpoolError> {
    path.parent().map_or(Ok(()), sync)
}

/// Waits until the disk knows what names `directory` holds.
///
/// # Errors
/// What the kernel says.
pub(super) fn sync(directory: &Path) -> Result<(), SpoolError> {
    File::open(directory)
        .and_then(|directory| directory.sync_all())
        .map_err(SpoolError::at("flush", directory))
}

/// The names of what lies in `directory`, sorted; a directory that is missing is empty.
///
/// # Errors
/// What the kernel says.
pub(super) fn names(directory: &Path) -> Result<Vec<OsString>, SpoolError> {
    let listed = fs::read_dir(directory)
        .and_then(|found| found.map(|item| item.map(|item| item.file_name())).collect());
    let mut names: Vec<_> = match listed {
        Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
        listed => listed.map_err(SpoolError::at("read", directory))?,
    };
    names.sort_unstable();
    Ok(names)
}

/// The files in `directory` and the facts on them, in no order; a directory that is missing holds
/// none. What is gone before it is looked at does not count, nor do directories.
///
/// # Errors
/// What the kernel says.
pub(super) fn files(directory: &Path) -> Result<Vec<(PathBuf, Metadata)>, SpoolError> {
    let look = || {
        let mut files = Vec::new();
        for item in fs::read_dir(directory)? {
            let item = item?;
            match item.metadata() {
                Ok(facts) if !facts.is_dir() => files.push((item.path(), facts)),
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(files)
    };
    match look() {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(Vec::new())
        }
        found => found.map_err(SpoolError::at("read", directory)),
    }
}

/// Creates `directory` and those above it that are missing, for root alone.
///
/// # Errors
/// What the kernel says.
pub(super) fn make_dirs(directory: &Path) -> Result<(), SpoolError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .map_err(SpoolError::at("create", directory))
}

/// Whether anything lies at `path`; a refusal to look counts as nothing.
pub(super) fn exists(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn what_is_written_is_whole_private_and_leaves_nothing_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let (beside, target) = (dir.path().join("beside"), dir.path().join("target"));
        fs::write(&beside, "left by a killed writer").unwrap();
        for content in ["first", "second"] {
            write(&beside, &target, content.as_bytes()).unwrap();
            assert_eq!(read(&target).unwrap(), content.as_bytes());
            assert!(!exists(&beside));
        }
        assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn nothing_but_a_plain_file_of_a_sane_length_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        fs::write(path("secret"), "secret").unwrap();
        symlink(path("secret"), path("link")).unwrap();
        fs::write(path("one"), "x").unwrap();
        fs::hard_link(path("one"), path("two")).unwrap();
        fs::create_dir(path("directory")).unwrap();
        nix::unistd::mkfifo(&path("fifo"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        fs::write(path("long"), vec![b'x'; MOST_BYTES as usize + 1]).unwrap();
        for name in ["link", "two", "directory", "fifo", "long"] {
            assert_eq!(read(&path(name)).unwrap_err().kind(), ErrorKind::InvalidData, "{name}");
        }
        assert_eq!(read(&path("none")).unwrap_err().kind(), ErrorKind::NotFound);
    }
}
