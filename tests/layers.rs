//! Which module may use which. The picture is in `docs/architecture.md`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// One module: its name, and the modules of this crate that it may use.
type Layer = (&'static str, &'static [&'static str]);

/// Runs in the hooks. A lower line may use only what stands above it, and not all of that.
const CAPTURE: &[Layer] = &[
    // A pair: the clocks give timestamps.
    ("time", &[]),
    ("sys", &["time"]),
    ("id", &["time"]),
    ("paths", &["sys"]),
    ("supervisor", &[]),
    ("job", &["sys", "paths", "supervisor"]),
    ("bus", &["sys"]),
    ("init", &["sys", "paths", "job", "bus"]),
    ("systemd", &["sys", "time", "paths", "bus"]),
    ("service_dir", &["sys", "time"]),
    ("marker", &["sys", "time", "id", "paths", "supervisor", "job"]),
    ("evidence", &["sys", "time", "paths", "job", "init", "systemd", "service_dir", "marker"]),
    ("verdict", &["time", "supervisor", "evidence", "systemd"]),
    ("snapshot", &["sys", "time", "paths", "marker", "evidence"]),
    ("aftermath", &["time", "snapshot"]),
    (
        "report",
        &[
            "time",
            "id",
            "supervisor",
            "job",
            "systemd",
            "marker",
            "evidence",
            "verdict",
            "snapshot",
            "aftermath",
        ],
    ),
    ("spool", &["sys", "id", "paths"]),
    (
        "hooks",
        &[
            "sys",
            "time",
            "id",
            "paths",
            "supervisor",
            "job",
            "init",
            "service_dir",
            "marker",
            "evidence",
            "verdict",
            "snapshot",
            "report",
            "spool",
        ],
    ),
];

/// Runs in the notifier and the command (feature `deliver`); nothing of it is seen from above.
/// `NAME::*` is what lies in the folder of a module, beside its `mod.rs`.
const DELIVER: &[Layer] = &[
    // The notifier reads a marker that pre-start kept, and makes its report.
    (
        "report::*",
        &[
            "sys",
            "time",
            "id",
            "supervisor",
            "systemd",
            "marker",
            "evidence",
            "verdict",
            "snapshot",
            "report",
        ],
    ),
    ("secret", &["sys", "paths"]),
    ("run_command", &[]),
    ("meaning", &["verdict"]),
    ("terminal", &[]),
    ("job_file", &[]),
    ("host_supervisors", &["supervisor", "paths", "job", "init", "run_command"]),
    ("enable", &["supervisor", "sys", "paths", "systemd", "job_file", "host_supervisors"]),
    ("notice", &["time", "id", "supervisor", "verdict", "report"]),
    ("incident", &["time", "id", "report", "notice"]),
    ("globs", &["sys"]),
    ("routing", &["globs", "notice", "verdict"]),
    ("job_settings", &["globs", "report", "verdict"]),
    ("zone", &["time", "paths"]),
    ("quiet", &["time", "report", "globs", "zone"]),
    ("intake", &["verdict", "report", "notice", "routing", "job_settings", "quiet"]),
    (
        "redaction",
        &[
            "evidence",
            "systemd",
            "verdict",
            "snapshot",
            "aftermath",
            "report",
            "terminal",
            "notice",
        ],
    ),
    (
        "message",
        &[
            "time",
            "id",
            "supervisor",
            "evidence",
            "verdict",
            "snapshot",
            "aftermath",
            "report",
            "terminal",
            "secret",
            "notice",
            "zone",
            "job_settings",
            "redaction",
        ],
    ),
    (
        "sinks",
        &[
            "sys",
            "time",
            "id",
            "paths",
            "supervisor",
            "verdict",
            "snapshot",
            "report",
            "zone",
            "secret",
            "run_command",
            "notice",
            "routing",
            "redaction",
            "message",
        ],
    ),
    ("metrics", &["time", "id", "verdict", "report", "sinks", "message"]),
    // The notifier's half of the spool; a queued report's record says how it was tried.
    (
        "spool::*",
        &[
            "sys",
            "time",
            "id",
            "paths",
            "job",
            "marker",
            "evidence",
            "verdict",
            "snapshot",
            "report",
            "report::*",
            "spool",
            "notice",
            "incident",
            "globs",
            "quiet",
            "sinks",
            "metrics",
        ],
    ),
    (
        "examine",
        &[
            "sys",
            "time",
            "id",
            "paths",
            "supervisor",
            "job",
            "init",
            "systemd",
            "service_dir",
            "marker",
            "evidence",
            "verdict",
            "snapshot",
            "aftermath",
            "report",
            "spool",
            "spool::*",
            "run_command",
            "notice",
            "globs",
            "sinks",
        ],
    ),
    ("policy", &["time", "id", "verdict", "notice", "incident", "sinks", "spool"]),
    (
        "config",
        &[
            "sys",
            "time",
            "paths",
            "verdict",
            "secret",
            "globs",
            "notice",
            "routing",
            "job_settings",
            "quiet",
            "zone",
            "redaction",
            "message",
            "sinks",
            "spool",
            "examine",
            "policy",
        ],
    ),
    (
        "notifier",
        &[
            "sys",
            "time",
            "id",
            "paths",
            "supervisor",
            "systemd",
            "marker",
            "verdict",
            "snapshot",
            "aftermath",
            "report",
            "spool",
            "spool::*",
            "notice",
            "incident",
            "routing",
            "job_settings",
            "quiet",
            "zone",
            "intake",
            "redaction",
            "message",
            "sinks",
            "metrics",
            "examine",
            "config",
            "policy",
        ],
    ),
    // A page for a browser, of what may leave the host.
    (
        "html",
        &[
            "time",
            "id",
            "evidence",
            "verdict",
            "aftermath",
            "report",
            "meaning",
            "notice",
            "redaction",
            "message",
            "zone",
        ],
    ),
    (
        "doctor",
        &[
            "supervisor",
            "sys",
            "time",
            "id",
            "paths",
            "job",
            "init",
            "marker",
            "evidence",
            "report",
            "spool",
            "spool::*",
            "hooks",
            "job_file",
            "host_supervisors",
            "enable",
            "config",
        ],
    ),
    ("demo", &["sys", "time", "id", "paths", "verdict", "snapshot", "report", "spool", "hooks"]),
    (
        "cli",
        &[
            "supervisor",
            "sys",
            "time",
            "id",
            "paths",
            "job",
            "init",
            "systemd",
            "marker",
            "evidence",
            "verdict",
            "snapshot",
            "aftermath",
            "report",
            "spool",
            "hooks",
            "secret",
            "meaning",
            "job_file",
            "host_supervisors",
            "enable",
            "globs",
            "notice",
            "incident",
            "globs",
            "quiet",
            "redaction",
            "message",
            "sinks",
            "examine",
            "config",
            "policy",
            "notifier",
            "html",
            "doctor",
            "demo",
        ],
    ),
];

fn layers() -> impl Iterator<Item = &'static Layer> {
    CAPTURE.iter().chain(DELIVER)
}

/// The layer of `module`, which may be given with the name of something in it.
fn layer_of(path: &str, modules: &BTreeSet<String>) -> Option<&'static Layer> {
    let ends = path.match_indices("::").map(|(end, _)| end).chain([path.len()]);
    let prefixes: Vec<_> = ends.filter_map(|end| path.get(..end)).collect();
    let module = prefixes.into_iter().rev().find(|prefix| modules.contains(*prefix))?;
    let outermost = module.split("::").next()?;
    let inside = format!("{outermost}::*");
    let named = |wanted: &str| layers().find(|(name, _)| *name == wanted);
    (module != outermost).then(|| named(&inside)).flatten().or_else(|| named(outermost))
}

#[test]
fn no_module_uses_what_it_must_not_know() {
    let sources = sources();
    let modules: BTreeSet<_> = sources.iter().map(|(_, module)| module.clone()).collect();
    let mut wrong = Vec::new();
    for (path, module) in &sources {
        let Some((name, may_use)) = layer_of(module, &modules) else {
            panic!(
                "{} is in no layer: give `{module}` a line in tests/layers.rs, under the modules \
                 it uses, and a place in docs/architecture.md",
                path.display()
            );
        };
        for used in uses(&fs::read_to_string(path).unwrap(), module) {
            let Some((used, _)) = layer_of(&used, &modules) else { continue };
            let known = may_use.contains(used);
            // A folder belongs to its `mod.rs`, which says what of it is seen from outside.
            let own = name.trim_end_matches("::*") == used.trim_end_matches("::*");
            if !known && !own {
                wrong.push(format!("{}: `{name}` must not know `{used}`", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_table_knows_each_module_once_and_names_only_what_stands_above() {
    let mut above = BTreeSet::new();
    for (name, may_use) in layers() {
        for used in *may_use {
            assert!(above.contains(used), "`{name}` may use `{used}`, which does not stand above");
        }
        assert!(above.insert(*name), "`{name}` stands twice");
    }
    for name in above {
        let path = Path::new("src").join(name.trim_end_matches("::*"));
        let there = path.is_dir() || path.with_extension("rs").is_file();
        assert!(there, "`{name}` has a layer but no code");
    }
}

#[test]
fn what_the_hooks_link_knows_nothing_of_delivery() {
    for (name, may_use) in CAPTURE {
        let delivers = may_use.iter().find(|used| DELIVER.iter().any(|(name, _)| name == *used));
        assert_eq!(delivers, None, "`{name}` is captured with");
    }
}

#[test]
fn uses_are_found_however_they_are_written() {
    let text = "use crate::sys::{self, say};\nuse crate::{id::RunId, time};\n\
                // crate::cli\nlet x = crate::report::VERSION;\nuse super::kick::kick;\n\
                use {crate::paths::Root, crate::{\n    marker::{Content, Marker},\n    job,\n}};\n";
    let expected = [
        "hooks::kick::kick",
        "id::RunId",
        "job",
        "marker",
        "paths::Root",
        "report::VERSION",
        "sys",
        "time",
    ];
    assert_eq!(uses(text, "hooks::post_stop"), expected.map(str::to_owned).into());
}

/// Every source file of the library and its module's path; not those that are tests only.
fn sources() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut directories = vec![PathBuf::from("src")];
    while let Some(directory) = directories.pop() {
        for path in fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()) {
            let inside = path.strip_prefix("src").unwrap().with_extension("");
            let tests = inside.ends_with("tests") || inside.ends_with("testing");
            if path.is_dir() {
                directories.push(path);
            } else if inside != Path::new("lib") && !inside.starts_with("bin") && !tests {
                let names: Vec<_> = inside.iter().map(|name| name.to_str().unwrap()).collect();
                let module = names.join("::");
                let module = module.strip_suffix("::mod").unwrap_or(&module).to_owned();
                found.push((path, module));
            }
        }
    }
    assert!(found.len() > 20, "the tests run in the crate's directory");
    found
}

/// What the code of `module` names of this crate, by paths from `crate::` and `super::`. A group in
/// braces is named by what its entries begin with; tests may use what they like.
fn uses(text: &str, module: &str) -> BTreeSet<String> {
    let code: String = text
        .split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or_default()
        .lines()
        .map(|line| line.split_once("//").map_or(line, |(code, _)| code))
        .collect::<Vec<_>>()
        .join(" ");
    let parent = module.rsplit_once("::").map_or("", |(parent, _)| parent);
    let parent = if parent.is_empty() { String::new() } else { format!("{parent}::") };
    let mut found = BTreeSet::new();
    for (keyword, prefix) in [("crate::", ""), ("super::", parent.as_str())] {
        for rest in code.split(keyword).skip(1) {
            found.extend(entries(rest).into_iter().map(|entry| format!("{prefix}{entry}")));
        }
    }
    found
}

/// The paths at the beginning of `text`: one, or those in a group.
fn entries(text: &str) -> Vec<String> {
    let Some(group) = text.strip_prefix('{') else { return vec![path_at(text)] };
    let (mut depth, mut starts) = (0, vec![0]);
    for (position, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => starts.push(position + 1),
            _ => {}
        }
    }
    let entries = starts.into_iter().filter_map(|start| group.get(start..));
    entries.map(|entry| path_at(entry.trim_start())).filter(|path| !path.is_empty()).collect()
}

/// The path at the beginning of `text`, without what follows in braces.
fn path_at(text: &str) -> String {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
    let path = text.get(..end.unwrap_or(text.len())).unwrap_or_default();
    path.trim_end_matches(':').to_owned()
}
