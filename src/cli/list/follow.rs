//! `upstart-crash list --follow`.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::filter::Filter;
use super::{Printer, print};
use crate::cli::CliError;
use crate::notifier::{Bell, Watch};
use crate::spool::Spool;

/// How often to look without being told that something moved.
const LOOK_AROUND: Duration = Duration::from_secs(60);

/// Prints what is there, only the `last` of it where that is given, and then each report that
/// comes, once, until nobody reads on.
pub(super) fn follow(
    spool: &Spool,
    filter: &Filter,
    last: Option<usize>,
    printer: &mut Printer,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let bell = Bell::new()?;
    let nobody_reads = Arc::new(AtomicBool::new(false));
    let (ring, gone) = (bell.clone(), Arc::clone(&nobody_reads));
    // Without this thread the next report finds that nobody reads. It ends with the process.
    let _ = thread::Builder::new().spawn(move || {
        wait_for_the_end_of_stdout();
        gone.store(true, Ordering::Relaxed);
        ring.ring();
    });
    let watched = || Watch::over(&spool.report_dirs(), &bell);
    // Before the first look, so that nothing comes in between.
    let mut watch = watched();
    let mut seen = spool.ids()?;
    print(spool, &seen, filter, last, printer, out)?;
    out.flush()?;
    while !nobody_reads.load(Ordering::Relaxed) {
        watch.wait(LOOK_AROUND);
        if watch.is_blind() {
            // The spool may have been made since.
            watch = watched();
        }
        // A report keeps its id on its way through the spool.
        let new: BTreeSet<_> = spool.ids()?.difference(&seen).copied().collect();
        print(spool, &new, filter, None, printer, out)?;
        out.flush()?;
        seen.extend(new);
    }
    Ok(())
}

/// Returns when whoever reads the other end of stdout, a pipe, is gone; of anything else never.
fn wait_for_the_end_of_stdout() {
    let stdout = io::stdout();
    loop {
        let mut ends = [PollFd::new(stdout.as_fd(), PollFlags::empty())];
        match poll(&mut ends, PollTimeout::NONE) {
            Ok(0) | Err(nix::Error::EINTR) => {}
            Ok(_) | Err(_) => return,
        }
    }
}
