//! What people have asked for, carried out: only under the lock, and while no worker is at work.

use std::collections::BTreeSet;

use super::books::Books;
use crate::id::ReportId;
use crate::spool::{Limits, Request, Resumed, Say, Spool, SpoolError};
use crate::time::Timestamp;

/// Carries out what people have asked for, unless a notifier is at work: that one will, when it is
/// left word. Tells whether it did. What would need `limits` stays where there are none.
///
/// Whoever calls this starts a notifier afterwards: one that was started meanwhile has stepped back.
///
/// # Errors
/// What the kernel says.
pub fn attend(
    spool: &Spool,
    limits: Option<&Limits>,
    now: Timestamp,
    say: Say<'_>,
) -> Result<bool, SpoolError> {
    let Some(_lock) = spool.lock()? else { return Ok(false) };
    carry_out(spool, limits, now, say).map(|()| true)
}

/// Carries out each request, and removes it. What the disk refuses is asked for still.
///
/// # Errors
/// What the kernel says.
pub(super) fn carry_out(
    spool: &Spool,
    limits: Option<&Limits>,
    now: Timestamp,
    say: Say<'_>,
) -> Result<(), SpoolError> {
    for (id, request) in spool.requests(say)? {
        match request {
            Request::Retry(targets) => {
                for again in &targets {
                    let Resumed { unparked, revived, hastened } = spool.resume(again, now)?;
                    if unparked + revived + hastened > 0 {
                        let sent = revived + hastened;
                        say(format_args!("{}: sent again, as asked: {sent}", again.sink));
                    }
                }
            }
            Request::Prune(surplus) => {
                if surplus.older_than_seconds.is_none() && limits.is_none() {
                    continue;
                }
                spool.drop_surplus(&surplus, limits, &still_needed(spool, now)?, now, say)?;
            }
        }
        spool.forget_request(id)?;
    }
    Ok(())
}

/// The reports that somebody is still to be told of. What lies in `new/` is nobody's surplus. Changes
/// nothing.
///
/// # Errors
/// What the kernel says.
pub fn still_needed(spool: &Spool, now: Timestamp) -> Result<BTreeSet<ReportId>, SpoolError> {
    let mut needed = spool.undelivered(now)?;
    needed.extend(Books::read(spool, &mut Vec::new())?.reports_to_be_told());
    Ok(needed)
}
