//! systemd's journal, read by the program that systemd has for it: the format of its files is not for
//! others (systemd.io/JOURNAL_FILE_FORMAT), and it finds them in memory and on the disk.

use std::path::Path;
use std::time::Duration;

use crate::paths::Places;
use crate::run_command::{Children, Ended, Run, run};

/// Where systemd has it, since and before /bin became a link.
const PROGRAMS: [&str; 2] = ["/usr/bin/journalctl", "/bin/journalctl"];

/// What every call is told.
const ALWAYS: [&str; 2] = ["--quiet", "--no-pager"];

/// The program.
pub(super) struct Journalctl(String);

impl Journalctl {
    /// This host's.
    ///
    /// # Errors
    /// That it has none, in words.
    pub(super) fn of(places: Places) -> Result<Self, String> {
        let mut programs = PROGRAMS.into_iter().map(|it| places.below_root(Path::new(it)));
        let program = programs.find(|program| program.is_file());
        let program = program.ok_or("journal: this host has no journalctl")?;
        Ok(Self(program.to_string_lossy().into_owned()))
    }

    /// What it says to `arguments`, for which it has `timeout`.
    ///
    /// # Errors
    /// That it failed, in words: its own first line.
    pub(super) fn ask(
        &self,
        arguments: impl IntoIterator<Item = String>,
        timeout: Duration,
    ) -> Result<Ended, String> {
        let argv: Vec<_> = [self.0.clone()]
            .into_iter()
            .chain(arguments)
            .chain(ALWAYS.map(str::to_owned))
            .collect();
        let environment = [("PATH", "/usr/bin:/bin".to_owned()), ("LC_ALL", "C".to_owned())];
        let children = Children::Killed;
        let run =
            run(Run { argv: &argv, environment: &environment, input: &[], timeout, children });
        let ended = run.map_err(|error| format!("journal: {error}"))?;
        if ended.timed_out {
            return Err("journal: it took too long".to_owned());
        }
        if ended.exit != Some(0) {
            let why = ended.output.lines().next().unwrap_or("journalctl failed");
            return Err(format!("journal: {why}"));
        }
        Ok(ended)
    }
}
