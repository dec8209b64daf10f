//! `upstart-crash report`.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::moment::Moment;
use super::text::size;
use super::{CliError, warn};
use crate::config::Config;
use crate::globs::JobGlobs;
use crate::html::{self, History, Scope};
use crate::message::counted;
use crate::notice::Notice;
use crate::notifier::NotifierError;
use crate::paths::Places;
use crate::redaction::Redaction;
use crate::snapshot::Host;
use crate::spool::Spool;
use crate::sys;

/// Write the history of crashes as one page for a browser
///
/// A timeline of each job, the causes, memory and load at each crash, and the newest reports to
/// open. The page is one file that needs no network. What the config has removed from messages is
/// removed from the page too. It still holds logs: the file is for its owner alone, and who gets it
/// is up to you.
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    upstart-crash report --html crashes.html\n  \
    upstart-crash report --html week.html --since 7d --job 'shop*'\n  \
    upstart-crash report --html - | ssh desk 'cat >crashes.html'\n\n\
    Exit status: 0 written, also where there was no crash; 1 failed; 78 broken config, which says\n\
    what is removed.")]
pub(super) struct Report {
    /// The file to write; `-` is standard output
    #[arg(long, value_name = "FILE")]
    html: PathBuf,
    /// Only what happened since then: 24h or 30d ago, or a time in UTC
    #[arg(long, value_name = "TIME", value_parser = Moment::parse)]
    since: Option<Moment>,
    /// Only jobs that match this glob, or none that matches `!GLOB`; may be given several times
    #[arg(long = "job", value_name = "GLOB")]
    jobs: Vec<String>,
}

impl Report {
    pub(super) fn run(
        self,
        places: Places,
        spool: &Spool,
        out: &mut dyn Write,
    ) -> Result<(), CliError> {
        let redaction = Config::load(places).map_err(NotifierError::from)?.redaction;
        let history = self.history(spool, &redaction)?;
        let page = html::page(&history);
        if self.html == Path::new("-") {
            return Ok(out.write_all(page.as_bytes())?);
        }
        write(&self.html, &page).map_err(|error| CliError::Page(self.html.clone(), error))?;
        let reports = counted(history.reports() as u64, "report", "reports");
        let jobs = counted(history.job_count() as u64, "job", "jobs");
        let size = size(page.len() as u64);
        writeln!(out, "{reports} on {jobs}, {size}: {}", self.html.display())?;
        Ok(())
    }

    /// What may be told of the reports that are asked for.
    fn history(&self, spool: &Spool, redaction: &Redaction) -> Result<History, CliError> {
        let now = sys::now();
        let since = self.since.map(|moment| moment.seen_from(now));
        let globs = JobGlobs::of(&self.jobs);
        let mut history = History::of(Scope {
            host: Host::here().name,
            now,
            since,
            jobs: self.jobs.clone(),
            is_redacted: redaction.fingerprint().is_some(),
        });
        let mut keys = BTreeMap::new();
        for id in spool.ids()?.into_iter().rev().filter(|id| Some(id.time()) >= since) {
            let report = match spool.entry(id, now) {
                Ok(Some(entry)) => entry.report,
                Ok(None) => continue,
                Err(error) => {
                    warn(format_args!("{error}"));
                    history.miss();
                    continue;
                }
            };
            if globs.mean(&report.job.name, &report.job.instance) {
                let told = redaction.redact_notice(&Notice::of(&report), Some(&report));
                if let Some(shown) = told.report().filter(|_| !keys.contains_key(&report.key)) {
                    keys.insert(report.key.clone(), shown.key.clone());
                }
                history.add(told);
            }
        }
        for (key, shown) in keys {
            let closed_at = spool.incident(&key).and_then(|incident| incident.closed_at);
            closed_at.iter().for_each(|at| history.stable(&shown, *at));
        }
        Ok(history)
    }
}

/// Puts `page` into `file` in one step, for its owner alone.
fn write(file: &Path, page: &str) -> io::Result<()> {
    if fs::symlink_metadata(file).is_ok_and(|facts| !facts.is_file()) {
        return Err(io::Error::other("there is something that is no plain file"));
    }
    let directory = file.parent().filter(|directory| !directory.as_os_str().is_empty());
    let mut beside = tempfile::NamedTempFile::new_in(directory.unwrap_or(Path::new(".")))?;
    beside.write_all(page.as_bytes())?;
    beside.as_file().sync_all()?;
    beside.persist(file)?;
    Ok(())
}
