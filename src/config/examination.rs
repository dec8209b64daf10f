//! `[snapshot]` and `[job."NAME"]`: they may stand in several files.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Deserializer, de::Error};
use toml::Spanned;
use toml::de::{DeValue, ValueDeserializer};

use super::Placed;
use super::document::JobTable;
use crate::examine::{Command, JOURNAL, JobLogs, LogSource, Settings, Settle};

/// The most commands: all run at the same time, and all they say is in the report.
const COMMANDS: usize = 16;

/// The table `[snapshot]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Snapshot {
    settle: Option<Spanned<Settle>>,
    #[serde(default)]
    command: Vec<Spanned<Command>>,
}

/// The table `[job."NAME"]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Job {
    #[serde(deserialize_with = "sources")]
    log: Vec<LogSource>,
}

fn sources<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<LogSource>, D::Error> {
    let named = Vec::<PathBuf>::deserialize(deserializer)?;
    let source = |path: PathBuf| match path.to_str() {
        Some(JOURNAL) => Ok(LogSource::Journal),
        _ if path.is_absolute() => Ok(LogSource::File(path)),
        _ => Err(D::Error::custom("each of `log` must be an absolute path, or \"journal\"")),
    };
    named.into_iter().map(source).collect()
}

/// What all tables say together; what is wrong with one goes to `problems`.
pub(super) fn settings(
    snapshots: Vec<Placed<'_, Spanned<DeValue<'_>>>>,
    jobs: Vec<Placed<'_, JobTable<'_>>>,
    problems: &mut Vec<String>,
) -> Settings {
    let mut settings = Settings::default();
    let mut settled = None;
    let mut named = BTreeMap::new();
    for (document, table) in snapshots {
        let span = table.span();
        let snapshot = match Snapshot::deserialize(ValueDeserializer::from(table)) {
            Ok(snapshot) => snapshot,
            Err(error) => {
                problems.push(document.error(&error, span));
                continue;
            }
        };
        if let Some(settle) = snapshot.settle {
            let place = document.place(&settle.span());
            match settled.replace(place) {
                Some(first) => problems.push(
                    document
                        .problem(&settle.span(), &format!("`settle` stands at {first} already")),
                ),
                None => settings.settle = settle.get_ref().0,
            }
        }
        for command in snapshot.command {
            let span = command.span();
            let command = command.into_inner();
            if let Some(first) = named.insert(command.name.clone(), document.place(&span)) {
                let text = format!("the command `{}` stands at {first} already", command.name);
                problems.push(document.problem(&span, &text));
            }
            if settings.commands.len() == COMMANDS {
                problems.push(document.problem(&span, "there are at most 16 commands"));
            }
            settings.commands.push(command);
        }
    }
    let mut named = BTreeMap::new();
    for (document, job) in jobs {
        let JobTable { name, table, span } = job;
        if let Some(first) = named.insert(name.clone(), document.place(&span)) {
            let text = format!("the job `{name}` stands at {first} already");
            problems.push(document.problem(&span, &text));
        }
        let end = table.span();
        match Job::deserialize(ValueDeserializer::from(table)) {
            Ok(Job { log }) => settings.logs.push(JobLogs { job: name, sources: log }),
            Err(error) => problems.push(document.error(&error, end)),
        }
    }
    settings
}
