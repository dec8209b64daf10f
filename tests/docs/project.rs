//! The project's own commands: `make`, and cargo's.

use std::process::Command;

use super::page::project;

/// Whether the Makefile has the target of `words`; nothing of it is made.
pub(super) fn make(words: &[&str]) -> Result<(), String> {
    let dry = Command::new("make").arg("-n").args(words).current_dir(project("")).output().unwrap();
    dry.status.success().then_some(()).ok_or_else(|| String::from_utf8_lossy(&dry.stderr).into())
}

/// Whether what `cargo nextest run` is to run is there. Cargo itself runs this test.
pub(super) fn cargo(words: &[&str]) -> Result<(), String> {
    let files = match words {
        ["nextest", "run", "--lib", name] => {
            [format!("src/{name}.rs"), format!("src/{name}/mod.rs")]
        }
        ["nextest", "run", "--test", name] => {
            [format!("tests/{name}.rs"), format!("tests/{name}/main.rs")]
        }
        _ => return Err("not one of the commands that tests/docs/project.rs knows".to_owned()),
    };
    let is_there = files.iter().any(|file| project(file).is_file());
    is_there.then_some(()).ok_or_else(|| format!("none of {files:?} is there"))
}
