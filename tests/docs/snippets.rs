//! Configs are taken by `upstart-crash check`, stanzas by the reader of job files, JSON is JSON;
//! what a block shows otherwise is known.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use super::nothing_in;
use super::page::{Block, pages};
use super::stage::ours;
use crate::support::{Host, write_secret};
use upstart_monitor::job_file::JobFile;

/// What a block of code is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// Lines to be typed, or the beginning of one in a span.
    Commands,
    Config,
    /// Stanzas of a job.
    Job,
    Json,
    /// Something to look at.
    Shown,
}

/// How blocks begin that are neither typed nor read by a program of ours: what is printed, written
/// or drawn. Of one in `js` the test of that page takes care, of what `enable` writes its own.
const SHOWN: [&str; 22] = [
    " pre-start script\n+",
    "# Tells when this service",
    "/opt/upstart-monitor/bin/pre-start runit",
    "/etc/upstart-monitor/config.toml:",
    "CAPTURE ",
    "Error: no cart 7\n",
    "command[check_upstart_crash]=",
    "connecting to ",
    "file.all   delivered",
    "foreground { ",
    "hook ──>",
    "new/ID.json ──",
    "ok: 2 files",
    "pre-start    marker armed:",
    "shop is enabled.",
    "upstart-monitor marker 1\n",
    "{\"version\": 1, \"host\": ",
    "2026-11-21 03:42:17 UTC",
    "\u{1f534} ",
    "\u{1f6a8} ",
    "\u{1f501} ",
    "\u{1f7e2} ",
];

/// The same of notices that are no crash.
const SIGNS: [&str; 3] = ["\u{1f4cb} ", "\u{1f507} ", "\u{1f9ea} "];

/// The stanzas, or the comment, that a block of a job begins with.
const STANZAS: [&str; 3] = ["# Tells when this job", "pre-start exec ", "start on "];

/// What `block` is; `None` where nobody knows.
pub(super) fn content(block: &Block) -> Option<Content> {
    let begins = |table: &[&str]| table.iter().any(|start| block.text.starts_with(start));
    match block.language.as_deref() {
        Some("json") => Some(Content::Json),
        Some("js") => Some(Content::Shown),
        Some(_) => None,
        None if block.text.starts_with('[') => Some(Content::Config),
        None if begins(&STANZAS) => Some(Content::Job),
        None if begins(&SHOWN) || begins(&SIGNS) => Some(Content::Shown),
        None => super::commands::is_command(&block.text).then_some(Content::Commands),
    }
}

#[test]
fn it_is_known_what_each_block_shows() {
    let mut faults = Vec::new();
    for page in pages() {
        for block in page.blocks() {
            if content(&block).is_none() {
                let line = block.text.lines().next().unwrap_or_default();
                faults.push(format!("{}: what is this? {line}", page.place(block.line)));
            }
        }
    }
    nothing_in(&faults);
}

/// `judge` on each block that is `content`; there are at least `least`.
fn each(wanted: Content, least: usize, judge: impl Fn(&str) -> Result<(), String>) {
    let (mut faults, mut count) = (Vec::new(), 0);
    for page in pages() {
        for block in page.blocks().iter().filter(|block| content(block) == Some(wanted)) {
            count += 1;
            if let Err(why) = judge(&block.text) {
                faults.push(format!("{}: {why}", page.place(block.line)));
            }
        }
    }
    nothing_in(&faults);
    assert!(count >= least, "{count} blocks of {wanted:?}");
}

#[test]
fn configs_can_be_used() {
    each(Content::Config, 8, |toml| {
        let host = Host::new();
        host.config(toml);
        let path = host.path("/etc/upstart-monitor/config.toml");
        std::fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
        let lines =
            toml.lines().filter_map(|line| line.split_once("_file = \"")?.1.split_once('"'));
        for (name, _) in lines {
            write_secret(&host, name, "https://hooks.slack.com/services/T0/B0/x");
        }
        let output = ours(&host, &["check"]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        output.status.success().then_some(()).ok_or(said)
    });
}

#[test]
fn stanzas_are_taken_by_init() {
    each(Content::Job, 3, |text| {
        let job = JobFile::read(text.as_bytes().to_vec());
        job.fault().map_or(Ok(()), |fault| Err(fault.to_string()))
    });
}

#[test]
fn json_is_json() {
    each(Content::Json, 1, |text| {
        serde_json::from_str::<serde_json::Value>(text).map(drop).map_err(|why| why.to_string())
    });
}
