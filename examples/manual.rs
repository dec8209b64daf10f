//! Writes the man pages and the shells' completions of the command, from the command line that it
//! parses: `cargo run --example manual DIRECTORY`. Not shipped.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::Command;
use clap_complete::Shell;
use clap_mangen::Man;
use upstart_monitor::cli;

/// The command.
const NAME: &str = "upstart-crash";

fn main() -> io::Result<()> {
    let directory = std::env::args_os().nth(1).map(PathBuf::from);
    let directory = directory.ok_or_else(|| io::Error::other("usage: manual DIRECTORY"))?;
    let (pages, completions) = (directory.join("man"), directory.join("completions"));
    fs::create_dir_all(&pages)?;
    fs::create_dir_all(&completions)?;

    let mut command = cli::command();
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        let path = clap_complete::generate_to(shell, &mut command, NAME, &completions)?;
        if shell == Shell::Bash {
            // The generator writes the hyphen of a command's name in two ways, and then looks for
            // the one under the other.
            let script = fs::read_to_string(&path)?;
            fs::write(&path, script.replace("upstart__subcmd__crash", "upstart__crash"))?;
        }
    }
    command.build();
    write_page(&command, &pages)
}

/// Writes the page on `command` and one on each of its subcommands that people type.
fn write_page(command: &Command, directory: &Path) -> io::Result<()> {
    let name = command.get_display_name().unwrap_or(command.get_name()).to_owned();
    let mut page = Vec::new();
    Man::new(command.clone()).section("8").manual("upstart-monitor").render(&mut page)?;
    fs::write(directory.join(format!("{name}.8")), page)?;
    let typed = |sub: &&Command| !sub.is_hide_set() && sub.get_name() != "help";
    command.get_subcommands().filter(typed).try_for_each(|sub| write_page(sub, directory))
}
