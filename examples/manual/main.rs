//! Writes what is made of the code for people to read: the man pages and the shells' completions
//! of the command, from the command line that it parses, and the reference of the config, from the
//! comments on its settings. `cargo run --example manual DIRECTORY`, at the root of the sources.
//! Not shipped.

mod command;
mod configuration;
mod settings;
mod words;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The first line of the page `name`. It has no date, which would be that of the build; what is
/// empty, the generator leaves out.
fn title(name: &str, section: &str) -> String {
    format!(".TH {name} {section} \"\" \"upstart-monitor\" \"upstart-monitor\"")
}

fn main() -> io::Result<()> {
    let directory = std::env::args_os().nth(1).map(PathBuf::from);
    let directory = directory.ok_or_else(|| io::Error::other("usage: manual DIRECTORY"))?;
    let (pages, completions) = (directory.join("man"), directory.join("completions"));
    fs::create_dir_all(&pages)?;
    fs::create_dir_all(&completions)?;

    command::write_completions(&completions)?;
    command::write_pages(&pages)?;

    let tables = settings::tables(Path::new(env!("CARGO_MANIFEST_DIR")))?;
    let blocks = configuration::blocks(&tables);
    fs::write(directory.join("configuration.md"), configuration::markdown(&blocks))?;
    fs::write(pages.join("upstart-monitor-config.5"), configuration::page(&blocks))
}
