//! `[snapshot]`: it may stand in several files.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeValue, ValueDeserializer};

use super::Placed;
use crate::examine::{Command, Settings, Settle};

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

/// What all tables say together; what is wrong with one goes to `problems`.
pub(super) fn settings(
    snapshots: Vec<Placed<'_, Spanned<DeValue<'_>>>>,
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
    settings
}
