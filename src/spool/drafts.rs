//! Notices on their way into a queue: `queue/SINK/ID.draft`.
//!
//! A notice is made, and its sink's accounts with the incidents are changed, as if in one step: the
//! draft holds both. Once it is there, the notice goes out, and once: killed after that, the next
//! notifier writes the accounts down and makes it a record of the queue.

use std::path::PathBuf;

use super::disk::{self, SpoolError};
use super::record::Record;
use super::store::{Say, Spool, ids_of, json_line};
use crate::id::ReportId;

impl Spool {
    /// Writes a draft for `sink`.
    ///
    /// # Errors
    /// What the kernel says; then there is none.
    pub fn put_draft(&self, sink: &str, id: ReportId, record: &Record) -> Result<(), SpoolError> {
        self.make_queue(sink)?;
        let path = self.draft_path(sink, id);
        let beside = self.dir.join("tmp").join(format!("{sink}.{id}.draft"));
        disk::write(&beside, &path, &json_line(record, &path)?)
    }

    /// The drafts that a notifier left which was killed, with the names of their sinks. A torn one
    /// goes to `corrupt/`.
    ///
    /// # Errors
    /// Where a queue cannot be read.
    pub fn drafts(&self, say: Say<'_>) -> Result<Vec<(String, ReportId, Record)>, SpoolError> {
        let mut drafts = Vec::new();
        for sink in self.queues()? {
            for id in ids_of(&disk::names(&self.queue(&sink))?, ".draft") {
                let path = self.draft_path(&sink, id);
                let json = disk::read(&path).map_err(SpoolError::at("read", &path))?;
                match serde_json::from_slice(&json) {
                    Ok(record) => drafts.push((sink.clone(), id, record)),
                    Err(error) => {
                        self.put_aside(&path, &SpoolError::at("use", &path)(error.into()), say)?;
                    }
                }
            }
        }
        Ok(drafts)
    }

    /// Makes the draft named `id` a record of the queue: from now on it is sent.
    ///
    /// # Errors
    /// What the kernel says; then it is a draft still.
    pub fn enqueue_draft(&self, sink: &str, id: ReportId) -> Result<(), SpoolError> {
        disk::rename(&self.draft_path(sink, id), &self.record_path("queue", sink, id))
    }

    fn draft_path(&self, sink: &str, id: ReportId) -> PathBuf {
        self.queue(sink).join(format!("{id}.draft"))
    }
}
