//! systemd: its version, the units with hooks of ours, the drop-in for all services, the path unit.

use std::fs;
use std::path::{Path, PathBuf};

use crate::enable::systemd::{HOST_FILE, HookLine, SHIPPED, Unit, hook_lines};
use crate::host_supervisors::systemctl::{self, Failed};
use crate::paths::Places;

/// The unit that starts the notifier when a hook leaves something.
pub(in crate::doctor) const PATH_UNIT: &str = "upstart-monitor-deliver.path";

/// The most units that are asked about at once: the answer is bounded.
const AT_ONCE: usize = 100;

/// Facts on systemd.
#[derive(Debug, Clone)]
pub struct SystemdFacts {
    /// Its version, where it tells it.
    pub version: Option<u32>,
    /// Why it does not answer; of one that is not at work, nothing is asked.
    pub answers: Result<(), Failed>,
    /// The units that call hooks.
    pub units: Vec<UnitFacts>,
    /// The drop-in for all services.
    pub host_drop_in: HostDropIn,
    /// Whether the path unit waits for something to deliver.
    pub path_unit: Result<(), Failed>,
}

/// A unit that calls hooks.
#[derive(Debug, Clone)]
pub struct UnitFacts {
    /// Its name.
    pub name: String,
    /// The lines of its files that call hooks.
    pub hooks: Vec<HookLine>,
    /// Whether systemd has read these files.
    pub is_loaded: bool,
}

/// The state of the drop-in for all services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostDropIn {
    /// It calls the observer's program.
    On,
    /// It is not installed.
    Missing,
    /// This file switches it off.
    Off(PathBuf),
    /// This file stands in for it, and says something else.
    Other(PathBuf),
}

impl SystemdFacts {
    pub(super) fn look(places: Places, units: &[Unit]) -> Self {
        let answers = systemctl::ask(places, &["show", "--property=Version"]).map(drop);
        let with_hooks = units.iter().filter_map(|unit| {
            let hooks: Vec<_> =
                unit.files(places).iter().flat_map(|text| hook_lines(text.as_bytes())).collect();
            let name = unit.name.clone();
            (!hooks.is_empty()).then_some(UnitFacts { name, hooks, is_loaded: true })
        });
        let mut units: Vec<_> = with_hooks.collect();
        let stale = stale(places, &units);
        units.iter_mut().for_each(|unit| unit.is_loaded = !stale.contains(&unit.name));
        Self {
            version: systemctl::version(places),
            path_unit: systemctl::ask(places, &["is-active", PATH_UNIT]).map(drop),
            host_drop_in: HostDropIn::look(places),
            answers,
            units,
        }
    }
}

/// The names of the units whose files systemd has not read since they changed.
fn stale(places: Places, units: &[UnitFacts]) -> Vec<String> {
    let names: Vec<_> = units.iter().map(|unit| &*unit.name).collect();
    // A template is read whenever one of its services is.
    let names: Vec<_> = names.into_iter().filter(|name| !name.contains("@.")).collect();
    let mut stale = Vec::new();
    for names in names.chunks(AT_ONCE) {
        let words = ["show", "--property=Id,NeedDaemonReload", "--"];
        let words: Vec<_> = words.into_iter().chain(names.iter().copied()).collect();
        let said = systemctl::ask(places, &words).unwrap_or_default();
        for unit in said.split("\n\n") {
            let has = |line: &str| unit.lines().any(|it| it == line);
            let id = unit.lines().find_map(|line| line.strip_prefix("Id="));
            stale.extend(id.filter(|_| has("NeedDaemonReload=yes")).map(str::to_owned));
        }
    }
    stale
}

impl HostDropIn {
    fn look(places: Places) -> Self {
        let own = places.below_root(Path::new(HOST_FILE));
        let all = std::iter::once(HOST_FILE).chain(SHIPPED);
        let mut paths = all.map(|path| places.below_root(Path::new(path)));
        // A link to /dev/null reads as nothing.
        let found = paths.find_map(|path| Some((fs::read(&path).ok()?, path)));
        match found {
            None => Self::Missing,
            Some((text, _)) if hook_lines(&text).iter().any(|it| it.program == "stopping") => {
                Self::On
            }
            Some((text, path)) if crate::enable::systemd::is_silent(&text) => Self::Off(path),
            Some((_, path)) => Self::Other(if own.exists() { own } else { path }),
        }
    }
}
