//! `upstart-crash explain`.

mod witness;

use std::io::Write;

use clap::Args;

use super::CliError;
use super::find::find;
use super::text::{harmless, wrap};
use crate::meaning;
use crate::report::CrashReport;
use crate::spool::Spool;
use crate::sys;
use crate::verdict::in_words;

/// Explain a verdict: what each piece of evidence said, and what followed from it
#[derive(Args)]
pub(super) struct Explain {
    /// The report's id, as `list` shows it, or the beginning of its long form
    id: String,
}

impl Explain {
    pub(super) fn run(self, spool: &Spool, out: &mut dyn Write) -> Result<(), CliError> {
        let id = find(spool, &self.id)?;
        match spool.entry(id, sys::now())? {
            Some(entry) => Page { out }.print(&entry.report),
            None => Err(CliError::NoSuchReport(self.id)),
        }
    }
}

/// How wide the column of names is, with the space behind it.
const NAMES: usize = 14;

/// The explanation for a person to read.
struct Page<'a> {
    out: &'a mut dyn Write,
}

impl Page<'_> {
    fn print(&mut self, report: &CrashReport) -> Result<(), CliError> {
        writeln!(self.out, "{}", harmless(&report.summary))?;

        self.head("What it was")?;
        let verdict = &report.verdict;
        self.fact("Verdict", &in_words(verdict.kind, &report.exit))?;
        self.fact("That is", verdict.kind.meaning())?;
        if let Some(meaning) = meaning::of(&report.exit) {
            self.fact("It ended by", &meaning)?;
        }

        self.head("Why: the weightiest reason first")?;
        for (number, reason) in verdict.reasons.iter().enumerate() {
            self.fact(&format!("{}.", number + 1), reason)?;
        }

        self.head("What each piece of evidence said")?;
        for (name, said) in witness::statements(&report.evidence) {
            self.fact(name, &said)?;
        }
        if let Some(kernel) = report.kernel.as_ref().filter(|kernel| !kernel.lines.is_empty()) {
            self.head("The log's lines on this end")?;
            for line in &kernel.lines {
                writeln!(self.out, "  | {}", harmless(&line.text))?;
            }
        }
        Ok(())
    }

    fn head(&mut self, head: &str) -> Result<(), CliError> {
        Ok(writeln!(self.out, "\n{head}")?)
    }

    fn fact(&mut self, name: &str, value: &str) -> Result<(), CliError> {
        let value = wrap(&harmless(value), NAMES + 2);
        Ok(writeln!(self.out, "  {name:<NAMES$}{value}")?)
    }
}
