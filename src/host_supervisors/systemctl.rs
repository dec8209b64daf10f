//! systemd, as it is asked by its own command.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::paths::Places;
use crate::run_command::{Children, Ended, Run, run};

/// Where systemd has it, since and before /bin became a link.
const PROGRAMS: [&str; 2] = ["/usr/bin/systemctl", "/bin/systemctl"];

/// How long it may take: a daemon-reload runs all generators.
const LIMIT: Duration = Duration::from_secs(60);

/// Why systemd was not asked, or did not do it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failed {
    /// It is not at work here, as in an image.
    NotAtWork,
    /// There is no such command.
    NoCommand,
    /// What it said.
    Said(String),
}

/// Its version, such as 252; of old ones and new ones alike the first line says it.
pub fn version(places: Places) -> Option<u32> {
    let said = call(&program(places)?, &["--version"]).ok()?.output;
    let number = said.strip_prefix("systemd ")?;
    let end = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
    number.get(..end)?.parse().ok()
}

/// Whether systemd is the init that is at work (sd_booted(3)).
pub fn is_at_work(places: Places) -> bool {
    places.below_root(Path::new("/run/systemd/system")).is_dir()
}

/// Has it read its files again.
///
/// # Errors
/// [`Failed`].
pub fn daemon_reload(places: Places) -> Result<(), Failed> {
    ask(places, &["daemon-reload"]).map(drop)
}

/// What it says to `words`.
///
/// # Errors
/// [`Failed`].
pub fn ask(places: Places, words: &[&str]) -> Result<String, Failed> {
    if !is_at_work(places) {
        return Err(Failed::NotAtWork);
    }
    let program = program(places).ok_or(Failed::NoCommand)?;
    let ended = call(&program, words).map_err(|error| Failed::Said(error.to_string()))?;
    match ended.exit {
        Some(0) => Ok(ended.output),
        _ if ended.timed_out => Err(Failed::Said("it does not come to an end".to_owned())),
        _ => Err(Failed::Said(ended.output.trim().to_owned())),
    }
}

fn program(places: Places) -> Option<PathBuf> {
    let all = PROGRAMS.map(|path| places.below_root(Path::new(path)));
    all.into_iter().find(|path| path.is_file())
}

fn call(program: &Path, words: &[&str]) -> std::io::Result<Ended> {
    let mut argv = vec![program.to_string_lossy().into_owned()];
    argv.extend(words.iter().map(|word| (*word).to_owned()));
    run(Run {
        argv: &argv,
        environment: &[("PATH", crate::run_command::PATH.to_owned()), ("LC_ALL", "C".to_owned())],
        input: b"",
        timeout: LIMIT,
        children: Children::Killed,
    })
}
