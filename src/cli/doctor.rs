//! `upstart-crash doctor`.

use std::io::Write;

use anstyle::AnsiColor;
use clap::Args;
use serde_json::json;

use super::CliError;
use super::look::Look;
use super::page::Page;
use super::text::harmless;
use crate::doctor::{self, CHECKS, Checked, Finding, Group, Level};
use crate::paths::Places;
use crate::snapshot::Host;
use crate::sys;
use crate::verdict::Severity;

/// The exit status where something could not be looked at (Monitoring Plugins Development
/// Guidelines, "Plugin Return Codes").
pub(super) const UNKNOWN: u8 = 3;

/// The version of what `--json` prints.
const VERSION: u32 = 1;

/// Look whether the next crash would be seen and told, and say what to do
///
/// Looks at the host, the observer, every job, the spool and the config, and changes nothing. A
/// JOB is a name, the path of a job's file, or a glob; then only what is about these jobs is
/// checked.
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    upstart-crash doctor\n  \
    upstart-crash doctor nginx 'web-*'\n  \
    upstart-crash doctor --brief\n  \
    upstart-crash doctor --json | jq .findings\n\n\
    Exit status, as monitoring systems take it: 0 fine, or notices only; 1 a warning; 2 critical;\n\
    3 something could not be looked at, or wrong usage.")]
pub(super) struct Doctor {
    /// Only these jobs
    #[arg(value_name = "JOB")]
    jobs: Vec<String>,
    /// Show what is fine, too
    #[arg(long)]
    all: bool,
    /// Print one line, for a monitoring system
    #[arg(long, conflicts_with = "all")]
    brief: bool,
    /// Print JSON (docs/doctor.md)
    #[arg(long, conflicts_with_all = ["all", "brief"])]
    json: bool,
}

impl Doctor {
    pub(super) fn run(self, places: Places, out: &mut dyn Write) -> Result<(), CliError> {
        // It reads the secrets of the sinks.
        sys::never_dump_core();
        let checked = doctor::examine(places, &self.jobs).map_err(CliError::NotExamined)?;
        if self.json {
            writeln!(out, "{}", json(&checked))?;
        } else if self.brief {
            writeln!(out, "{}", brief(&checked))?;
        } else {
            page(&checked, self.all, out)?;
        }
        out.flush()?;
        match exit_status(doctor::worst(&checked)) {
            0 => Ok(()),
            status => Err(CliError::Unwell(status)),
        }
    }
}

/// Whether the command line, which is wrong, was to be this one's: to a monitoring system clap's
/// status would be critical.
pub(super) fn is_asked() -> bool {
    std::env::args_os().nth(1).is_some_and(|word| word == "doctor")
}

fn exit_status(level: Level) -> u8 {
    match level {
        Level::Ok | Level::Notice => 0,
        Level::Warning => 1,
        Level::Critical => 2,
        Level::Unknown => UNKNOWN,
    }
}

/// All findings, the worst first.
fn by_level(checked: &[Checked]) -> Vec<&Finding> {
    let mut findings: Vec<_> = checked.iter().flat_map(|it| &it.findings).collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    findings
}

fn brief(checked: &[Checked]) -> String {
    const SHOWN: usize = 3;
    let state = match exit_status(doctor::worst(checked)) {
        0 => "OK",
        1 => "WARNING",
        2 => "CRITICAL",
        _ => "UNKNOWN",
    };
    let mut findings = by_level(checked);
    findings.retain(|finding| finding.level > Level::Notice);
    if findings.is_empty() {
        return format!("{state} - {} checks fine", checked.len());
    }
    let shown = findings.iter().take(SHOWN).map(|it| format!("{}: {}", it.what, it.words));
    let more = match findings.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    // What stands behind a bar would be taken for figures.
    let told = shown.collect::<Vec<_>>().join("; ").replace('|', "/");
    let plural = if findings.len() == 1 { "" } else { "s" };
    format!("{state} - {} finding{plural}: {}{more}", findings.len(), harmless(&told))
}

fn json(checked: &[Checked]) -> serde_json::Value {
    let level = doctor::worst(checked);
    let check =
        |it: &Checked| json!({"id": it.check.id, "group": it.check.group, "level": it.level()});
    let finding = |of: &Checked, it: &Finding| {
        json!({
            "check": of.check.id,
            "group": of.check.group,
            "level": it.level,
            "what": it.what,
            "words": it.words,
            "advice": it.advice,
        })
    };
    let findings = checked.iter().flat_map(|of| of.findings.iter().map(move |it| finding(of, it)));
    json!({
        "version": VERSION,
        "host": Host::here().name,
        "time": sys::now(),
        "level": level,
        "exit_status": exit_status(level),
        "checks": checked.iter().map(check).collect::<Vec<_>>(),
        "findings": findings.collect::<Vec<_>>(),
    })
}

fn page(checked: &[Checked], all: bool, out: &mut dyn Write) -> Result<(), CliError> {
    let mut page = Page::new(out, Look::of_stdout(), 10);
    let (title, severity) = title(checked);
    page.title(&title, severity)?;
    for (group, name) in [
        (Group::Host, "Host"),
        (Group::Observer, "Observer"),
        (Group::Jobs, "Jobs"),
        (Group::Delivery, "Delivery"),
    ] {
        let shown = |it: &&Checked| it.check.group == group && (all || !it.findings.is_empty());
        let of_group: Vec<_> = checked.iter().filter(shown).collect();
        if !of_group.is_empty() {
            page.head(name)?;
        }
        for it in of_group {
            if it.findings.is_empty() {
                page.coloured(
                    AnsiColor::Green,
                    "ok",
                    &format!("{} [{}]", it.check.fine, it.check.id),
                )?;
            }
            let mut findings: Vec<_> = it.findings.iter().collect();
            findings.sort_by_key(|finding| std::cmp::Reverse(finding.level));
            for finding in findings {
                let text = format!("{}: {} [{}]", finding.what, finding.words, it.check.id);
                page.coloured(colour(finding.level), finding.level.word(), &text)?;
                finding.advice.iter().try_for_each(|advice| page.advice(advice))?;
            }
        }
    }
    let fine = checked.iter().filter(|it| it.findings.is_empty()).count();
    page.blank()?;
    let of = CHECKS.len().min(checked.len());
    page.fact("", &format!("{fine} of {of} checks fine."))
}

fn title(checked: &[Checked]) -> (String, Severity) {
    let host = Host::here().name;
    match doctor::worst(checked) {
        Level::Ok => (format!("{host}: all is well"), Severity::Info),
        Level::Notice => (format!("{host}: well, with notices"), Severity::Info),
        Level::Unknown => (format!("{host}: not all could be looked at"), Severity::Warning),
        Level::Warning => (format!("{host}: warning"), Severity::Warning),
        Level::Critical => (format!("{host}: critical"), Severity::Critical),
    }
}

fn colour(level: Level) -> AnsiColor {
    match level {
        Level::Ok => AnsiColor::Green,
        Level::Notice => AnsiColor::Cyan,
        Level::Unknown | Level::Warning => AnsiColor::Yellow,
        Level::Critical => AnsiColor::Red,
    }
}
