//! What the notifier does for a subcommand: only whoever holds its lock changes the queues.

use std::time::{Duration, Instant};

use super::{CliError, warn};
use crate::hooks::{self, Kick};
use crate::notifier::{self, Bell, Watch};
use crate::paths::Places;
use crate::spool::{Limits, Request, Spool};
use crate::sys;

/// How long a notifier that is at work may take: it ends the try that it is at first.
const PATIENCE: Duration = Duration::from_secs(15);

/// Has `request` carried out: here, or by the notifier that is at work. Tells whether it is done;
/// where it is not yet, it will be. Then a notifier is started.
///
/// # Errors
/// What the kernel says; what was asked for by then is done by the next notifier.
pub(super) fn have_done(
    places: Places,
    spool: &Spool,
    request: &Request,
    limits: Option<&Limits>,
) -> Result<bool, CliError> {
    let id = spool.ask(request, sys::now())?;
    let watch = Watch::over(&[spool.requests_dir()], &Bell::new()?);
    let begun = Instant::now();
    while spool.is_asked(id)
        && !notifier::attend(spool, limits, sys::now(), &|_| ())?
        && let Some(left) = PATIENCE.checked_sub(begun.elapsed())
    {
        spool.leave_word();
        watch.wait(left);
    }
    // Also where one was at work: it may have ended, and stepped back for us before.
    if let Err(errno) = hooks::kick(places, Kick::Detached) {
        warn(format_args!("cannot start the notifier: {errno}; upstart-crash deliver does"));
    }
    Ok(!spool.is_asked(id))
}
