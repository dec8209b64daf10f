//! Every `--json` is as docs/command.md says.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use super::root::Root;

/// The keys in the table below the heading `title`.
fn documented(title: &str) -> BTreeSet<String> {
    let text = include_str!("../../docs/command.md");
    let section = text.split("\n### ").find(|section| section.starts_with(title)).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| row.split('`').next().unwrap().to_owned()).collect()
}

fn keys(value: &Value) -> BTreeSet<String> {
    value.as_object().unwrap().keys().cloned().collect()
}

#[test]
fn keys_are_those_that_are_documented() {
    let root = Root::new();
    let id = root.leave_crash("archive", "shop", Duration::from_secs(60));
    root.leave("queue/slack.ops", &format!("{id}.json"), b"");
    for command in ["queue", "status", "version"] {
        let ran = root.run(&[command, "--json"]);
        let lines: Vec<_> = ran.out.lines().collect();
        assert_eq!(lines.len(), 1, "{ran:?}");
        let value: Value = serde_json::from_str(lines[0]).unwrap();
        assert_eq!(keys(&value), documented(&format!("{command} --json")), "{value:#}");
    }
}

#[test]
fn what_lies_within_status_is_documented_too() {
    let root = Root::new();
    let id = root.leave_crash("archive", "shop", Duration::from_secs(60));
    root.leave("queue/slack.ops", &format!("{id}.json"), b"");
    assert_eq!(root.run(&["silence", "cart", "1h"]).code, Some(0));
    let status: Value = serde_json::from_str(&root.run(&["status", "--json"]).out).unwrap();
    let text = include_str!("../../docs/command.md");
    for key in ["last_crash", "jobs", "sinks", "silences"] {
        let row = text.lines().find(|line| line.starts_with(&format!("| `{key}` |"))).unwrap();
        let within = status[key].as_array().map_or(&status[key], |some| &some[0]);
        for key in keys(within) {
            assert!(row.contains(&format!("`{key}`")), "{row} {key}");
        }
    }
}
