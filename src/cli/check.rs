//! `upstart-crash check`.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::CliError;
use super::text::harmless;
use crate::config::{self, Checked, CheckedSink, Problem};
use crate::message::counted;
use crate::paths::Places;
use crate::sys;

/// Check the config and every secret, without sending anything
///
/// All problems are listed, each with its file, line and column. Every secret is read as at a send,
/// and never shown; programs, certificates and directories that the sinks need are looked at, too.
/// No name is resolved and no service asked: whether one takes a message, `upstart-crash test` tells.
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    upstart-crash check\n  \
    upstart-crash check slack.toml && install -m 0600 slack.toml /etc/upstart-monitor/conf.d/\n\n\
    A warning is of what may be meant so; it leaves the exit status alone.\n\
    Exit status: 0 the config can be used, 78 it has problems.")]
pub(super) struct Check {
    /// Files to check instead of those in /etc/upstart-monitor, such as one that is still to be
    /// installed
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print one JSON object: `ok`, `files`, `sinks`, `problems` and `warnings` (docs/check.md)
    #[arg(long)]
    json: bool,
}

impl Check {
    pub(super) fn run(self, places: Places, out: &mut dyn Write) -> Result<(), CliError> {
        // It reads the secrets of the sinks.
        sys::never_dump_core();
        let these = (!self.files.is_empty()).then_some(self.files);
        let checked = config::check(places, these);
        if self.json {
            writeln!(out, "{:#}", as_json(&checked))?;
        } else {
            print(&checked, out)?;
        }
        out.flush()?;
        match checked.problems.len() {
            0 => Ok(()),
            problems => Err(CliError::BrokenConfig(problems)),
        }
    }
}

fn print(checked: &Checked, out: &mut dyn Write) -> Result<(), CliError> {
    for problem in &checked.problems {
        writeln!(out, "{}", harmless(&problem.to_string()))?;
    }
    for Problem { spot, text } in &checked.warnings {
        writeln!(out, "{}", harmless(&format!("{spot}: warning: {text}")))?;
    }
    if checked.problems.is_empty() {
        let (files, sinks) = (checked.files.len(), checked.sinks.len());
        let (files, sinks) =
            (counted(files as u64, "file", "files"), counted(sinks as u64, "sink", "sinks"));
        let named: Vec<_> = checked.sinks.iter().map(in_words).collect();
        let colon = if named.is_empty() { "" } else { ": " };
        writeln!(out, "{}", harmless(&format!("ok: {files}, {sinks}{colon}{}", named.join(", "))))?;
    }
    Ok(())
}

/// `slack.ops (webhook_url from /etc/upstart-monitor/secrets/slack-ops: readable)`.
fn in_words(sink: &CheckedSink) -> String {
    let secrets = sink.secrets.iter();
    let secrets = secrets.map(|secret| format!("{} from {}: readable", secret.key, secret.from));
    let secrets: Vec<_> = secrets.collect();
    if secrets.is_empty() {
        sink.name.clone()
    } else {
        format!("{} ({})", sink.name, secrets.join("; "))
    }
}

fn as_json(checked: &Checked) -> Value {
    let problem = |Problem { spot, text }: &Problem| {
        let (line, column) = spot.position.unzip();
        json!({ "file": spot.file.to_string_lossy(), "line": line, "column": column, "text": text })
    };
    let sink = |sink: &CheckedSink| {
        let secrets = sink.secrets.iter();
        let secrets = secrets.map(|secret| json!({ "key": secret.key, "from": secret.from }));
        json!({ "name": sink.name, "secrets": secrets.collect::<Vec<_>>() })
    };
    json!({
        "ok": checked.problems.is_empty(),
        "files": checked.files.iter().map(|file| file.to_string_lossy()).collect::<Vec<_>>(),
        "sinks": checked.sinks.iter().map(sink).collect::<Vec<_>>(),
        "problems": checked.problems.iter().map(problem).collect::<Vec<_>>(),
        "warnings": checked.warnings.iter().map(problem).collect::<Vec<_>>(),
    })
}
