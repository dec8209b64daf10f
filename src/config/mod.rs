//! What the operator asked for: `/etc/upstart-monitor/config.toml` and `conf.d/*.toml`.
//!
//! A table for each kind and name (`[sink.slack.ops]`), so that a typo is reported at its line and
//! column with the keys that belong there. All problems of all files are reported together. Every
//! path that the config names lies under the root, where there is one, as those of the project do.

mod document;
mod examination;
mod folding;
mod jobs;
mod metrics;
mod routing;
mod sinks;
mod windows;
mod words;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeValue, ValueDeserializer};

use crate::examine::Settings;
use crate::job_settings::JobSettings;
use crate::paths::Places;
use crate::policy::Folding;
use crate::quiet::Windows;
use crate::redaction::{self, Pattern, Redaction};
use crate::routing::Routing;
use crate::secret::Environment;
use crate::sinks::{Context, Delivery, NamedSink, Sink};
use crate::spool::Limits;
use crate::zone::Zone;
use document::{Document, SinkTable};

/// The longest name of a sink, in characters: `KIND.NAME` is a file name.
const NAME_LEN: usize = 64;

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

/// Everything that is wrong with the config: one text for each problem, with file, line, column.
#[derive(Debug)]
pub struct ConfigError(pub Vec<String>);

impl Config {
    /// Reads the config in its place; no config at all is a config without sinks.
    ///
    /// # Errors
    /// All problems of all files.
    pub fn load(places: Places) -> Result<Self, ConfigError> {
        let environment = Arc::new(Environment::of(places));
        let mut problems = Vec::new();

        let documents = Document::read_all(&environment, &mut problems);
        let (mut deliveries, mut redactions, mut tables) = (Vec::new(), Vec::new(), Vec::new());
        let (mut snapshots, mut jobs) = (Vec::new(), Vec::new());
        let (mut windows, mut foldings) = (Vec::new(), Vec::new());
        let (mut limits, mut metrics) = (Vec::new(), Vec::new());
        for document in &documents {
            let read = document.tables(&mut problems);
            deliveries.extend(read.delivery.map(|table| (document, table)));
            redactions.extend(read.redaction.map(|table| (document, table)));
            foldings.extend(read.folding.map(|table| (document, table)));
            snapshots.extend(read.snapshot.map(|table| (document, table)));
            jobs.extend(read.jobs.into_iter().map(|job| (document, job)));
            windows.extend(read.windows.into_iter().map(|window| (document, window)));
            limits.extend(read.spool.map(|table| (document, table)));
            metrics.extend(read.metrics.map(|table| (document, table)));
            tables.extend(read.sinks.into_iter().map(|sink| (document, sink)));
        }

        let delivery = only::<Delivery>("delivery", deliveries, &mut problems);
        let delivery = delivery
            .map(|(document, delivery)| delivery.guarded(document.exposed.as_deref()))
            .unwrap_or_default();
        let redaction = redaction(only("redaction", redactions, &mut problems), &mut problems);
        let folding: Option<Placed<'_, folding::Table>> = only("folding", foldings, &mut problems);
        let folding = folding.map_or_else(Folding::default, |(_, table)| table.into());
        let mut examination = examination::settings(snapshots, &mut problems);
        let (logs, jobs) = jobs::read(jobs, &mut problems);
        examination.logs = logs;
        let windows = windows.into_iter().filter_map(|window| windows::read(window, &mut problems));
        let windows = Windows::new(windows.collect(), Zone::of(places));
        let limits = only("spool", limits, &mut problems);
        let spool = limits.map_or_else(Limits::default, |(_, limits)| limits);
        let metrics: Option<Placed<'_, metrics::Table>> = only("metrics", metrics, &mut problems);
        let metrics = metrics.map(|(_, table)| environment.path(table.textfile()));
        let mut sinks = Vec::new();
        for (name, (document, sink)) in by_name(tables, &mut problems) {
            let mut context =
                Context::new(&environment, &delivery, windows.zone(), document.exposed.as_deref());
            let sink = open(document, sink, &mut context, &mut problems);
            sinks.extend(sink.map(|(routing, sink)| NamedSink { name, routing, sink }));
        }

        match redaction {
            Some(redaction) if problems.is_empty() => {
                let (retry_for, examination) = (delivery.retry_for.0, Arc::new(examination));
                Ok(Self {
                    retry_for,
                    redaction,
                    folding,
                    examination,
                    jobs,
                    windows,
                    spool,
                    metrics,
                    sinks,
                })
            }
            _ => Err(ConfigError(problems)),
        }
    }
}

/// A table and the document that it stands in.
type Placed<'a, T> = (&'a Document, T);

/// The one table `[name]` of all documents.
fn only<'a, T: DeserializeOwned>(
    name: &str,
    tables: Vec<Placed<'a, Spanned<DeValue<'_>>>>,
    problems: &mut Vec<String>,
) -> Option<Placed<'a, T>> {
    let mut tables = tables.into_iter();
    let (owner, table) = tables.next()?;
    let first = owner.place(&table.span());
    for (document, table) in tables {
        let text = format!("`[{name}]` stands at {first} already");
        problems.push(document.problem(&table.span(), &text));
    }
    let span = table.span();
    let read = T::deserialize(ValueDeserializer::from(table));
    let read = read.map_err(|error| problems.push(owner.error(&error, span))).ok()?;
    Some((owner, read))
}

/// What is removed from reports; `None` where something is wrong with it.
fn redaction(
    table: Option<Placed<'_, redaction::Settings>>,
    problems: &mut Vec<String>,
) -> Option<Redaction> {
    let mut patterns = Vec::new();
    if let Some((document, settings)) = table {
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
    Redaction::new(patterns).map_err(|why| problems.push(why)).ok()
}

/// The sinks by their names `KIND.NAME`, each name once.
fn by_name<'a>(
    tables: Vec<Placed<'a, SinkTable<'a>>>,
    problems: &mut Vec<String>,
) -> BTreeMap<String, Placed<'a, SinkTable<'a>>> {
    let mut named = BTreeMap::new();
    for (document, sink) in tables {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if !(1..=NAME_LEN).contains(&sink.name.len()) || !sink.name.chars().all(is_plain) {
            let text = "a sink's name is made of up to 64 letters, digits, `_` and `-`";
            problems.push(document.problem(&sink.span, text));
        }
        match named.entry(format!("{}.{}", sink.kind, sink.name)) {
            Entry::Vacant(entry) => {
                entry.insert((document, sink));
            }
            Entry::Occupied(entry) => {
                let (first, twin) = entry.get();
                let (name, first) = (entry.key(), first.place(&twin.span));
                let text = format!("the sink `{name}` stands at {first} already");
                problems.push(document.problem(&sink.span, &text));
            }
        }
    }
    named
}

/// The sink of one table, and what it is sent; `None` where something is wrong with it.
fn open(
    document: &Document,
    sink: SinkTable<'_>,
    context: &mut Context<'_>,
    problems: &mut Vec<String>,
) -> Option<(Routing, Box<dyn Sink>)> {
    let SinkTable { kind, span, mut table, .. } = sink;
    let kind = sinks::kind(&kind).map_err(|text| document.problem(&span, &text));
    let kind = kind.map_err(|problem| problems.push(problem)).ok()?;
    let routing = routing::take(&mut table, (kind.routing)());
    let routing = routing.map_err(|error| problems.push(document.error(&error, span.clone()))).ok();
    let opened = (kind.open)(table, context);
    let noted = context.take_problems();
    problems.extend(noted.iter().map(|text| document.problem(&span, text)));
    let opened = opened.map_err(|error| {
        problems.push(routing::with_common_keys(document.error(&error, span)));
    });
    routing.zip(opened.ok()?)
}
