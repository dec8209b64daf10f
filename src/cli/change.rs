//! Changes of jobs' files: found, shown, asked about, made.

use std::io::{self, BufRead, IsTerminal, Write};

use anstyle::AnsiColor;
use clap::Args;
use similar::TextDiff;

use super::CliError;
use super::look::Look;
use super::text::harmless;
use crate::enable::{Change, JobPlace, Refused, find};
use crate::paths::Places;

/// Which jobs, and whether to ask.
#[derive(Args)]
pub(super) struct Request {
    /// Names of jobs (`nginx`, `sub/bar`), paths of their files, or globs (`'web-*'`)
    #[arg(required = true, value_name = "JOB")]
    jobs: Vec<String>,
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
        change: impl Fn(JobPlace) -> Result<Change, Refused>,
        nothing_to_do: &str,
        refused: &mut Vec<String>,
        out: &mut dyn Write,
    ) -> Result<Vec<Change>, CliError> {
        let mut found: Vec<JobPlace> = Vec::new();
        for named in &self.jobs {
            match find(places, named) {
                Ok(jobs) => found.extend(jobs),
                Err(why) => refused.push(why.to_string()),
            }
        }
        found.sort();
        found.dedup();
        let mut changes = Vec::new();
        for place in found {
            let name = place.name.clone();
            match change(place) {
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
        let what = if count == 1 { "this".to_owned() } else { format!("this to {count} jobs") };
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

/// Prints the change of each file as a unified diff.
fn show(change: &Change, out: &mut dyn Write) -> Result<(), CliError> {
    let look = Look::of_stdout();
    for file in &change.files {
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        let (before, after) = (text(&file.before), text(&file.after));
        let diff = TextDiff::from_lines(&before, &after);
        let name = file.path.display().to_string();
        let unified = diff.unified_diff().header(&name, &name).to_string();
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
    }
    Ok(())
}
