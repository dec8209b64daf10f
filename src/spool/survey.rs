//! What lies in the spool, what it takes on the disk, and what of it somebody still needs.

use std::collections::BTreeSet;
use std::fs::Metadata;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use serde::Deserialize;

use super::bounds::{Area, Held, Volume};
use super::disk::{self, SpoolError};
use super::store::{Spool, id_of, ids_of};
use crate::id::ReportId;
use crate::sys::{self, CPath, Room};
use crate::time::Timestamp;

/// The job of reports that name none.
const UNREADABLE: &str = "a job that cannot be read";

impl Spool {
    /// The reports that some sink is still to be sent.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn undelivered(&self, now: Timestamp) -> Result<BTreeSet<ReportId>, SpoolError> {
        let mut reports = BTreeSet::new();
        for sink in self.queues()? {
            for id in ids_of(&disk::names(&self.queue(&sink))?, ".json") {
                reports.insert(id);
                // Not the notice on one crash, which has that report's name.
                if !disk::exists(&self.report_path("archive", id)) {
                    let notice = match self.record(&sink, id, now) {
                        // A worker has just settled it.
                        Err(error) if error.kind() == ErrorKind::NotFound => None,
                        record => record?.notice,
                    };
                    reports.extend(notice.and_then(|notice| notice.report()));
                }
            }
        }
        // Those of notices that a killed notifier was about to put into a queue.
        for (_, id, draft) in self.drafts(&mut Vec::new())? {
            reports.insert(id);
            reports.extend(draft.notice.and_then(|notice| notice.report()));
        }
        Ok(reports)
    }

    /// How many files the limits count, and how many bytes these take on the disk.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn usage(&self) -> Result<(usize, u64), SpoolError> {
        let files = self.survey(&BTreeSet::new())?;
        Ok((files.len(), files.iter().map(|file| file.bytes).fold(0, u64::saturating_add)))
    }

    /// All files that are counted; whose the reports are is not known yet.
    pub(super) fn survey(&self, protected: &BTreeSet<ReportId>) -> Result<Vec<Held>, SpoolError> {
        let mut files = Vec::new();
        let other = |area, owner: &str, path, facts: &Metadata| Held {
            path,
            area,
            owner: owner.to_owned(),
            time: facts.modified().map_or(Timestamp::from_micros(0), Timestamp::from),
            bytes: on_disk(facts),
            protected: false,
        };
        for (path, facts) in disk::files(&self.dir.join("corrupt"))? {
            files.push(other(Area::Corrupt, "corrupt", path, &facts));
        }
        for sink in disk::names(&self.dir.join("dead"))? {
            let owner = format!("dead/{}", sink.to_string_lossy());
            for (path, facts) in disk::files(&self.dir.join("dead").join(&sink))? {
                files.push(other(Area::Dead, &owner, path, &facts));
            }
        }
        for (area, place) in [(Area::Archive, "archive"), (Area::New, "new")] {
            for (path, facts) in disk::files(&self.dir.join(place))? {
                let Some(id) = path.file_name().and_then(|name| id_of(name, ".json")) else {
                    continue;
                };
                let (bytes, protected) = (on_disk(&facts), protected.contains(&id));
                let (time, owner) = (id.time(), String::new());
                files.push(Held { path, area, owner, time, bytes, protected });
            }
        }
        Ok(files)
    }

    /// How full the disk is that the spool lies on; `None` where that is not known.
    pub(super) fn room(&self) -> Option<Room> {
        let path = CPath::concat([self.dir.as_os_str().as_bytes()]).ok()?;
        sys::room(path.as_c_str()).ok()
    }

    /// The file system that it lies on; `None` where that is not known.
    pub(super) fn volume(&self) -> Option<Volume> {
        let room = self.room()?;
        let Room { total_bytes, available_bytes, .. } = room;
        Some(Volume { total_bytes, available_bytes })
    }

    /// All files that are counted, with their owners; what was not taken yet is protected.
    pub(super) fn held(&self, protected: &BTreeSet<ReportId>) -> Result<Vec<Held>, SpoolError> {
        let mut files = self.survey(protected)?;
        for file in files.iter_mut().filter(|file| file.area >= Area::Archive) {
            file.owner = key_of(&file.path);
            file.protected |= file.area == Area::New;
        }
        Ok(files)
    }
}

/// What a file takes on the disk, in bytes. Some file systems do not tell before it is flushed.
fn on_disk(facts: &Metadata) -> u64 {
    facts.len().max(facts.blocks().saturating_mul(512))
}

/// The key of the job that the report at `path` is on; nothing else of it is looked at.
pub(super) fn key_of(path: &Path) -> String {
    #[derive(Deserialize)]
    struct Keyed {
        key: String,
    }
    let keyed = disk::read(path).ok().and_then(|json| serde_json::from_slice::<Keyed>(&json).ok());
    keyed.map_or_else(|| UNREADABLE.to_owned(), |keyed| keyed.key)
}
