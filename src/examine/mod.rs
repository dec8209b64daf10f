//! The examination: what is found out after the hook has returned and before the message goes.
//! One file a collector, one line each in `COLLECTORS`.
//!
//! Each collector runs in a thread of its own for a limited time. One that fails, or is too slow,
//! costs only itself: its name and the reason go to the report's `incomplete`.

mod changes;
mod command_line;
mod commands;
mod core_file;
mod coredump;
mod gave_up;
mod journal;
mod journalctl;
mod left_behind;
mod logs;
mod ports;
mod process;
mod processes;
mod recovery;
mod scene;
mod service;
mod settings;
mod unit_files;
mod uptime;

use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

pub use gave_up::{CrashedRun, Outlook};
pub use process::age;
pub use scene::Scene;
pub use settings::{Command, JOURNAL, JobLogs, LogSource, Settings, Settle};
pub use uptime::uptime;

use crate::aftermath::Aftermath;
use crate::snapshot::{Incomplete, LogTail};
use crate::sys;

/// How long a collector may take, besides what it is told to wait for.
const LIMIT: Duration = Duration::from_secs(3);

/// What an examination found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// What the machine looked like afterwards.
    pub aftermath: Aftermath,
    /// The last lines of the run, where the supervisor keeps them in a place that a hook does not
    /// wait for.
    pub log: Option<LogTail>,
    /// The supervisor's version, where a hook did not wait for it.
    pub version: Option<String>,
}

/// A collector's part, to be put in its place.
type Part = Box<dyn FnOnce(&mut Found) + Send>;

/// Finds its part out; gaps in it go to the list, and a refusal says in words why there is nothing.
type Collect = fn(&Scene, &mut Vec<Incomplete>) -> Result<Part, String>;

/// When a collector begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    /// At once.
    AtOnce,
    /// As soon as it is known whether the job came back.
    Settled,
}

/// All of them: by the name that `incomplete` gives them, when they begin, what they do.
const COLLECTORS: [(&str, When, Collect); 6] = [
    ("processes", When::AtOnce, |scene, _| {
        part(processes::collect(scene)?, |aftermath| &mut aftermath.processes)
    }),
    ("core", When::AtOnce, |scene, gaps| {
        Ok(match core_file::collect(scene, gaps)? {
            Some(core) => part(core, |aftermath| &mut aftermath.core)?,
            None => Box::new(|_| ()),
        })
    }),
    ("changes", When::AtOnce, |scene, _| {
        part(changes::collect(scene)?, |aftermath| &mut aftermath.changes)
    }),
    ("commands", When::AtOnce, |scene, gaps| {
        part(commands::collect(scene, gaps), |aftermath| &mut aftermath.commands)
    }),
    ("logs", When::AtOnce, |scene, gaps| {
        let logs::Logs { main, others } = logs::collect(scene, gaps);
        Ok(Box::new(move |found| (found.log, found.aftermath.logs) = (main, Some(others))))
    }),
    ("left_behind", When::Settled, |scene, _| {
        part(left_behind::collect(scene)?, |aftermath| &mut aftermath.left_behind)
    }),
];

fn part<T: Send + 'static>(
    found: T,
    place: fn(&mut Aftermath) -> &mut Option<T>,
) -> Result<Part, String> {
    Ok(Box::new(move |all| *place(&mut all.aftermath) = Some(found)))
}

/// Asks every collector, and waits whether the job comes back. What is missing is named.
pub fn examine(scene: &Arc<Scene>) -> (Found, Vec<Incomplete>) {
    let version = service::version(scene.places, scene.report.init.kind);
    let mut found = Found { aftermath: Aftermath::begun(sys::now()), log: None, version };
    let mut gaps = Vec::new();
    let mut running: Vec<_> = begin(scene, When::AtOnce).collect();
    match recovery::wait(scene) {
        Ok(recovery) => found.aftermath.recovery = recovery,
        Err(reason) => gaps.push(Incomplete { part: "recovery".to_owned(), reason }),
    }
    running.extend(begin(scene, When::Settled));
    for (name, asked) in running {
        let more = match asked.and_then(|asked| asked.answer()) {
            Ok((part, more)) => {
                part(&mut found);
                more
            }
            Err(reason) => vec![Incomplete { part: name.to_owned(), reason }],
        };
        gaps.extend(more);
    }
    (found, gaps)
}

/// A collector at work.
struct Asked {
    answer: Receiver<(Result<Part, String>, Vec<Incomplete>)>,
    until: Instant,
}

impl Asked {
    /// Its part and the gaps in it, when it is done or its time is over. One that is too slow is
    /// left to itself.
    fn answer(self) -> Result<(Part, Vec<Incomplete>), String> {
        let left = self.until.saturating_duration_since(Instant::now());
        let (part, gaps) = self.answer.recv_timeout(left).map_err(|_| "it took too long")?;
        Ok((part?, gaps))
    }
}

/// Starts the collectors that begin then.
fn begin(
    scene: &Arc<Scene>,
    now: When,
) -> impl Iterator<Item = (&'static str, Result<Asked, String>)> {
    let due = COLLECTORS.into_iter().filter(move |(_, when, _)| *when == now);
    due.map(move |(name, _, collect)| (name, ask(scene, name, collect)))
}

fn ask(scene: &Arc<Scene>, name: &str, collect: Collect) -> Result<Asked, String> {
    let (sender, answer) = channel();
    let limit = if name == "commands" { scene.longest_command() + LIMIT } else { LIMIT };
    let scene = Arc::clone(scene);
    thread::Builder::new()
        .spawn(move || {
            let mut gaps = Vec::new();
            let part = collect(&scene, &mut gaps);
            // Nobody listens any more to one that was too slow.
            let _ = sender.send((part, gaps));
        })
        .map_err(|error| format!("no thread: {error}"))?;
    Ok(Asked { answer, until: Instant::now() + limit })
}
