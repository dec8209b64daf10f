//! The notifier: from the spool, by the policy, to the sinks.

mod examinations;
mod watch;
mod worker;

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, Scope};
use std::time::{Duration, Instant};

use crate::config::{Config, ConfigError};
use crate::examine::Settings;
use crate::paths::Places;
use crate::sinks::NamedSink;
use crate::spool::{Say, Spool, SpoolError};
use crate::sys;
use examinations::Examinations;
use watch::{Bell, Watch};
use worker::Worker;

/// How often a notifier at work looks, without being asked, whether the config has changed, and for
/// what the disk refused before.
const LOOK_AROUND: Duration = Duration::from_secs(60);

/// Why there was no delivery.
#[derive(Debug)]
pub enum NotifierError {
    /// The config is broken; the reports stay where they are.
    Config(ConfigError),
    /// The spool cannot be used.
    Spool(SpoolError),
    /// The threads of this process have no way to tell each other something.
    NoBell(io::Error),
}

impl From<ConfigError> for NotifierError {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

impl From<SpoolError> for NotifierError {
    fn from(error: SpoolError) -> Self {
        Self::Spool(error)
    }
}

impl fmt::Display for NotifierError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(ConfigError(problems)) => f.write_str(&problems.join("\n")),
            Self::Spool(error) => error.fmt(f),
            Self::NoBell(error) => write!(f, "cannot make a pair of sockets: {error}"),
        }
    }
}

impl std::error::Error for NotifierError {}

/// Reads the config, anew at each call.
pub type Load<'a> = &'a dyn Fn() -> Result<Config, ConfigError>;

/// Delivers everything in `spool`, and returns when nothing is owed any more to a sink that takes
/// it. Where another notifier is at work, returns at once: that one will do it.
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
    let mut first = Some(load()?);
    alone(spool, || {
        let mut config = first.take().map_or_else(load, Ok)?;
        // They go on while the config changes.
        let mut examinations = Examinations::new(places, spool).map_err(NotifierError::NoBell)?;
        while let Some(changed) = serve(spool, &config, &mut examinations, load, LOOK_AROUND, say)?
        {
            config = changed;
        }
        Ok(())
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

/// Serves the sinks of `config` until nothing is owed, or until the config has changed, which is
/// looked for at every word and every `look_around`: then returns the new one.
///
/// Without sinks it only makes reports of unseen markers: they wait in `new/` for a config.
fn serve(
    spool: &Spool,
    config: &Config,
    examinations: &mut Examinations,
    load: Load<'_>,
    look_around: Duration,
    say: Say<'_>,
) -> Result<Option<Config>, SpoolError> {
    let names: Vec<&str> = config.sinks.iter().map(|sink| sink.name.as_str()).collect();
    let fingerprints = fingerprints(config);
    spool.remove_leftovers(sys::now(), say)?;
    spool.give_up_orphans(sys::now(), say)?;
    name_dropped_sinks(spool, &names, say)?;
    let active = active_sinks(spool, config, say)?;
    let watch = watch_over(spool, &names, examinations.bell())?;
    if names.is_empty() && (spool.has_unseen()? || spool.has_new()?) {
        say(format_args!("the config names no sink: reports wait in the spool"));
    }

    thread::scope(|scope| {
        let workers: Vec<_> =
            active.iter().map(|sink| start_worker(scope, spool, sink, config, say)).collect();
        let mut looked_around = Instant::now();
        loop {
            let emergency = spool.adopt_emergency(sys::now(), say)?;
            let unseen = spool.adopt_unseen(say)?;
            // What goes nowhere yet is not examined.
            let more = !names.is_empty() && examinations.go_on(&config.examination, say)?;
            let held = |id| examinations.holds(id);
            let new = spool.take_new(&names, sys::now(), &held, say)?;
            if new.taken > 0 {
                // A worker that is awake already has a message waiting, one is enough.
                for wake in &workers {
                    let _ = wake.try_send(());
                }
            }
            if emergency.left + unseen.left + new.left == 0 && !anything_owed(spool, &active)? {
                return Ok(None);
            }
            watch.wait(if more { Duration::ZERO } else { look_around });
            if spool.take_word() || looked_around.elapsed() >= look_around {
                looked_around = Instant::now();
                match load() {
                    Ok(now) if self::fingerprints(&now) != fingerprints => return Ok(Some(now)),
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
        if spool.parked(&sink.name).is_none() && spool.head(&sink.name)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Watches what hooks write and what workers settle, so that both end the wait, as `bell` does.
fn watch_over(spool: &Spool, sinks: &[&str], bell: &Bell) -> Result<Watch, SpoolError> {
    let mut directories = spool.arrival_dirs().to_vec();
    for sink in sinks {
        directories.push(spool.make_queue(sink)?);
    }
    Ok(Watch::over(&directories, bell))
}

/// Starts the worker of `sink`; what is returned wakes it, and ends it when dropped.
fn start_worker<'scope, 'env>(
    scope: &'scope Scope<'scope, 'env>,
    spool: &'env Spool,
    sink: &'env NamedSink,
    config: &'env Config,
    say: Say<'env>,
) -> SyncSender<()> {
    let (waker, wake) = sync_channel(1);
    let (redaction, retry_for) = (&config.redaction, config.retry_for);
    scope.spawn(move || Worker { spool, sink, redaction, retry_for, wake, say }.run());
    waker
}

/// Says which sinks are owed something and are in the config no more.
fn name_dropped_sinks(spool: &Spool, names: &[&str], say: Say<'_>) -> Result<(), SpoolError> {
    let known: BTreeSet<_> = names.iter().copied().collect();
    for sink in spool.queues()? {
        if !known.contains(sink.as_str()) && spool.head(&sink)?.is_some() {
            say(format_args!("{sink}: is in no config; what it is owed stays in the spool"));
        }
    }
    Ok(())
}

/// What tells one config from another.
type Fingerprints = (Duration, Option<Vec<String>>, Arc<Settings>, Vec<(String, String)>);

/// That of `config`.
fn fingerprints(config: &Config) -> Fingerprints {
    let sinks = config.sinks.iter().map(|sink| (sink.name.clone(), sink.sink.fingerprint()));
    let redaction = config.redaction.fingerprint().map(<[String]>::to_vec);
    (config.retry_for, redaction, Arc::clone(&config.examination), sinks.collect())
}

#[cfg(test)]
mod tests;
