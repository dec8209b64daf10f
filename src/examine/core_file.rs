//! The core file, if the kernel wrote one: where and how long, never what is in it.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Scene, coredump, unit_files};
use crate::aftermath::Core;
use crate::paths::Place;
use crate::snapshot::{Incomplete, noted};
use crate::supervisor::Supervisor;
use crate::sys::{self, CPath, Kind};
use crate::time::Timestamp;

/// The most names of the core's directory that are looked at.
const NAMES: usize = 4096;

/// A core whose name does not tell the process is this death's if it was last written at most this
/// long before the report, which is made after the kernel is done with the core.
const RECENTLY: Duration = Duration::from_secs(10);

/// The signals that end a process with a core (signal(7)).
const SIGNALS: [i32; 10] = [
    libc::SIGQUIT,
    libc::SIGILL,
    libc::SIGTRAP,
    libc::SIGABRT,
    libc::SIGBUS,
    libc::SIGFPE,
    libc::SIGSEGV,
    libc::SIGXCPU,
    libc::SIGXFSZ,
    libc::SIGSYS,
];

/// What the kernel did with the core of this death; `None` for an end that makes none.
pub(super) fn collect(scene: &Scene, gaps: &mut Vec<Incomplete>) -> Result<Option<Core>, String> {
    let report = &scene.report;
    let Some(signal) = report.exit.signal.filter(|signal| SIGNALS.contains(signal)) else {
        return Ok(None);
    };
    let setting = |name: &str| fs::read_to_string(Path::new("/proc/sys/kernel").join(name));
    let pattern = setting("core_pattern").map_err(|error| format!("core_pattern: {error}"))?;
    let pattern = pattern.trim_end_matches('\n').to_owned();
    if let Some(command) = pattern.strip_prefix('|') {
        let handler = handler(command);
        let told = (handler == coredump::HANDLER)
            .then(|| coredump::of_death(scene, pattern.clone()))
            .and_then(|told| noted(gaps, "core", told));
        let untold = || Core { handler: Some(handler), ..Core::by(pattern) };
        return Ok(Some(told.unwrap_or_else(untold)));
    }
    let dead = Dead {
        pid: scene.dead_main(),
        signal,
        host: &report.host.name,
        pid_is_appended: setting("core_uses_pid").is_ok_and(|text| text.trim() != "0"),
    };
    let directory = working_directory(scene);
    let found = dead.glob(&directory, &pattern).and_then(|glob| find(scene, &glob, &dead));
    Ok(Some(match found {
        Some((path, bytes)) => {
            let path = Some(path.display().to_string());
            Core { path, bytes: Some(bytes), ..Core::by(pattern) }
        }
        None => Core::by(pattern),
    }))
}

/// `apport`, `systemd-coredump`: the name of the program that a pattern hands cores to.
fn handler(command: &str) -> String {
    let program = command.split_ascii_whitespace().next().unwrap_or_default();
    program.rsplit('/').next().unwrap_or_default().to_owned()
}

/// Where main ran; `/` where that is not known.
fn working_directory(scene: &Scene) -> PathBuf {
    let named = match scene.report.init.kind {
        Supervisor::Upstart => chdir(scene),
        Supervisor::Systemd => unit_files::of(scene).ok().map(|files| files.working_directory),
        Supervisor::Runit | Supervisor::S6 => {
            scene.service_directory().map(|path| path.to_string_lossy().into_owned())
        }
    };
    PathBuf::from(named.filter(|path| path.starts_with('/')).unwrap_or_else(|| "/".to_owned()))
}

/// What the stanza `chdir` of the job's configuration says.
fn chdir(scene: &Scene) -> Option<String> {
    let file = format!("/{}.conf", scene.report.job.name);
    let text = scene.places.path(Place::Jobs, &file).ok().and_then(|path| fs::read(path).ok());
    let text = String::from_utf8_lossy(text.as_deref().unwrap_or_default()).into_owned();
    text.lines().rev().find_map(|line| {
        let (stanza, value) = line.trim().split_once(char::is_whitespace)?;
        (stanza == "chdir").then(|| value.trim().trim_matches(['"', '\'']).to_owned())
    })
}

/// What is known of the process that died.
struct Dead<'a> {
    pid: Option<i32>,
    signal: i32,
    host: &'a str,
    /// `core_uses_pid`: the name of a core whose pattern has no `%p` ends in `.PID`.
    pid_is_appended: bool,
}

/// Where a core can be: the glob of its whole path, the directory, and whether only this process's
/// can have such a name.
#[derive(Debug, PartialEq, Eq)]
struct CoreGlob {
    directory: PathBuf,
    glob: String,
    names_the_process: bool,
}

impl Dead<'_> {
    /// Where `pattern` (core(5)) puts the core of this process, that ran in `directory`; `None`
    /// where it puts none, or the directory's own name has something in it that is not known.
    fn glob(&self, directory: &Path, pattern: &str) -> Option<CoreGlob> {
        if pattern.is_empty() && !self.pid_is_appended {
            return None;
        }
        let pattern = if pattern.is_empty() { "core" } else { pattern };
        let absolute = directory.join(pattern);
        let (above, name) = (absolute.parent()?, absolute.file_name()?.to_str()?);
        let above = Pieces::of(above.to_str()?, self);
        let mut name = Pieces::of(name, self);
        if self.pid_is_appended && !pattern.contains("%p") {
            let pid = self.pid.map(|pid| pid.to_string());
            name.names_the_process = pid.is_some();
            name.glob.push('.');
            name.glob.push_str(pid.as_deref().unwrap_or("*"));
        }
        let glob = format!("{}/{}", above.glob.trim_end_matches('/'), name.glob);
        let directory = PathBuf::from(above.text?);
        let names_the_process = above.names_the_process || name.names_the_process;
        Some(CoreGlob { directory, glob, names_the_process })
    }
}

/// A part of a pattern with what is known put in.
struct Pieces {
    /// What it is; `None` where something in it is not known.
    text: Option<String>,
    /// The same as a glob, in which what is not known matches everything.
    glob: String,
    names_the_process: bool,
}

impl Pieces {
    fn of(pattern: &str, dead: &Dead<'_>) -> Self {
        let mut pieces =
            Self { text: Some(String::new()), glob: String::new(), names_the_process: false };
        let mut chars = pattern.chars();
        while let Some(c) = chars.next() {
            if c != '%' {
                pieces.push(Some(c.to_string()));
                continue;
            }
            match chars.next() {
                Some('%') => pieces.push(Some("%".to_owned())),
                Some('p') => {
                    pieces.names_the_process |= dead.pid.is_some();
                    pieces.push(dead.pid.map(|pid| pid.to_string()));
                }
                Some('s') => pieces.push(Some(dead.signal.to_string())),
                Some('h') => pieces.push(Some(dead.host.to_owned())),
                Some(_) => pieces.push(None),
                // The kernel drops it.
                None => {}
            }
        }
        pieces
    }

    fn push(&mut self, known: Option<String>) {
        match &known {
            Some(known) => known.chars().for_each(|c| {
                if matches!(c, '*' | '?' | '[' | ']' | '\\') {
                    self.glob.push('\\');
                }
                self.glob.push(c);
            }),
            None => self.glob.push('*'),
        }
        self.text = self.text.take().zip(known).map(|(text, known)| text + &known);
    }
}

/// The newest core at `place` that can be this death's, and its length.
fn find(scene: &Scene, place: &CoreGlob, dead: &Dead<'_>) -> Option<(PathBuf, u64)> {
    let directory = scene.places.below_root(&place.directory);
    let death = scene.report.time;
    let names = fs::read_dir(&directory)
        .ok()?
        .take(NAMES)
        .filter_map(|entry| Some(entry.ok()?.file_name()));
    let cores = names.filter_map(|name| {
        let inside = place.directory.join(&name);
        if !sys::matches(place.glob.as_bytes(), inside.as_os_str().as_bytes()) {
            return None;
        }
        let path = directory.join(&name);
        let stat = sys::stat(CPath::concat([path.as_os_str().as_bytes()]).ok()?.as_c_str()).ok()?;
        let fits = stat.kind == Kind::File && is_of_the_death(stat.modified, death, place, dead);
        fits.then_some((stat.modified, path, stat.size))
    });
    cores.max_by_key(|(modified, _, _)| *modified).map(|(_, path, bytes)| (path, bytes))
}

/// Whether a core last written then can be that of the `death`.
fn is_of_the_death(
    written: Timestamp,
    death: Timestamp,
    place: &CoreGlob,
    dead: &Dead<'_>,
) -> bool {
    let allowed =
        if place.names_the_process && dead.pid.is_some() { RECENTLY * 6 } else { RECENTLY };
    death.since(written) <= allowed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_lead_to_where_the_core_is() {
        for (pattern, uses_pid, pid, expected) in [
            ("core", false, Some(42), Some(("/srv", "/srv/core", false))),
            ("core", true, Some(42), Some(("/srv", "/srv/core.42", true))),
            ("core", true, None, Some(("/srv", "/srv/core.*", false))),
            ("", true, Some(42), Some(("/srv", "/srv/core.42", true))),
            ("", false, Some(42), None),
            ("core.%p", true, Some(42), Some(("/srv", "/srv/core.42", true))),
            ("core.%p", false, None, Some(("/srv", "/srv/core.*", false))),
            ("/c/%e.%p.%t", false, Some(42), Some(("/c", "/c/*.42.*", true))),
            ("/c/%h-%s-100%%", false, Some(42), Some(("/c", "/c/web-1-11-100%", false))),
            ("/c/[*?\\]", false, Some(42), Some(("/c", "/c/\\[\\*\\?\\\\\\]", false))),
            ("/c/%p/core", false, Some(42), Some(("/c/42", "/c/42/core", true))),
            ("/c/%u/core", false, Some(42), None),
            ("/core%", false, Some(42), Some(("/", "/core", false))),
            ("cores/core", false, None, Some(("/srv/cores", "/srv/cores/core", false))),
        ] {
            let dead = Dead { pid, signal: 11, host: "web-1", pid_is_appended: uses_pid };
            let expected = expected.map(|(directory, glob, names_the_process)| CoreGlob {
                directory: directory.into(),
                glob: glob.to_owned(),
                names_the_process,
            });
            assert_eq!(dead.glob(Path::new("/srv"), pattern), expected, "{pattern:?}");
        }
    }

    #[test]
    fn a_handler_is_called_by_its_name() {
        for (command, name) in [
            ("/usr/share/apport/apport %p %s %c %P", "apport"),
            ("/lib/systemd/systemd-coredump %P %u %g %s %t", "systemd-coredump"),
            ("", ""),
        ] {
            assert_eq!(handler(command), name);
        }
    }

    #[test]
    fn only_a_core_written_lately_is_this_deaths() {
        let at = |seconds: i64| Timestamp::from_micros(1_795_000_000_000_000 + seconds * 1_000_000);
        for (written, names_the_process, is_its) in [
            (0, false, true),
            (-9, false, true),
            (-11, false, false),
            (-11, true, true),
            (-90, true, false),
            (1, false, true),
        ] {
            let place = CoreGlob { directory: "/".into(), glob: String::new(), names_the_process };
            let dead = Dead { pid: Some(1), signal: 11, host: "", pid_is_appended: false };
            let fits = is_of_the_death(at(written), at(0), &place, &dead);
            assert_eq!(fits, is_its, "{written} {names_the_process}");
        }
    }
}
