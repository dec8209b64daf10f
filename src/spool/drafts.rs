//! Notices on their way into a queue: `queue/SINK/ID.draft`.
//!
//! A notice is made, and its sink's accounts with the incidents are changed, as if in one step: the
//! draft holds both. Once it is there, the notice goes out, and once: killed after that, the next
//! notifier writes the accounts down and makes it a record of the queue.

use std::io::ErrorKind;
use std::path::PathBuf;

use super::disk::{self, SpoolError};
use super::record::Record;
use super::store::{Spool, Torn, ids_of, json_line};
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

    /// The drafts that a notifier left which was killed, with the names of their sinks; what is none
    /// goes to `torn`. Changes nothing.
    ///
    /// # Errors
    /// Where a queue cannot be read.
    pub fn drafts(
        &self,
        torn: &mut Vec<Torn>,
    ) -> Result<Vec<(String, ReportId, Record)>, SpoolError> {
        let mut drafts = Vec::new();
        for sink in self.queues()? {
            for id in ids_of(&disk::names(&self.queue(&sink))?, ".draft") {
                let path = self.draft_path(&sink, id);
                let json = match disk::read(&path) {
                    Ok(json) => json,
                    // Whoever holds the lock has just made it a record of the queue.
                    Err(error) if error.kind() == ErrorKind::NotFound => continue,
                    Err(error) => return Err(SpoolError::at("read", &path)(error)),
                };
                match serde_json::from_slice(&json) {
                    Ok(record) => drafts.push((sink.clone(), id, record)),
                    Err(error) => {
                        let why = SpoolError::at("use", &path)(error.into());
                        torn.push((path, why));
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
