//! `upstart-crash explain`.

mod witness;

use std::io::Write;

use clap::Args;

use super::CliError;
use super::find::find;
use super::look::Look;
use super::page::Page;
use crate::meaning;
use crate::report::CrashReport;
use crate::spool::Spool;
use crate::sys;
use crate::verdict::in_words;

/// Explain a verdict: what each piece of evidence said, and what followed from it
#[derive(Args)]
#[command(after_help = "Examples:\n  upstart-crash explain 6c1d8e40\n\n\
    Exit status: 0 explained, 1 there is no such report, or more than one may be meant.")]
pub(super) struct Explain {
    /// The report's id, as `list` shows it, or the beginning of its long form
    id: String,
}

impl Explain {
    pub(super) fn run(self, spool: &Spool, out: &mut dyn Write) -> Result<(), CliError> {
        let id = find(spool, &self.id)?;
        match spool.entry(id, sys::now())? {
            Some(entry) => print(&mut Page::new(out, Look::of_stdout(), NAMES), &entry.report),
            None => Err(CliError::NoSuchReport(self.id)),
        }
    }
}

/// How wide the column of names is, with the space behind it.
const NAMES: usize = 16;

fn print(page: &mut Page<'_>, report: &CrashReport) -> Result<(), CliError> {
    let verdict = &report.verdict;
    page.title(&report.summary, report.severity)?;

    page.head("What it was")?;
    page.fact("  Verdict", &in_words(report.init.kind, verdict.kind, &report.exit))?;
    page.fact("  That is", verdict.kind.meaning())?;
    if let Some(meaning) = meaning::of(&report.exit) {
        page.fact("  It ended by", &meaning)?;
    }

    page.head("Why: the weightiest reason first")?;
    for (number, reason) in verdict.reasons.iter().enumerate() {
        page.fact(&format!("  {}.", number + 1), reason)?;
    }

    page.head("What each piece of evidence said")?;
    for (name, said) in witness::statements(&report.evidence) {
        page.fact(&format!("  {name}"), &said)?;
    }
    if let Some(kernel) = report.kernel.as_ref().filter(|kernel| !kernel.lines.is_empty()) {
        page.head("The log's lines on this end")?;
        kernel.lines.iter().try_for_each(|line| page.quote(&line.text))?;
    }
    Ok(())
}
