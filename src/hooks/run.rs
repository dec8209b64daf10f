//! The run that ended, as far as its marker knows it.

use super::{run_id, this_instant};
use crate::evidence::MarkerEvidence;
use crate::job::Job;
use crate::marker::{Content, Instant, Marker, Unreadable};
use crate::sys::{self, Errno, say};

/// The run that ended, as its marker knows it.
pub(super) struct Run {
    pub(super) marker: MarkerEvidence,
    pub(super) content: Content,
}

impl Run {
    /// The run whose end is seen now; `None` where there is no marker.
    ///
    /// # Errors
    /// What the kernel says of a marker that cannot be read.
    pub(super) fn of(job: &Job<'_>, marker: &Marker) -> Result<Option<Self>, Errno> {
        match marker.read(job) {
            Ok(None) => Ok(None),
            Ok(Some(content)) => Ok(Some(Self {
                marker: MarkerEvidence::at_the_end(&content),
                content: stamped(marker, content),
            })),
            Err(Unreadable::Foreign) => {
                Ok(Some(Self { marker: MarkerEvidence::Foreign, content: unknown(job) }))
            }
            Err(Unreadable::Refused(errno)) => {
                let path = marker.path().to_bytes();
                say(&[b"cannot read ", path, b": ", errno.desc().as_bytes()]);
                Err(errno)
            }
        }
    }

    /// A run of which nothing but its end is known.
    pub(super) fn unmarked(job: &Job<'_>) -> Self {
        Self { marker: MarkerEvidence::Absent, content: unknown(job) }
    }

    /// The same, noted in `marker`: an observer that is killed leaves it to the next one.
    pub(super) fn noted(self, marker: &Marker) -> Self {
        let _ = marker.replace(&self.content);
        self
    }

    /// When it began, where a pre-start of ours noted that.
    pub(super) fn started(&self) -> Option<Instant> {
        self.marker.started().map(|_| self.content.started)
    }
}

/// `content` with the end written into it, and into the marker, before anything slow is tried.
///
/// The report's name follows from that stamp, so a hook that is killed and the one after it name
/// the same report. A stamp that could not be written does not count.
fn stamped(marker: &Marker, content: Content) -> Content {
    if content.ended.is_some() || content.found.is_some() {
        return content;
    }
    let ended = Content { ended: Some(this_instant()), ..content.clone() };
    if marker.replace(&ended).is_ok() { ended } else { content }
}

/// What is known of a run that has no marker, or one that cannot be trusted.
fn unknown(job: &Job<'_>) -> Content {
    let now = this_instant();
    Content { boot: sys::boot_id(), ended: Some(now), ..Content::of(job, run_id(job), now) }
}
