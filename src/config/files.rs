//! Which files the config is made of.

use std::io;
use std::path::{Path, PathBuf};

use super::problem::{Problem, Spot};
use crate::paths::{CONFIG, CONFIG_DIR, Place, Places};

/// The files of the config that is installed in `places`, in the order in which they are read; none
/// where there is none.
pub(super) fn installed(places: Places, problems: &mut Vec<Problem>) -> Vec<PathBuf> {
    let in_config = |name| places.path(Place::Config, name);
    let (first, directory) = match (in_config(CONFIG), in_config(CONFIG_DIR)) {
        (Ok(first), Ok(directory)) => (first, directory),
        (Err(why), _) | (_, Err(why)) => {
            let spot = Spot { file: "the config".into(), position: None };
            problems.push(Problem { spot, text: why.words().to_owned() });
            return Vec::new();
        }
    };
    let mut paths = vec![first];
    paths.retain(|path| !is_absent(path));
    match list(&directory) {
        Ok(more) => paths.extend(more),
        Err(error) => {
            let spot = Spot { file: directory, position: None };
            problems.push(Problem { spot, text: error.to_string() });
        }
    }
    paths
}

/// Whether nothing is called `path`, not even a link that leads nowhere.
fn is_absent(path: &Path) -> bool {
    path.symlink_metadata().is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

/// The files `*.toml` of `directory` in the order of their names, hidden ones left out.
fn list(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    if is_absent(directory) {
        return Ok(paths);
    }
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if !hidden && path.extension().is_some_and(|extension| extension == "toml") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}
