//! Changes of jobs' files: found, shown, asked about, made.

use std::io::{self, BufRead, IsTerminal, Write};

use anstyle::AnsiColor;
use clap::Args;
use similar::TextDiff;

use super::CliError;
use super::look::Look;
use super::text::harmless;
use crate::enable::{Change, FileChange, Refused, Target, find};
use crate::host_supervisors::{HostSupervisors, systemctl};
use crate::paths::Places;
use crate::supervisor::Supervisor;

/// Which jobs, and whether to ask.
#[derive(Args)]
pub(super) struct Request {
    /// Names of jobs, units or services (`nginx`, `sub/bar`, `web@eu.service`), paths of their
    /// files or directories, or globs (`'web-*'`)
    #[arg(required_unless_present = "host", value_name = "JOB")]
    jobs: Vec<String>,
    /// Every service of systemd's that has no hooks of its own
    #[arg(long, conflicts_with_all = ["jobs", "init"])]
    host: bool,
    /// Whose service it is, where several supervisors have one of that name
    #[arg(long, value_enum, value_name = "KIND")]
    init: Option<Supervisor>,
    /// Change the files without asking
    #[arg(long, short)]
    yes: bool,
    /// Show what would change, and change nothing
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
}

impl Request {
    /// Shows what `change` makes of each job, has it confirmed, and gives the changes that are to
    /// be made: none where nothing is. What cannot be changed is added to `refused`.
    ///
    /// # Errors
    /// [`CliError::NobodyToAsk`], [`CliError::Declined`].
    pub(super) fn changes(
        &self,
        places: Places,
        change: impl Fn(Target) -> Result<Change, Refused>,
        nothing_to_do: &str,
        refused: &mut Vec<String>,
        out: &mut dyn Write,
    ) -> Result<Vec<Change>, CliError> {
        let supervisors = HostSupervisors::find(places);
        let mut found: Vec<Target> = Vec::new();
        if self.host {
            match supervisors.has(Supervisor::Systemd) {
                true => found.push(Target::WholeHost),
                false => refused.push(Refused::NotSystemd.to_string()),
            }
        }
        for named in &self.jobs {
            match find(places, &supervisors, self.init, named) {
                Ok(targets) => found.extend(targets),
                Err(why) => refused.push(why.to_string()),
            }
        }
        found.sort();
        found.dedup();
        let mut changes = Vec::new();
        for target in found {
            let name = target.name().to_owned();
            match change(target) {
                Ok(change) if change.is_empty() => {
                    writeln!(out, "{} {nothing_to_do}.", harmless(&name))?;
                }
                Ok(change) => changes.push(change),
                Err(why) => refused.push(format!("{name}: {why}")),
            }
        }
        for change in &changes {
            show(change, out)?;
        }
        if self.dry_run || changes.is_empty() {
            return Ok(Vec::new());
        }
        self.confirm(changes.len(), out)?;
        Ok(changes)
    }

    fn confirm(&self, count: usize, out: &mut dyn Write) -> Result<(), CliError> {
        if self.yes {
            return Ok(());
        }
        if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
            out.flush()?;
            return Err(CliError::NobodyToAsk);
        }
        let what = if count == 1 { "this".to_owned() } else { format!("this to {count} services") };
        write!(out, "Do {what}? [y/N] ")?;
        out.flush()?;
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer)?;
        match answer.trim() {
            "y" | "Y" | "yes" => Ok(()),
            _ => Err(CliError::Declined),
        }
    }
}

/// What became of all jobs: an error where some were refused.
pub(super) fn outcome(refused: Vec<String>) -> Result<(), CliError> {
    if refused.is_empty() { Ok(()) } else { Err(CliError::Jobs(refused)) }
}

/// Has systemd take notice of `changes`, if any is of its own.
pub(super) fn reload(
    places: Places,
    changes: &[Change],
    refused: &mut Vec<String>,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    if changes.iter().all(|change| change.target.kind() != Supervisor::Systemd) {
        return Ok(());
    }
    match systemctl::daemon_reload(places) {
        Ok(()) => writeln!(out, "systemd has read its files again (daemon-reload).")?,
        Err(systemctl::Failed::NotAtWork) => {
            writeln!(out, "No systemd is at work here: it reads the files when it starts.")?;
        }
        Err(systemctl::Failed::NoCommand) => refused
            .push("systemd has not read its files again: there is no systemctl here".to_owned()),
        Err(systemctl::Failed::Said(why)) => {
            refused.push(format!("systemctl daemon-reload: {why}"));
        }
    }
    Ok(())
}

/// Prints the change of each file as a unified diff.
fn show(change: &Change, out: &mut dyn Write) -> Result<(), CliError> {
    change.files.iter().try_for_each(|file| show_file(file, Look::of_stdout(), out))
}

fn show_file(file: &FileChange, look: Look, out: &mut dyn Write) -> Result<(), CliError> {
    let text = |bytes: &Option<Vec<u8>>| {
        String::from_utf8_lossy(bytes.as_deref().unwrap_or_default()).into_owned()
    };
    let (before, after) = (text(&file.before), text(&file.after));
    let diff = TextDiff::from_lines(&before, &after);
    let name = file.path.display().to_string();
    let name_of = |bytes: &Option<_>| if bytes.is_some() { &*name } else { "/dev/null" };
    let (old, new) = (name_of(&file.before), name_of(&file.after));
    let unified = diff.unified_diff().header(old, new).to_string();
    for line in unified.lines() {
        let colour = match line.as_bytes().first() {
            Some(b'+') => AnsiColor::Green.on_default(),
            Some(b'-') => AnsiColor::Red.on_default(),
            Some(b'@') => AnsiColor::Cyan.on_default(),
            _ => anstyle::Style::new(),
        };
        let (on, off) = look.codes(colour);
        writeln!(out, "{on}{}{off}", harmless(line))?;
    }
    Ok(())
}
