//! What the operator asked for: `/etc/upstart-monitor/config.toml` and `conf.d/*.toml`.
//!
//! A table for each kind and name (`[sink.slack.ops]`), so that a typo is reported at its line and
//! column with the keys that belong there. All problems of all files are reported together. Every
//! path that the config names lies under the root, where there is one, as those of the project do.

mod check;
mod document;
mod examination;
mod files;
mod findings;
mod folding;
mod jobs;
mod metrics;
mod named_jobs;
mod nearest;
mod open;
mod problem;
mod reading;
mod routing;
mod said;
mod sinks;
mod windows;
mod words;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::DeValue;

pub use check::{Checked, CheckedSink, UsedSecret, check};
pub(crate) use nearest::nearest;
pub use problem::{ConfigError, Problem, Spot};

use crate::examine::Settings;
use crate::job_settings::JobSettings;
use crate::paths::Places;
use crate::policy::Folding;
use crate::quiet::Windows;
use crate::redaction::{self, Pattern, Redaction};
use crate::secret::Environment;
use crate::sinks::{Delivery, NamedSink, Need, Needed};
use crate::spool::Limits;
use crate::zone::Zone;
use document::Document;
use findings::{Findings, Found};

/// The operator's wishes, checked.
pub struct Config {
    /// How long a sink is tried before a report is given up for it.
    pub retry_for: Duration,
    /// What is removed from reports on their way out.
    pub redaction: Redaction,
    /// How a storm is held within bounds.
    pub folding: Folding,
    /// What is found out after a crash, before its report goes.
    pub examination: Arc<Settings>,
    /// What reports on jobs carry.
    pub jobs: JobSettings,
    /// When crashes are planned.
    pub windows: Windows,
    /// How much the spool keeps.
    pub spool: Limits,
    /// The file in which metrics are shown; `None` where they are not.
    pub metrics: Option<PathBuf>,
    /// Where reports go, in the order of their names.
    pub sinks: Vec<NamedSink>,
}

impl Config {
    /// Reads the config in its place; no config at all is a config without sinks.
    ///
    /// # Errors
    /// All problems of all files.
    pub fn load(places: Places) -> Result<Self, ConfigError> {
        let mut findings = Findings::default();
        let files = files::installed(places, &mut findings.problems);
        let config = Self::read(places, &files, &mut findings);
        match config {
            Some(config) if findings.problems.is_empty() => Ok(config),
            _ => Err(ConfigError(findings.problems)),
        }
    }

    /// What `files` say together; only with no problems in `findings` is it what the operator wants.
    fn read(places: Places, files: &[PathBuf], findings: &mut Findings) -> Option<Self> {
        let environment = Arc::new(Environment::of(places));
        let documents: Vec<_> = files
            .iter()
            .filter_map(|path| Document::read(path.clone(), &mut findings.problems))
            .collect();
        let (mut deliveries, mut redactions, mut tables) = (Vec::new(), Vec::new(), Vec::new());
        let (mut snapshots, mut jobs) = (Vec::new(), Vec::new());
        let (mut windows, mut foldings) = (Vec::new(), Vec::new());
        let (mut limits, mut metrics) = (Vec::new(), Vec::new());
        for document in &documents {
            let read = document.tables(&mut findings.problems);
            let globs = named_jobs::globs(&read).into_iter();
            findings.globs.extend(globs.map(|(span, glob)| (document.spot(&span), glob)));
            deliveries.extend(read.delivery.into_iter().map(|table| (document, table)));
            redactions.extend(read.redaction.into_iter().map(|table| (document, table)));
            foldings.extend(read.folding.into_iter().map(|table| (document, table)));
            snapshots.extend(read.snapshot.into_iter().map(|table| (document, table)));
            jobs.extend(read.jobs.into_iter().map(|job| (document, job)));
            windows.extend(read.windows.into_iter().map(|window| (document, window)));
            limits.extend(read.spool.into_iter().map(|table| (document, table)));
            metrics.extend(read.metrics.into_iter().map(|table| (document, table)));
            tables.extend(read.sinks.into_iter().map(|sink| (document, sink)));
        }

        let problems = &mut findings.problems;
        let redaction = redaction(only("redaction", redactions, problems), problems);
        let folding = only::<folding::Table>("folding", foldings, problems);
        let limits = only::<Limits>("spool", limits, problems);
        let (logs, jobs) = jobs::read(jobs, problems);
        let windows = windows.into_iter().filter_map(|window| windows::read(window, problems));
        let windows = Windows::new(windows.collect(), Zone::of(places));
        let delivery = delivery(only("delivery", deliveries, problems), findings);
        let mut examination = examination::settings(snapshots, findings);
        examination.logs = logs;
        let metrics = only::<metrics::Table>("metrics", metrics, &mut findings.problems);
        let metrics = metrics.map(|table| {
            let path = environment.path(table.value.textfile());
            table.needs("textfile", Needed::Output(path.clone()), findings);
            path
        });
        let sinks = open::open_all(tables, &environment, &delivery, windows.zone(), findings);
        problem::sort(&mut findings.problems, files);
        Some(Self {
            retry_for: delivery.retry_for.0,
            redaction: redaction?,
            folding: folding.map_or_else(Folding::default, |table| table.value.into()),
            examination: Arc::new(examination),
            jobs,
            windows,
            spool: limits.map_or_else(Limits::default, |table| table.value),
            metrics,
            sinks,
        })
    }
}

/// A table and the document that it stands in.
type Placed<'a, T> = (&'a Document, T);

/// What the one table of its name says.
struct Only<'a, T> {
    document: &'a Document,
    table: Spanned<DeValue<'a>>,
    value: T,
}

impl<T> Only<'_, T> {
    /// Takes note that `key` needs `what`.
    fn needs(&self, key: &str, what: Needed, findings: &mut Findings) {
        let DeValue::Table(table) = self.table.get_ref() else { return };
        let span = table.get(key).map_or_else(|| self.table.span(), Spanned::span);
        let (spot, need) = (self.document.spot(&span), Need { key: key.to_owned(), what });
        findings.needs.push(Found { spot, sink: None, need });
    }
}

/// The one table `[name]` of all documents.
fn only<'a, T: DeserializeOwned>(
    name: &str,
    tables: Vec<Placed<'a, Spanned<DeValue<'a>>>>,
    problems: &mut Vec<Problem>,
) -> Option<Only<'a, T>> {
    let mut first = None;
    for (document, table) in tables {
        let value = reading::read(document, table.clone(), &[], problems).value;
        match &first {
            None => first = Some((document, table, value)),
            Some((owner, one, _)) => {
                let text = format!("`[{name}]` stands at {} already", owner.spot(&one.span()));
                problems.push(document.problem(&table.span(), &text));
            }
        }
    }
    let (document, table, value) = first?;
    Some(Only { document, table, value: value? })
}

/// What holds for every sink.
fn delivery(table: Option<Only<'_, Delivery>>, findings: &mut Findings) -> Delivery {
    let Some(table) = table else { return Delivery::default() };
    if let Some(path) = &table.value.ca_file {
        table.needs("ca_file", Needed::Certificates(path.clone()), findings);
    }
    table.value.guarded(table.document.exposed.as_deref())
}

/// What is removed from reports; `None` where something is wrong with it.
fn redaction(
    table: Option<Only<'_, redaction::Settings>>,
    problems: &mut Vec<Problem>,
) -> Option<Redaction> {
    let mut patterns = Vec::new();
    let mut whole = Spot { file: "the patterns of [redaction]".into(), position: None };
    if let Some(Only { document, table, value: settings }) = table {
        whole = document.spot(&table.span());
        for pattern in settings.patterns {
            match Pattern::parse(pattern.get_ref()) {
                Ok(pattern) => patterns.push(pattern),
                Err(why) => problems.push(document.problem(&pattern.span(), &why)),
            }
        }
        if !settings.enabled {
            return Some(Redaction::off());
        }
    }
    let made = Redaction::new(patterns);
    made.map_err(|text| problems.push(Problem { spot: whole, text })).ok()
}
