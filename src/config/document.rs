//! One file of the config: its text, and the place of everything in it.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::paths::{CONFIG, CONFIG_DIR, Place};
use crate::secret::{Environment, private, read_plain_file};

/// A file of the config, not yet understood.
pub(super) struct Document {
    path: PathBuf,
    text: String,
    /// Why a secret that stands in this file is not used, if others can read it.
    pub(super) exposed: Option<String>,
}

/// What a document says, each table as it stands there.
pub(super) struct Tables<'a> {
    pub(super) delivery: Option<Spanned<DeValue<'a>>>,
    pub(super) redaction: Option<Spanned<DeValue<'a>>>,
    pub(super) folding: Option<Spanned<DeValue<'a>>>,
    pub(super) metrics: Option<Spanned<DeValue<'a>>>,
    pub(super) sinks: Vec<SinkTable<'a>>,
    pub(super) snapshot: Option<Spanned<DeValue<'a>>>,
    pub(super) spool: Option<Spanned<DeValue<'a>>>,
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
    /// All files of the config in their order; none where there is none.
    pub(super) fn read_all(environment: &Environment, problems: &mut Vec<String>) -> Vec<Self> {
        let in_config = |name| environment.places().path(Place::Config, name);
        let (first, directory) = match (in_config(CONFIG), in_config(CONFIG_DIR)) {
            (Ok(first), Ok(directory)) => (first, directory),
            (Err(why), _) | (_, Err(why)) => {
                problems.push(format!("the config: {}", why.words()));
                return Vec::new();
            }
        };
        let mut paths = vec![first];
        paths.retain(|path| !is_absent(path));
        match list(&directory) {
            Ok(more) => paths.extend(more),
            Err(error) => problems.push(format!("{}: {error}", directory.display())),
        }
        let mut documents = Vec::new();
        for path in paths {
            match read_plain_file(&path) {
                Ok((text, facts)) => {
                    let exposed = private(&path, &facts).err();
                    documents.push(Self { path, text, exposed });
                }
                Err(error) => problems.push(format!("{}: {error}", path.display())),
            }
        }
        documents
    }

    /// The tables of the document; what is no TOML, and what belongs nowhere, goes to `problems`.
    pub(super) fn tables(&self, problems: &mut Vec<String>) -> Tables<'_> {
        let mut tables = Tables {
            delivery: None,
            redaction: None,
            folding: None,
            metrics: None,
            sinks: Vec::new(),
            snapshot: None,
            spool: None,
            jobs: Vec::new(),
            windows: Vec::new(),
        };
        let (root, errors) = DeTable::parse_recoverable(&self.text);
        if !errors.is_empty() {
            problems.extend(errors.iter().map(|error| self.error(error, 0..0)));
            return tables;
        }
        for (key, value) in root.into_inner() {
            match key.get_ref().as_ref() {
                "delivery" => tables.delivery = Some(value),
                "redaction" => tables.redaction = Some(value),
                "folding" => tables.folding = Some(value),
                "metrics" => tables.metrics = Some(value),
                "sink" => self.add_sinks(value, &mut tables.sinks, problems),
                "snapshot" => tables.snapshot = Some(value),
                "spool" => tables.spool = Some(value),
                "job" => self.add_jobs(value, &mut tables.jobs, problems),
                "window" => self.add_windows(value, &mut tables.windows, problems),
                other => problems.push(self.problem(
                    &key.span(),
                    &format!(
                        "unknown table `{other}`, expected one of `delivery`, `redaction`, \
                         `folding`, `metrics`, `snapshot`, `spool`, `window`, `job.NAME`, `sink.KIND.NAME`"
                    ),
                )),
            }
        }
        tables
    }

    fn add_sinks<'a>(
        &self,
        kinds: Spanned<DeValue<'a>>,
        sinks: &mut Vec<SinkTable<'a>>,
        problems: &mut Vec<String>,
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
        problems: &mut Vec<String>,
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
        problems: &mut Vec<String>,
    ) {
        let span = all.span();
        match all.into_inner() {
            DeValue::Array(all) => windows.extend(all),
            _ => problems.push(self.problem(&span, "expected tables `[[window]]`")),
        }
    }

    /// What `error` says and where; at `otherwise` where it does not know its place.
    pub(super) fn error(&self, error: &toml::de::Error, otherwise: Range<usize>) -> String {
        self.problem(&error.span().unwrap_or(otherwise), &without_value(error.message()))
    }

    /// `FILE:LINE:COLUMN: text`.
    pub(super) fn problem(&self, span: &Range<usize>, text: &str) -> String {
        format!("{}: {text}", self.place(span))
    }

    /// `FILE:LINE:COLUMN` of where `span` begins, counted from 1.
    pub(super) fn place(&self, span: &Range<usize>) -> String {
        let before = self.text.get(..span.start).unwrap_or(&self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!("{}:{line}:{column}", self.path.display())
    }
}

/// Whether nothing is called `path`, not even a link that leads nowhere.
fn is_absent(path: &Path) -> bool {
    path.symlink_metadata().is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

/// The files `*.toml` of `directory` in the order of their names, hidden ones left out.
fn list(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    if is_absent(directory) {
        return Ok(paths);
    }
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if !hidden && path.extension().is_some_and(|extension| extension == "toml") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// `message` without the value of the wrong type that serde quotes: it may be a secret.
fn without_value(message: &str) -> String {
    let quoted = message.starts_with("invalid ").then(|| {
        let (kind, _) = message.split_once(['`', '"'])?;
        let (_, expected) = message.rsplit_once(", expected ")?;
        Some(format!("{}, expected {expected}", kind.trim_end()))
    });
    quoted.flatten().unwrap_or_else(|| message.replace('\n', ", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_of_the_wrong_type_is_not_quoted() {
        for (message, shown) in [
            (
                r#"invalid type: string "se, expected cret", expected a map"#,
                "invalid type: string, expected a map",
            ),
            (
                "invalid type: integer `7`, expected a string",
                "invalid type: integer, expected a string",
            ),
            (
                "invalid type: sequence, expected a string",
                "invalid type: sequence, expected a string",
            ),
            ("unknown field `x`, expected `y`", "unknown field `x`, expected `y`"),
        ] {
            assert_eq!(without_value(message), shown);
        }
    }
}
