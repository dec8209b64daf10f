//! The spool as a place: where each thing in it lies, and how it is read.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::disk::{self, SpoolError};
use crate::id::ReportId;
use crate::paths::{NoPath, Place, Places};
use crate::report::CrashReport;
use crate::time::Timestamp;

/// How old a file in `tmp/` is before it is certain that its writer was killed.
const LEFTOVER: Duration = Duration::from_secs(3600);

/// Where the notifier says, a line at a time, what it met and did.
pub type Say<'a> = &'a (dyn Fn(fmt::Arguments<'_>) + Sync);

/// The spool as the notifier and the command see it.
#[derive(Debug, Clone)]
pub struct Spool {
    pub(super) dir: PathBuf,
    /// Where hooks leave what `dir` does not take.
    pub(super) emergency: Option<PathBuf>,
}

/// A file that is of no use, and why.
pub type Torn = (PathBuf, SpoolError);

impl Spool {
    /// The spool in its place.
    ///
    /// # Errors
    /// [`NoPath`] where a session does not say where it is.
    pub fn of(places: Places) -> Result<Self, NoPath> {
        let emergency = places.path(Place::EmergencySpool, "").ok();
        Ok(Self { dir: places.path(Place::Spool, "")?, emergency })
    }

    /// The spool in the directory `dir`, without an emergency spool.
    pub fn at(dir: PathBuf) -> Self {
        Self { dir, emergency: None }
    }

    /// Removes from `tmp/` what killed writers left there. What cannot be removed is said.
    ///
    /// # Errors
    /// Where `tmp/` cannot be read.
    pub fn remove_leftovers(&self, now: Timestamp, say: Say<'_>) -> Result<(), SpoolError> {
        let tmp = self.dir.join("tmp");
        for name in disk::names(&tmp)? {
            let path = tmp.join(name);
            let modified = fs::symlink_metadata(&path).and_then(|facts| facts.modified());
            if modified.is_ok_and(|then| now.since(then.into()) > LEFTOVER)
                && let Err(error) = disk::remove(&path)
            {
                say(format_args!("{error}"));
            }
        }
        Ok(())
    }

    /// Moves what is of no use, for the reason `why`, to `corrupt/`.
    ///
    /// # Errors
    /// What the kernel says; then it lies where it was.
    pub(super) fn put_aside(
        &self,
        path: &Path,
        why: &SpoolError,
        say: Say<'_>,
    ) -> Result<(), SpoolError> {
        let corrupt = self.dir.join("corrupt");
        disk::make_dirs(&corrupt)?;
        let target = corrupt.join(path.file_name().unwrap_or_default());
        disk::rename(path, &target)?;
        say(format_args!("{why}; kept as {}", target.display()));
        Ok(())
    }

    /// Moves each of `torn` to `corrupt/`.
    ///
    /// # Errors
    /// What the kernel says; the rest lies where it was.
    pub fn put_torn_aside(&self, torn: &[Torn], say: Say<'_>) -> Result<(), SpoolError> {
        torn.iter().try_for_each(|(path, why)| self.put_aside(path, why, say))
    }

    /// Whether report `id` lies in `new/`.
    pub fn is_new(&self, id: ReportId) -> bool {
        disk::exists(&self.report_path("new", id))
    }

    /// The report named `id` in `place`, and the text it was read from.
    ///
    /// # Errors
    /// `InvalidData` where it is not the report that its name says.
    pub(super) fn read_report(
        &self,
        place: &str,
        id: ReportId,
    ) -> Result<(CrashReport, Vec<u8>), SpoolError> {
        let path = self.report_path(place, id);
        let json = disk::read(&path).map_err(SpoolError::at("read", &path))?;
        let refused = |why: &str| SpoolError::at("use", &path)(invalid(why));
        let report: CrashReport = serde_json::from_slice(&json)
            .map_err(|error| refused(&format!("not a whole report ({error})")))?;
        if report.id == id { Ok((report, json)) } else { Err(refused("its name is another's")) }
    }

    pub(super) fn report_path(&self, place: &str, id: ReportId) -> PathBuf {
        self.dir.join(place).join(format!("{id}.json"))
    }

    pub(super) fn record_path(&self, place: &str, sink: &str, id: ReportId) -> PathBuf {
        self.dir.join(place).join(sink).join(format!("{id}.json"))
    }
}

/// The ids of the files in `names` that end in `end`.
pub(super) fn ids_of(names: &[OsString], end: &str) -> impl Iterator<Item = ReportId> {
    names.iter().filter_map(move |name| id_of(name, end))
}

/// The id that a file's name consists of, before `end`.
pub(super) fn id_of(name: &OsStr, end: &str) -> Option<ReportId> {
    ReportId::parse(name.to_str()?.strip_suffix(end)?)
}

/// `value` as one line of JSON, for the file `path`.
pub(super) fn json_line(
    value: &impl serde::Serialize,
    path: &std::path::Path,
) -> Result<Vec<u8>, SpoolError> {
    let mut json =
        serde_json::to_vec(value).map_err(|error| SpoolError::at("write", path)(error.into()))?;
    json.push(b'\n');
    Ok(json)
}

pub(super) fn invalid(why: &str) -> std::io::Error {
    std::io::Error::new(ErrorKind::InvalidData, why)
}
