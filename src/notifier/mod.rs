//! The notifier: from the spool, by the policy, to the sinks.

mod books;
mod clock;
mod desk;
mod error;
mod examinations;
mod fingerprint;
mod given_up;
mod meters;
mod requests;
mod trouble;
mod watch;
mod worker;

use std::collections::BTreeSet;
use std::io;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, Scope};
use std::time::Duration;

use crate::config::{Config, ConfigError};
use crate::examine;
use crate::notice::JobName;
use crate::paths::Places;
use crate::sinks::NamedSink;
use crate::spool::{Say, Spool, SpoolError};
use clock::{Clock, Moment};
use desk::Desk;
pub use error::NotifierError;
use examinations::Examinations;
use fingerprint::Fingerprint;
use given_up::GivenUp;
use meters::Meters;
pub use requests::{attend, still_needed};
pub use watch::{Bell, Watch};
use worker::Worker;

/// How often a notifier at work looks, without being asked, whether the config has changed, and for
/// what the disk refused before.
const LOOK_AROUND: Duration = Duration::from_secs(60);

/// Reads the config, anew at each call.
pub type Load<'a> = &'a dyn Fn() -> Result<Config, ConfigError>;

/// Delivers everything in `spool`, and returns when there is nothing left to do: when no sink that
/// takes something is owed a notice, or will be. Where another notifier is at work, returns at once:
/// that one will do it.
///
/// Killed at any moment it leaves its state on the disk, and the next one goes on from there.
///
/// # Errors
/// [`NotifierError`]; nothing is lost.
pub fn deliver(
    places: Places,
    spool: &Spool,
    load: Load<'_>,
    say: Say<'_>,
) -> Result<(), NotifierError> {
    // First of all: one that stays would start the next notifier at once, also for a broken config.
    spool.take_kick();
    let mut first = Some(load()?);
    loop {
        let stand_in = spool.stand_in();
        serve_alone(places, spool, stand_in.as_ref(), &mut first, load, say)?;
        if stand_in.is_none() || spool.stand_in().is_some() {
            return Ok(());
        }
    }
}

/// Does so with one spool, its stand-in where there is one, unless another notifier does. A stand-in
/// has no counters: they would begin anew in it.
fn serve_alone(
    places: Places,
    spool: &Spool,
    stand_in: Option<&Spool>,
    first: &mut Option<Config>,
    load: Load<'_>,
    say: Say<'_>,
) -> Result<(), NotifierError> {
    let is_counted = stand_in.is_none();
    let spool = stand_in.unwrap_or(spool);
    alone(spool, || {
        let mut config = first.take().map_or_else(load, Ok)?;
        // They go on while the config changes.
        let mut examinations = Examinations::new(places, spool).map_err(NotifierError::NoBell)?;
        let mut given_up = GivenUp::new(places);
        let uptime = |job: &JobName| examine::uptime(places, job);
        loop {
            let textfile = config.metrics.as_deref().filter(|_| is_counted);
            let meters = textfile.and_then(|path| Meters::open(spool, path, say));
            let desk = Desk {
                spool,
                config: &config,
                examinations: &mut examinations,
                given_up: &mut given_up,
                uptime: &uptime,
                clock: &Moment::now,
                say,
                books: None,
                meters: meters.as_ref(),
                unpruned: usize::MAX,
            };
            let served = serve(desk, load, LOOK_AROUND);
            if let Some(meters) = &meters {
                meters.show(spool, &config.sinks, say);
            }
            match served? {
                Served::Changed(changed) => config = *changed,
                Served::Asked => {}
                Served::All => return Ok(()),
            }
        }
    })
}

/// Does `work` while no other notifier does; where one is at it, steps back.
///
/// That one will do it, because no wake-up gets lost between the two. A notifier leaves word first
/// and asks for the lock second. The one that holds the lock heeds the word while it is at work,
/// and looks for it once more *after* it has given the lock back. So whatever there was to see when
/// a notifier was started, a report or a changed config, is seen by the one that it stepped back
/// for, or by whoever has taken the lock since.
fn alone(
    spool: &Spool,
    mut work: impl FnMut() -> Result<(), NotifierError>,
) -> Result<(), NotifierError> {
    spool.leave_word();
    loop {
        let Some(lock) = spool.lock()? else { return Ok(()) };
        spool.take_word();
        work()?;
        drop(lock);
        if !spool.has_word() {
            return Ok(());
        }
    }
}

/// Why a notifier serves no longer.
enum Served {
    /// Nothing is left to do.
    All,
    /// The config is another one now.
    Changed(Box<Config>),
    /// Somebody asks for something that is done while nothing is sent.
    Asked,
}

/// Carries out what people have asked for, and serves the sinks of the desk's config until nothing
/// is left to do, until the config has changed or until somebody asks for something, which is looked
/// for at every word and every `look_around`.
///
/// Without sinks it only makes reports of unseen markers: they wait in `new/` for a config.
fn serve(
    mut desk: Desk<'_>,
    load: Load<'_>,
    look_around: Duration,
) -> Result<Served, NotifierError> {
    let Desk { spool, config, clock, meters, say, .. } = desk;
    let names: Vec<&str> = config.sinks.iter().map(|sink| sink.name.as_str()).collect();
    let fingerprint = Fingerprint::of(config);
    spool.remove_leftovers(clock().time, say)?;
    spool.remove_old_silences(clock().time, say)?;
    if let Err(error) = requests::carry_out(spool, Some(&config.spool), clock().time, say) {
        say(format_args!("{error}; what was asked for is done later"));
    }
    if let Some(why) = config.windows.trouble() {
        say(format_args!("windows are taken to be in UTC: {why}"));
    }
    name_dropped_sinks(spool, &names, say)?;
    let active = active_sinks(spool, config, say)?;
    let watch = watch_over(spool, &names, desk.examinations.bell())?;
    if names.is_empty() && (spool.has_unseen()? || spool.has_new()?) {
        say(format_args!("the config names no sink: reports wait in the spool"));
    }

    thread::scope(|scope| {
        let workers: Vec<_> = active
            .iter()
            .map(|sink| start_worker(scope, spool, sink, config, clock, meters, say))
            .collect::<io::Result<_>>()
            .map_err(NotifierError::NoThread)?;
        let mut looked_around = clock();
        loop {
            let look = desk.look()?;
            if look.queued {
                // A worker that is awake already has a message waiting, one is enough.
                for wake in &workers {
                    let _ = wake.try_send(());
                }
            }
            let later = look.left || look.again_in.is_some();
            if !look.more && !later && !anything_owed(spool, &active)? {
                return Ok(Served::All);
            }
            let wait = look.again_in.unwrap_or(look_around).min(look_around);
            watch.wait(if look.more { Duration::ZERO } else { wait });
            if spool.take_word() || clock().since(looked_around) >= look_around {
                looked_around = clock();
                if spool.has_requests() {
                    return Ok(Served::Asked);
                }
                match load() {
                    Ok(now) if Fingerprint::of(&now) != fingerprint => {
                        return Ok(Served::Changed(Box::new(now)));
                    }
                    Ok(_) => {}
                    Err(ConfigError(problems)) => {
                        say(format_args!("the config is broken, the last one stays in use"));
                        problems.iter().for_each(|problem| say(format_args!("{problem}")));
                    }
                }
            }
        }
        // With the senders gone the workers end after the try they are at.
    })
}

/// The sinks that take reports. One that is parked does not, unless its fingerprint is another
/// now: then it is set free.
fn active_sinks<'a>(
    spool: &Spool,
    config: &'a Config,
    say: Say<'_>,
) -> Result<Vec<&'a NamedSink>, SpoolError> {
    let mut active = Vec::new();
    for sink in &config.sinks {
        match spool.parked(&sink.name) {
            Some(parked) if parked.fingerprint == sink.sink.fingerprint() => {
                let (name, since, why) = (&sink.name, parked.since, &parked.why);
                say(format_args!(
                    "{name}: sent nothing since {since}, until its config or secret changes: {why}"
                ));
            }
            _ => {
                spool.unpark(&sink.name)?;
                active.push(sink);
            }
        }
    }
    Ok(active)
}

/// Whether a sink that takes reports lacks one.
fn anything_owed(spool: &Spool, active: &[&NamedSink]) -> Result<bool, SpoolError> {
    for sink in active {
        if spool.parked(&sink.name).is_none() && spool.owes(&sink.name)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Watches what hooks write and what workers settle, so that both end the wait, as `bell` does.
fn watch_over(spool: &Spool, sinks: &[&str], bell: &Bell) -> Result<Watch, SpoolError> {
    let mut directories = spool.arrival_dirs();
    for sink in sinks {
        directories.push(spool.make_queue(sink)?);
    }
    Ok(Watch::over(&directories, bell))
}

/// Starts the worker of `sink`; what is returned wakes it, and ends it when dropped.
///
/// # Errors
/// Where the host has no thread to give.
fn start_worker<'scope, 'env>(
    scope: &'scope Scope<'scope, 'env>,
    spool: &'env Spool,
    sink: &'env NamedSink,
    config: &'env Config,
    clock: Clock<'env>,
    meters: Option<&'env Meters>,
    say: Say<'env>,
) -> io::Result<SyncSender<()>> {
    let (waker, wake) = sync_channel(1);
    let (redaction, retry_for) = (&config.redaction, config.retry_for);
    let worker = Worker { spool, sink, redaction, retry_for, clock, meters, say };
    thread::Builder::new().spawn_scoped(scope, move || worker.run(&wake))?;
    Ok(waker)
}

/// Says which sinks are owed something and are in the config no more.
fn name_dropped_sinks(spool: &Spool, names: &[&str], say: Say<'_>) -> Result<(), SpoolError> {
    let known: BTreeSet<_> = names.iter().copied().collect();
    for sink in spool.queues()? {
        if !known.contains(sink.as_str()) && spool.owes(&sink)? {
            say(format_args!("{sink}: is in no config; what it is owed stays in the spool"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod simulation;
#[cfg(test)]
mod storms;
#[cfg(test)]
mod tests;
