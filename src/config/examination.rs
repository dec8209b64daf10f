//! `[snapshot]`: it may stand in several files.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;
use toml::de::DeValue;

use super::findings::Findings;
use super::{Placed, reading};
use crate::examine::{Command, Settings, Settle};

/// The most commands: all run at the same time, and all they say is in the report.
const COMMANDS: usize = 16;

/// What is found out after a crash, before the message goes. It may stand in several files.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Snapshot {
    /// How long is waited whether the job comes back, 10 seconds at most; with `"0s"` the message does
    /// not wait. Default: `"2s"`.
    settle: Option<Spanned<Settle>>,
    /// Commands of your own, 16 at most; each is a table of its own. Default: none.
    #[serde(default)]
    command: Vec<Spanned<Command>>,
}

/// What all tables say together; what is wrong with one goes to `problems`.
pub(super) fn settings(
    snapshots: Vec<Placed<'_, Spanned<DeValue<'_>>>>,
    findings: &mut Findings,
) -> Settings {
    let mut settings = Settings::default();
    let mut settled = None;
    let mut named = BTreeMap::new();
    for (document, table) in snapshots {
        let read = reading::read(document, table, &[], &mut findings.problems);
        let Some(Snapshot { settle, command: commands }) = read.value else { continue };
        if let Some(settle) = settle {
            let place = document.spot(&settle.span());
            match settled.replace(place) {
                Some(first) => findings.problems.push(
                    document
                        .problem(&settle.span(), &format!("`settle` stands at {first} already")),
                ),
                None => settings.settle = settle.get_ref().0,
            }
        }
        for command in commands {
            let span = command.span();
            let command = command.into_inner();
            if let Some(first) = named.insert(command.name.clone(), document.spot(&span)) {
                let text = format!("the command `{}` stands at {first} already", command.name);
                findings.problems.push(document.problem(&span, &text));
            }
            if settings.commands.len() == COMMANDS {
                findings.problems.push(document.problem(&span, "there are at most 16 commands"));
            }
            settings.commands.push(command);
        }
    }
    settings
}
