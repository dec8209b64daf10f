//! Counts what happens, for a time series database: `metrics.json` in the spool holds the counters,
//! a file that its collector reads shows them.
//!
//! Nothing here stops a delivery: what goes wrong is said.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::metrics::{Counters, Outcome, Queue, exposition};
use crate::report::CrashReport;
use crate::sinks::NamedSink;
use crate::spool::{Say, Spool};

/// Others than root read the file: the collector has a user of its own.
const MODE: u32 = 0o644;

/// What counts, for one config.
pub(super) struct Meters {
    /// Where the metrics are shown.
    textfile: PathBuf,
    state: Mutex<State>,
}

struct State {
    counters: Counters,
    /// Whether the counters are not on the disk as they are here.
    changed: bool,
    /// What is shown.
    shown: String,
    /// What went wrong: each is said once.
    troubles: BTreeSet<String>,
}

impl Meters {
    /// Goes on counting where the last notifier has stopped. `None` where the counters cannot be
    /// read at the moment: they are not to begin anew.
    pub(super) fn open(spool: &Spool, textfile: &Path, say: Say<'_>) -> Option<Self> {
        match spool.counters(say) {
            Ok(counters) => {
                let (shown, troubles) = (String::new(), BTreeSet::new());
                let state = State { counters, changed: false, shown, troubles };
                Some(Self { textfile: textfile.to_owned(), state: Mutex::new(state) })
            }
            Err(error) => {
                say(format_args!("{error}; nothing is counted"));
                None
            }
        }
    }

    /// A report was taken.
    pub(super) fn count_crash(&self, report: &CrashReport) {
        let mut state = self.state();
        state.changed |= state.counters.count_crash(report);
    }

    /// A notice was tried.
    pub(super) fn count_try(&self, sink: &NamedSink, outcome: Outcome) {
        let mut state = self.state();
        state.counters.count_try(&sink.name, outcome);
        state.changed = true;
    }

    /// Writes the counters down, so that what is archived next is counted.
    pub(super) fn keep(&self, spool: &Spool, say: Say<'_>) {
        let mut state = self.state();
        if !state.changed {
            return;
        }
        state.counters.retain_new(|report| spool.is_new(report));
        let kept = spool.keep_counters(&state.counters);
        state.changed = kept.is_err();
        state.note(kept.map_err(|error| error.to_string()), say);
    }

    /// Shows the counters, and what waits for each of `sinks`.
    pub(super) fn show(&self, spool: &Spool, sinks: &[NamedSink], say: Say<'_>) {
        self.keep(spool, say);
        let queue = |sink: &NamedSink| {
            let owed = spool.owed(&sink.name).ok()?;
            let oldest = owed.first().map(|id| id.time());
            Some(Queue { sink: sink.name.clone(), waiting: owed.len(), oldest })
        };
        let queues: Vec<_> = sinks.iter().filter_map(queue).collect();
        let mut state = self.state();
        let text = exposition(&state.counters, &queues);
        if text == state.shown {
            return;
        }
        let shown = replace(&self.textfile, &text);
        let shown = shown.map_err(|e| format!("cannot write {}: {e}", self.textfile.display()));
        if shown.is_ok() {
            state.shown = text;
        }
        state.note(shown, say);
    }

    /// The counters are whole after every step.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn note(&mut self, done: Result<(), String>, say: Say<'_>) {
        if let Err(why) = done
            && !self.troubles.contains(&why)
        {
            say(format_args!("{why}; the metrics stay as they are until it can be"));
            self.troubles.insert(why);
        }
    }
}

/// Makes `text` the content of `target`, in one step. The file beside it has no name that the
/// collector reads, and is new: in a directory of somebody else's no link is followed.
fn replace(target: &Path, text: &str) -> io::Result<()> {
    let beside = target.with_extension("prom.tmp");
    let mut create = OpenOptions::new();
    create.write(true).create_new(true).mode(MODE);
    let mut file = match create.open(&beside) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            fs::remove_file(&beside).and_then(|()| create.open(&beside))?
        }
        opened => opened?,
    };
    let written = file.write_all(text.as_bytes());
    // Whatever the umask is.
    let written = written.and_then(|()| file.set_permissions(Permissions::from_mode(MODE)));
    written.and_then(|()| fs::rename(&beside, target)).inspect_err(|_| {
        let _ = fs::remove_file(&beside);
    })
}
