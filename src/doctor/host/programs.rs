//! The programs of the monitor, where the hooks' stanzas and the kick look for them.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::enable::is_executable;
use crate::enable::upstart::{HOOKS, path_of};
use crate::job_file::Process;
use crate::paths::{COMMAND, Places};

/// Where the observer's program lies.
pub(in crate::doctor) const OBSERVER: &str = "/opt/upstart-monitor/bin/stopping";

/// The programs of the monitor.
#[derive(Debug, Clone)]
pub struct Programs {
    /// The hooks, with the process that each is for.
    pub hooks: Vec<(Process, Program)>,
    /// The observer's.
    pub observer: Program,
    /// `upstart-crash`, beside the hooks.
    pub command: Program,
}

/// A program.
#[derive(Debug, Clone)]
pub struct Program {
    /// Where it is to lie.
    pub path: PathBuf,
    /// Whether it does.
    pub state: ProgramState,
}

/// Whether a program can be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProgramState {
    /// It can.
    Fine,
    /// It is not there.
    Missing,
    /// It may not be executed.
    NotExecutable,
    /// It cannot be looked at, for this reason.
    NotKnown(String),
}

impl Programs {
    pub(super) fn look(places: Places) -> Self {
        let program = |path: &str| {
            let path = places.below_root(Path::new(path));
            Program { state: state(&path), path }
        };
        Self {
            hooks: HOOKS.map(|hook| (hook, program(&path_of(hook)))).into(),
            observer: program(OBSERVER),
            command: program(COMMAND),
        }
    }
}

fn state(path: &Path) -> ProgramState {
    match fs::metadata(path) {
        Ok(_) if is_executable(path) => ProgramState::Fine,
        Ok(_) => ProgramState::NotExecutable,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            ProgramState::Missing
        }
        Err(error) => ProgramState::NotKnown(error.to_string()),
    }
}
