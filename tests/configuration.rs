//! The reference of the config, held against what the config says when it is asked: it names its
//! tables and keys to whoever writes a wrong one.
#![cfg(feature = "deliver")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

#[path = "support/mod.rs"]
mod support;

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use support::fixture;
use upstart_monitor::config::Config;
use upstart_monitor::paths::Places;

const REFERENCE: &str = include_str!("../docs/configuration.md");

/// A key that no table has.
const NONSENSE: &str = "nonsense_key";

/// A row of the reference: the names of a key, and what holds without it.
struct Row {
    names: Vec<String>,
    default: String,
}

impl Row {
    /// Whether the config is one without it.
    fn is_required(&self) -> bool {
        self.default == "required"
    }

    /// What can be written for it and changes nothing.
    fn value(&self) -> Option<&str> {
        let code = self.default.strip_prefix('`')?.strip_suffix('`')?;
        code.parse::<toml::Value>().is_ok().then_some(code)
    }
}

/// Each table of the reference by its heading.
fn tables() -> Vec<(&'static str, Vec<Row>)> {
    let tables = REFERENCE.split("\n### `").skip(1).map(|table| {
        let (heading, rest) = table.split_once('`').unwrap();
        let rows = rest.lines().filter(|line| line.starts_with("| `")).map(|line| {
            let cells: Vec<_> = line.split(" | ").collect();
            let names = cells[0].trim_start_matches("| ").split(", ");
            let names = names.map(|name| name.trim_matches('`').to_owned()).collect();
            Row { names, default: cells[2].to_owned() }
        });
        (heading, rows.collect())
    });
    tables.collect()
}

/// All names of keys in `rows`.
fn names(rows: &[Row]) -> BTreeSet<String> {
    rows.iter().flat_map(|row| row.names.clone()).collect()
}

fn load(text: &str) -> Result<Config, String> {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("etc/upstart-monitor/config.toml");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    let places = Places::under(Vec::leak(root.path().as_os_str().as_encoded_bytes().to_vec()));
    Config::load(places).map_err(|error| error.to_string())
}

/// What the config says of `text`, in which something is wrong.
fn complaint(text: &str) -> String {
    load(text).err().unwrap_or_default()
}

/// What `text`, a complaint, expects in place of what is called `what`: of the table itself, and of
/// every sink.
fn expected(text: &str, what: &str) -> [BTreeSet<String>; 2] {
    let line = text.lines().find(|line| line.contains(what)).unwrap_or_default();
    let (_, expected) = line.rsplit_once("xpected").unwrap_or_default();
    let (own, common) = expected.split_once("; or, as for every sink").unwrap_or((expected, ""));
    [own, common].map(|text| text.split('`').skip(1).step_by(2).map(str::to_owned).collect())
}

#[test]
fn the_reference_is_what_the_comments_say() {
    let made = tempfile::tempdir().unwrap();
    assert!(Command::new(fixture("manual")).arg(made.path()).status().unwrap().success());
    let text = fs::read_to_string(made.path().join("configuration.md")).unwrap();
    assert!(text == REFERENCE, "docs/configuration.md is not up to date: make man");
}

#[test]
fn every_table_and_every_kind_of_sink_is_in_it_and_no_other() {
    let headings: Vec<_> = tables().into_iter().map(|(heading, _)| heading).collect();
    let path = |heading: &str| heading.trim_matches(['[', ']']).to_owned();

    let kinds = headings
        .iter()
        .filter_map(|heading| path(heading).strip_prefix("sink.").map(str::to_owned));
    let kinds: BTreeSet<_> =
        kinds.filter_map(|rest| Some(rest.strip_suffix(".NAME")?.to_owned())).collect();
    let [mut known, _] = expected(&complaint("[sink.nonsense.it]"), "kind of sink");
    known.insert("KIND".to_owned());
    assert_eq!(kinds, known);

    let tables: BTreeSet<_> = headings
        .iter()
        .map(|heading| path(heading).split('.').next().unwrap().to_owned())
        .collect();
    let [known, _] = expected(&complaint("[nonsense]"), "unknown table");
    let known: BTreeSet<_> =
        known.iter().map(|name| name.split('.').next().unwrap().to_owned()).collect();
    assert_eq!(tables, known);
}

#[test]
fn every_key_is_in_it_and_no_other() {
    let tables = tables();
    let (_, common) = tables.iter().find(|(heading, _)| *heading == "[sink.KIND.NAME]").unwrap();
    for (heading, rows) in &tables {
        if *heading == "[sink.KIND.NAME]" {
            continue;
        }
        let said = complaint(&format!("{heading}\n{NONSENSE} = 1\n"));
        let [own, of_every_sink] = expected(&said, NONSENSE);
        assert_eq!(names(rows), own, "{heading}: {said}");
        if heading.starts_with("[sink.") {
            assert_eq!(names(common), of_every_sink, "{heading}: {said}");
        }
        for row in rows {
            let first = &row.names[0];
            let lacks = [format!("missing key `{first}`"), format!("one of `{first}`, ")];
            let is_missed = lacks.iter().any(|lack| {
                said.lines().any(|line| line.contains(lack) && !line.contains("xpected"))
            });
            assert_eq!(row.is_required(), is_missed, "{heading} {first}: {said}");
        }
    }
}

#[test]
fn what_is_said_to_hold_without_a_key_can_be_written_and_holds() {
    let usual = load("").unwrap();
    let mut written = 0;
    for (heading, rows) in tables() {
        let values = rows.iter().filter_map(|row| Some((&row.names[0], row.value()?)));
        let lines: Vec<_> = values.map(|(key, value)| format!("{key} = {value}")).collect();
        let text = format!("{}\n{}\n", heading.replace("KIND", "nonsense"), lines.join("\n"));
        match load(&text) {
            Ok(config) => {
                assert_eq!(config.retry_for, usual.retry_for, "{text}");
                assert_eq!(config.folding, usual.folding, "{text}");
                assert_eq!(config.examination, usual.examination, "{text}");
                assert_eq!(config.spool, usual.spool, "{text}");
                written += lines.len();
            }
            Err(said) => {
                for line in said.lines() {
                    let is_of_another = [
                        "missing key",
                        "must be set",
                        "kind of sink",
                        "takes a `secret`",
                        "are for `smtp`",
                    ];
                    assert!(is_of_another.iter().any(|text| line.contains(text)), "{text}: {line}");
                }
            }
        }
    }
    assert!(written > 10, "{written}");
}
