//! What is to change in the files that describe a service.

use std::fs;
use std::path::PathBuf;

use super::{Refused, Target, put};

/// What is to change in the files of one service, or of the host.
#[derive(Debug)]
pub struct Change {
    /// Which service.
    pub target: Target,
    /// The files that change, in the order in which they are put in place.
    pub files: Vec<FileChange>,
}

/// A file that is to change.
#[derive(Debug)]
pub struct FileChange {
    /// Its path.
    pub path: PathBuf,
    /// What is in it now; `None` where there is none.
    pub before: Option<Vec<u8>>,
    /// What is to be in it; `None` where there is to be none.
    pub after: Option<Vec<u8>>,
    /// The mode of a new one. One that is there keeps its own.
    pub mode: u32,
    /// Where it is kept as it was before `enable`, if it is.
    pub copy: Option<PathBuf>,
}

impl FileChange {
    /// One without a copy.
    pub fn of(path: PathBuf, before: Option<Vec<u8>>, after: Option<Vec<u8>>) -> Self {
        Self { path, before, after, mode: 0o644, copy: None }
    }

    fn put(&self) -> Result<(), Refused> {
        put::put(&self.path, self.before.as_deref(), self.after.as_deref(), self.mode)
    }

    fn put_back(&self) -> Result<(), Refused> {
        put::put(&self.path, self.after.as_deref(), self.before.as_deref(), self.mode)
    }
}

impl Change {
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
        for (done, file) in self.files.iter().enumerate() {
            if let Err(refused) = file.put() {
                self.files.iter().take(done).try_for_each(FileChange::put_back)?;
                return Err(refused);
            }
        }
        Ok(())
    }

    /// Keeps a copy of each file that `enable` changes, as it was, and says where.
    ///
    /// # Errors
    /// [`Refused::File`].
    pub fn back_up(&self) -> Result<Vec<PathBuf>, Refused> {
        let mut copies = Vec::new();
        for file in &self.files {
            if let (Some(copy), Some(before)) = (&file.copy, &file.before) {
                put::keep(copy, before)?;
                copies.push(copy.clone());
            }
        }
        Ok(copies)
    }

    /// Removes the copies of files that are again what they were; what differs is kept, and told.
    ///
    /// # Errors
    /// [`Refused::File`].
    pub fn drop_backups(&self) -> Result<Vec<PathBuf>, Refused> {
        let mut different = Vec::new();
        for file in &self.files {
            let Some(copy) = &file.copy else { continue };
            match fs::read(copy) {
                Ok(bytes) if Some(&bytes) == file.after.as_ref() => {
                    let failed = |error| Refused::File(copy.clone(), error);
                    fs::remove_file(copy).map_err(failed)?;
                }
                Ok(_) => different.push(copy.clone()),
                Err(_) => {}
            }
        }
        Ok(different)
    }
}
