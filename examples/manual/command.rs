//! The pages on the command, and the shells' completions, from the command line that it parses.

use std::fs;
use std::io;
use std::path::Path;

use clap::Command;
use clap_complete::Shell;
use clap_mangen::Man;
use upstart_monitor::cli;

use super::title;

/// The command.
const NAME: &str = "upstart-crash";

/// Writes the completions into `directory`.
pub(super) fn write_completions(directory: &Path) -> io::Result<()> {
    let mut command = cli::command();
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        let path = clap_complete::generate_to(shell, &mut command, NAME, directory)?;
        if shell == Shell::Bash {
            // The generator writes the hyphen of a command's name in two ways, and then looks for
            // the one under the other.
            let script = fs::read_to_string(&path)?;
            fs::write(&path, script.replace("upstart__subcmd__crash", "upstart__crash"))?;
        }
    }
    Ok(())
}

/// Writes the page on the command, and one on each subcommand, into `directory`.
pub(super) fn write_pages(directory: &Path) -> io::Result<()> {
    let mut command = cli::command();
    command.build();
    write_page(&command, directory)
}

/// Writes the page on `command` and one on each of its subcommands that people type.
fn write_page(command: &Command, directory: &Path) -> io::Result<()> {
    let name = command.get_display_name().unwrap_or(command.get_name()).to_owned();
    let mut page = Vec::new();
    Man::new(command.clone()).render(&mut page)?;
    let page = String::from_utf8_lossy(&page);
    let lines = page.lines().map(|line| match line.strip_prefix(".TH ") {
        Some(_) => title(&name, "8"),
        None => line.to_owned(),
    });
    let page = lines.fold(String::new(), |page, line| page + &line + "\n");
    fs::write(directory.join(format!("{name}.8")), page)?;
    let typed = |sub: &&Command| !sub.is_hide_set() && sub.get_name() != "help";
    command.get_subcommands().filter(typed).try_for_each(|sub| write_page(sub, directory))
}
