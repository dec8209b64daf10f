//! One file of the config: its text, and the place of everything in it.

use std::ops::Range;
use std::path::PathBuf;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::nearest::{nearest, unknown};
use super::problem::{Problem, Spot};
use crate::secret::{private, read_plain_file};

/// The tables of the config.
const TABLES: [&str; 9] =
    ["delivery", "redaction", "folding", "metrics", "snapshot", "spool", "window", "job", "sink"];

/// A file of the config, not yet understood.
pub(super) struct Document {
    path: PathBuf,
    text: String,
    /// Why a secret that stands in this file is not used, if others can read it.
    pub(super) exposed: Option<String>,
}

/// What a document says, each table as it stands there.
pub(super) struct Tables<'a> {
    pub(super) delivery: Vec<Spanned<DeValue<'a>>>,
    pub(super) redaction: Vec<Spanned<DeValue<'a>>>,
    pub(super) folding: Vec<Spanned<DeValue<'a>>>,
    pub(super) metrics: Vec<Spanned<DeValue<'a>>>,
    pub(super) sinks: Vec<SinkTable<'a>>,
    pub(super) snapshot: Vec<Spanned<DeValue<'a>>>,
    pub(super) spool: Vec<Spanned<DeValue<'a>>>,
    pub(super) jobs: Vec<JobTable<'a>>,
    pub(super) windows: Vec<Spanned<DeValue<'a>>>,
}

/// `[job."NAME"]`.
pub(super) struct JobTable<'a> {
    pub(super) name: String,
    pub(super) table: Spanned<DeValue<'a>>,
    /// Where its name stands.
    pub(super) span: Range<usize>,
}

/// `[sink.KIND.NAME]`.
pub(super) struct SinkTable<'a> {
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) table: Spanned<DeValue<'a>>,
    /// Where its name stands.
    pub(super) span: Range<usize>,
}

impl Document {
    /// The file at `path`; `None` where it cannot be read, which goes to `problems`.
    pub(super) fn read(path: PathBuf, problems: &mut Vec<Problem>) -> Option<Self> {
        match read_plain_file(&path) {
            Ok((text, facts)) => {
                let exposed = private(&path, &facts).err();
                Some(Self { path, text, exposed })
            }
            Err(error) => {
                let spot = Spot { file: path, position: None };
                problems.push(Problem { spot, text: error.to_string() });
                None
            }
        }
    }

    /// The tables of the document; what is no TOML, and what belongs nowhere, goes to `problems`.
    pub(super) fn tables(&self, problems: &mut Vec<Problem>) -> Tables<'_> {
        let mut tables = Tables {
            delivery: Vec::new(),
            redaction: Vec::new(),
            folding: Vec::new(),
            metrics: Vec::new(),
            sinks: Vec::new(),
            snapshot: Vec::new(),
            spool: Vec::new(),
            jobs: Vec::new(),
            windows: Vec::new(),
        };
        let (root, errors) = DeTable::parse_recoverable(&self.text);
        let at = |error: &toml::de::Error| error.span().unwrap_or(0..0);
        problems.extend(errors.iter().map(|error| self.problem(&at(error), &in_a_line(error))));
        if !errors.is_empty() {
            return tables;
        }
        for (key, value) in root.into_inner() {
            let name = key.get_ref().as_ref();
            let known = TABLES.contains(&name);
            if !known {
                problems.push(self.problem(&key.span(), &unknown_table(name)));
            }
            // What was meant is read as such, so that all that is wrong is told at once.
            match if known { Some(name) } else { nearest(name, &TABLES) } {
                Some("delivery") => tables.delivery.push(value),
                Some("redaction") => tables.redaction.push(value),
                Some("folding") => tables.folding.push(value),
                Some("metrics") => tables.metrics.push(value),
                Some("sink") => self.add_sinks(value, &mut tables.sinks, problems),
                Some("snapshot") => tables.snapshot.push(value),
                Some("spool") => tables.spool.push(value),
                Some("job") => self.add_jobs(value, &mut tables.jobs, problems),
                Some("window") => self.add_windows(value, &mut tables.windows, problems),
                _ => {}
            }
        }
        tables
    }

    fn add_sinks<'a>(
        &self,
        kinds: Spanned<DeValue<'a>>,
        sinks: &mut Vec<SinkTable<'a>>,
        problems: &mut Vec<Problem>,
    ) {
        const SHAPE: &str = "expected a table `[sink.KIND.NAME]`";
        let span = kinds.span();
        let DeValue::Table(kinds) = kinds.into_inner() else {
            return problems.push(self.problem(&span, SHAPE));
        };
        for (kind, names) in kinds {
            let DeValue::Table(names) = names.into_inner() else {
                problems.push(self.problem(&kind.span(), SHAPE));
                continue;
            };
            for (name, table) in names {
                sinks.push(SinkTable {
                    kind: kind.get_ref().to_string(),
                    span: name.span(),
                    name: name.into_inner().into_owned(),
                    table,
                });
            }
        }
    }

    fn add_jobs<'a>(
        &self,
        names: Spanned<DeValue<'a>>,
        jobs: &mut Vec<JobTable<'a>>,
        problems: &mut Vec<Problem>,
    ) {
        let span = names.span();
        let DeValue::Table(names) = names.into_inner() else {
            return problems.push(self.problem(&span, "expected a table `[job.\"NAME\"]`"));
        };
        jobs.extend(names.into_iter().map(|(name, table)| JobTable {
            span: name.span(),
            name: name.into_inner().into_owned(),
            table,
        }));
        // A map has an order of its own, and the later of two tables holds.
        jobs.sort_by_key(|job| job.span.start);
    }

    fn add_windows<'a>(
        &self,
        all: Spanned<DeValue<'a>>,
        windows: &mut Vec<Spanned<DeValue<'a>>>,
        problems: &mut Vec<Problem>,
    ) {
        let span = all.span();
        match all.into_inner() {
            DeValue::Array(all) => windows.extend(all),
            _ => problems.push(self.problem(&span, "expected tables `[[window]]`")),
        }
    }

    /// That `text` is wrong at `span`.
    pub(super) fn problem(&self, span: &Range<usize>, text: &str) -> Problem {
        Problem { spot: self.spot(span), text: text.to_owned() }
    }

    /// Where `span` begins.
    pub(super) fn spot(&self, span: &Range<usize>) -> Spot {
        let before = self.text.get(..span.start).unwrap_or(&self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Spot { file: self.path.clone(), position: Some((line, column)) }
    }
}

/// What is said of a table that is called `name`. Some tables have names inside.
fn unknown_table(name: &str) -> String {
    let text = unknown(name, &TABLES, &[], |name| format!("unknown table {name}"));
    text.replace("`job`, `sink`", "`job.NAME`, `sink.KIND.NAME`")
}

/// What `error` says of text that is no TOML.
fn in_a_line(error: &toml::de::Error) -> String {
    error.message().replace('\n', ", ")
}
