//! The services of runit and s6: what their programs call.

use std::fs;
use std::io;
use std::path::PathBuf;

use crate::enable::is_executable;
use crate::enable::service_directory::{Hook, calls, end_before_call};
use crate::host_supervisors::ServiceDirectory;
use crate::supervisor::Supervisor;

/// A service of runit or s6.
#[derive(Debug, Clone)]
pub struct ServiceFacts {
    /// Its name.
    pub name: String,
    /// Who supervises it.
    pub kind: Supervisor,
    /// Its `run`.
    pub run: ProgramOfService,
    /// Its `finish`.
    pub finish: ProgramOfService,
    /// Why what its supervisor knows cannot be read; one that is not looked after yet knows nothing.
    pub supervise: Result<(), String>,
}

/// A program of a service.
#[derive(Debug, Clone)]
pub struct ProgramOfService {
    /// Where it lies, or would.
    pub path: PathBuf,
    /// Whether it is there.
    pub exists: bool,
    /// Whether it can be executed.
    pub is_executable: bool,
    /// Whether it calls our hook.
    pub calls: bool,
    /// The line before the call at which it is over.
    pub ends_before: Option<usize>,
}

impl ServiceFacts {
    pub(super) fn look(service: &ServiceDirectory) -> Self {
        let status = service.path.join("supervise/status");
        let supervise = match fs::read(&status) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(format!("{}: {error}", status.display()))
            }
            _ => Ok(()),
        };
        let program = |hook| ProgramOfService::look(service, hook);
        Self {
            name: service.name.clone(),
            kind: service.kind,
            run: program(Hook::Run),
            finish: program(Hook::Finish),
            supervise,
        }
    }

    /// Whether any hook of ours is called.
    pub fn has_hooks(&self) -> bool {
        self.run.calls || self.finish.calls
    }
}

impl ProgramOfService {
    fn look(service: &ServiceDirectory, hook: Hook) -> Self {
        let path = service.path.join(hook.file());
        let text = fs::read(&path).unwrap_or_default();
        Self {
            exists: path.exists(),
            is_executable: is_executable(&path),
            calls: calls(&text, hook),
            ends_before: end_before_call(&text, hook),
            path,
        }
    }
}
