//! The hooks as programs.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::Refused;
use crate::paths::Places;

/// Where the program `name` of the monitor lies on the host.
pub fn program(name: &str) -> String {
    format!("/opt/upstart-monitor/bin/{name}")
}

/// Whether `path` leads to a program that can be executed.
pub fn is_executable(path: &Path) -> bool {
    let file = path.metadata();
    file.is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

/// That the programs `names` are there.
///
/// # Errors
/// [`Refused::NoProgram`].
pub(super) fn are_there(places: Places, names: &[&str]) -> Result<(), Refused> {
    let paths = names.iter().map(|name| places.below_root(Path::new(&program(name))));
    match paths.into_iter().find(|path| !is_executable(path)) {
        Some(missing) => Err(Refused::NoProgram(missing)),
        None => Ok(()),
    }
}
