//! Which sinks take nothing, and who was told of it: `queue/SINK/{parked,failing,announced}`.

use serde::{Deserialize, Serialize};

use super::disk::{self, SpoolError};
use super::record::Parked;
use super::store::{Spool, json_line};
use crate::time::Timestamp;

/// That a sink takes nothing, or has refused something for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// Since when.
    pub since: Timestamp,
    /// What it said.
    pub why: String,
}

/// Who was told of a sink's trouble.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Announced {
    /// Since when that trouble is.
    pub(super) since: Option<Timestamp>,
    /// The sinks that were told.
    pub(super) to: Vec<String>,
}

impl Spool {
    /// Writes down that `sink` takes nothing until its config changes.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn park(&self, sink: &str, parked: &Parked) -> Result<(), SpoolError> {
        self.keep_note(sink, "parked", parked)
    }

    /// Why `sink` is parked; `None` where it is not, or the note was torn.
    pub fn parked(&self, sink: &str) -> Option<Parked> {
        self.note(sink, "parked")
    }

    /// Sets `sink` free.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn unpark(&self, sink: &str) -> Result<(), SpoolError> {
        self.forget_note(sink, "parked")
    }

    /// The trouble that `sink` is in: it is parked, or gave up a notice and took none since.
    pub fn trouble(&self, sink: &str) -> Option<Trouble> {
        let parked = self.parked(sink).map(|it| Trouble { since: it.since, why: it.why });
        parked.or_else(|| self.note(sink, "failing"))
    }

    /// Writes down that `sink` gave up a notice, unless it is in trouble already.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn note_failing(&self, sink: &str, why: &str, now: Timestamp) -> Result<(), SpoolError> {
        if self.trouble(sink).is_some() {
            return Ok(());
        }
        self.keep_note(sink, "failing", &Trouble { since: now, why: why.to_owned() })
    }

    /// `sink` has taken a notice.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn forget_failing(&self, sink: &str) -> Result<(), SpoolError> {
        self.forget_note(sink, "failing")
    }

    /// Who was told of the trouble that `sink` is in since then.
    pub fn announced(&self, sink: &str, since: Timestamp) -> Vec<String> {
        let announced: Option<Announced> = self.note(sink, "announced");
        announced.filter(|it| it.since == Some(since)).map(|it| it.to).unwrap_or_default()
    }

    /// Writes down who was told of it.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn keep_announced(
        &self,
        sink: &str,
        since: Timestamp,
        to: Vec<String>,
    ) -> Result<(), SpoolError> {
        self.keep_note(sink, "announced", &Announced { since: Some(since), to })
    }

    /// A note in the queue of `sink`; one that was torn is none.
    fn note<T: for<'de> Deserialize<'de>>(&self, sink: &str, name: &str) -> Option<T> {
        let json = disk::read(&self.queue(sink).join(name)).ok()?;
        serde_json::from_slice(&json).ok()
    }

    fn forget_note(&self, sink: &str, name: &str) -> Result<(), SpoolError> {
        disk::remove(&self.queue(sink).join(name))
    }

    fn keep_note(&self, sink: &str, name: &str, note: &impl Serialize) -> Result<(), SpoolError> {
        self.make_queue(sink)?;
        let path = self.queue(sink).join(name);
        disk::write(&self.beside(sink, name), &path, &json_line(note, &path)?)
    }
}
