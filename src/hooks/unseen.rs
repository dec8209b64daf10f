//! What is done with the marker of a run whose end nobody accounted for.

use super::kick::{Kick, kick};
use super::this_instant;
use crate::marker::{Content, Marker};
use crate::paths::Places;
use crate::spool::{self, Drop};
use crate::sys::Errno;

/// Puts what the marker of an earlier run knows into the spool, unless somebody got as far as that
/// with a report, and starts the notifier.
///
/// The moment of finding is written into the marker first: the report's name follows from it, so
/// a hook that is killed here and the one after it file the same report. Not so where a post-stop
/// that could not write its stamp has filed one under the name that follows from the start.
///
/// # Errors
/// What the kernel says of the spool.
pub(super) fn keep_unseen(
    places: Places,
    marker: &Marker,
    mut earlier: Content,
) -> Result<(), Errno> {
    let unstamped = earlier.ended.is_none() && earlier.found.is_none();
    if unstamped && !spool::holds(places, earlier.report_id()) {
        earlier.found = Some(this_instant());
        if marker.replace(&earlier).is_err() {
            earlier.found = None;
        }
    }
    let id = earlier.report_id();
    if !spool::holds(places, id) {
        let text = earlier.write().ok_or(Errno::E2BIG)?;
        spool::put(places, Drop::Unseen, id, &text)?;
    }
    let _ = kick(places, Kick::under(earlier.supervisor));
    Ok(())
}
