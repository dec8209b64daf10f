//! The config as operators write it: what is shipped loads, what is wrong is named with its place.
#![cfg(feature = "deliver")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails panics"
)]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::Duration;

use upstart_monitor::config::Config;
use upstart_monitor::paths::Places;

/// A throw-away root whose `/etc/upstart-monitor` holds `files`.
fn root(files: &[(&str, &str)]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = root.path().join("etc/upstart-monitor").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }
    root
}

/// Where things lie under `root`, which is remembered for as long as the test's process lasts.
fn places_under(root: &Path) -> Places {
    Places::under(Vec::leak(root.as_os_str().as_encoded_bytes().to_vec()))
}

/// The names of the sinks of the config under `root`.
fn sinks(root: &Path) -> Vec<String> {
    let config = Config::load(places_under(root)).unwrap_or_else(|error| panic!("{:#?}", error.0));
    config.sinks.into_iter().map(|sink| sink.name).collect()
}

/// What is wrong with `files`, the directory left out.
fn problems(files: &[(&str, &str)]) -> Vec<String> {
    let root = root(files);
    let directory = format!("{}/etc/upstart-monitor/", root.path().display());
    let Err(error) = Config::load(places_under(root.path())) else { return Vec::new() };
    error.0.iter().map(|problem| problem.replace(&directory, "")).collect()
}

/// A shipped file.
fn shipped(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("config").join(name)).unwrap()
}

#[test]
fn no_config_is_a_config_without_sinks() {
    let root = root(&[]);
    assert_eq!(sinks(root.path()), [""; 0]);
    assert_eq!(
        Config::load(places_under(root.path())).unwrap().retry_for,
        Duration::from_secs(86400)
    );
}

#[test]
fn what_is_shipped_loads() {
    let default = shipped("config.toml");
    assert_eq!(sinks(root(&[("config.toml", &default)]).path()), [""; 0]);

    for (name, sink) in
        [("slack", "slack.ops"), ("webhook", "webhook.hook"), ("file", "file.jsonl")]
    {
        let example = shipped(&format!("examples/{name}.toml"));
        assert_eq!(sinks(root(&[("conf.d/example.toml", &example)]).path()), [sink]);
    }
}

/// Lines that begin with `#` and no space are config; a key that is there already stays out.
#[test]
fn what_is_commented_out_loads_too() {
    let default = shipped("config.toml");
    let lines = default.lines().map(|line| match line.strip_prefix('#') {
        Some(config) if !config.is_empty() && !config.starts_with(' ') => config,
        _ => line,
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    assert_eq!(
        sinks(root(&[("config.toml", &text)]).path()),
        ["file.jsonl", "slack.ops", "webhook.hook"]
    );

    for name in ["slack", "webhook", "file"] {
        let example = shipped(&format!("examples/{name}.toml"));
        for (number, line) in example.lines().enumerate() {
            let Some(config) = line.strip_prefix('#').filter(|line| !line.starts_with(' ')) else {
                continue;
            };
            let Some((key, _)) = config.split_once(" = ") else { continue };
            let stem = key.trim_end_matches("_env").trim_end_matches("_file");
            let others = example.lines().filter(|line| !line.starts_with(stem));
            let text = others.chain([config]).collect::<Vec<_>>().join("\n");
            let text = text.replace("\"...\"", "\"x\"");
            let wrong = problems(&[("config.toml", &text)]);
            assert_eq!(wrong, [""; 0], "{name}.toml, line {}", number + 1);
        }
    }
}

#[test]
fn files_are_read_in_the_order_of_their_names_and_others_are_left_alone() {
    let file = |name: &str| format!("[sink.file.{name}]\npath = \"/x\"\n");
    let root = root(&[
        ("config.toml", "[delivery]\nretry_for = \"1h 30m\"\n"),
        ("conf.d/20.toml", &file("b")),
        ("conf.d/10.toml", &file("c")),
        ("conf.d/.hidden.toml", "garbage"),
        ("conf.d/README", "garbage"),
        ("conf.d/30.toml.bak", "garbage"),
    ]);
    assert_eq!(sinks(root.path()), ["file.b", "file.c"]);
    assert_eq!(
        Config::load(places_under(root.path())).unwrap().retry_for,
        Duration::from_secs(5400)
    );
}

#[test]
fn a_mistake_is_named_with_its_place() {
    for (text, problem) in [
        (
            "[sink.file.a]\npath = \"/x\"\n\n[sink.slack.ops]\n  webhok_url = \"https://x\"\n",
            "config.toml:5:3: unknown field `webhok_url`, expected one of `webhook_url`, \
             `webhook_url_file`, `webhook_url_env`, `timeout`, `proxy`, `ca_file`",
        ),
        (
            "[sink.slak.ops]\nwebhook_url = \"https://x\"",
            "config.toml:1:12: unknown kind of sink `slak`, expected one of `file`, `slack`, \
             `webhook`",
        ),
        (
            "[sinks.file.a]",
            "config.toml:1:2: unknown table `sinks`, expected one of `delivery`, `redaction`, \
             `folding`, `snapshot`, `job.NAME`, `sink.KIND.NAME`",
        ),
        ("[sink]\nfile = 1", "config.toml:2:1: expected a table `[sink.KIND.NAME]`"),
        ("sink = 1", "config.toml:1:8: expected a table `[sink.KIND.NAME]`"),
        ("\n[sink.file.a]", "config.toml:2:1: missing field `path`"),
        ("[sink.file.a]\npath = 7", "config.toml:2:8: invalid type: integer, expected path string"),
        ("[sink.file.a]\npath = \"x\"", "config.toml:1:12: `path` must be absolute"),
        (
            "[delivery]\ntimeout = \"10 parsecs\"",
            "config.toml:2:11: not a length of time, such as \"10s\" or \"24h\"",
        ),
        (
            "[delivery]\nretry_for = \"0s\"",
            "config.toml:2:13: not a length of time, such as \"10s\" or \"24h\"",
        ),
        (
            "[delivery]\nproxy = \"socks5://user:hunter22@proxy\"",
            "config.toml:2:9: not \"env\", \"none\" or the http:// URL of a proxy",
        ),
        (
            "[redaction]\npatterns = [\"fine\", \"[a-\"]",
            "config.toml:2:21: not a regular expression: unclosed character class",
        ),
        (
            "[redaction]\npatterns = \"x\"",
            "config.toml:2:12: invalid type: string, expected a sequence",
        ),
        (
            "[redaction]\n enable = false",
            "config.toml:2:2: unknown field `enable`, expected `enabled` or `patterns`",
        ),
        (
            "[sink.slack.\"a b\"]\nwebhook_url = \"https://x\"",
            "config.toml:1:13: a sink's name is made of up to 64 letters, digits, `_` and `-`",
        ),
        (
            "[sink.slack.ops]",
            "config.toml:1:13: one of `webhook_url`, `webhook_url_file`, `webhook_url_env` must be \
             set",
        ),
        (
            "[sink.slack.ops]\nwebhook_url = \"https://x\"\nwebhook_url_file = \"x\"",
            "config.toml:1:13: only one of `webhook_url`, `webhook_url_file`, `webhook_url_env` \
             may be set",
        ),
        (
            "[sink.slack.ops]\nwebhook_url = \"hunter22\"",
            "config.toml:1:13: `webhook_url`: not an https:// or http:// URL",
        ),
        (
            "[sink.webhook.a]\nurl = \"https://x\"\nheaders = \"X-Key: hunter22\"",
            "config.toml:3:11: invalid type: string, expected a map",
        ),
        (
            "[sink.webhook.a]\nurl = \"https://x\"\nheaders = { \"a b\" = \"hunter22\" }",
            "config.toml:1:15: `headers`: the name of \"a b\" cannot be sent",
        ),
        (
            "[sink.webhook.a]\nurl = \"https://x\"\nheaders = { \"a\" = \"hunter22\\n\" }",
            "config.toml:1:15: `headers`: the value of \"a\" cannot be sent",
        ),
        ("[sink.file.é]\npath = \"/x\"", "config.toml:1:12: "),
        (
            "[snapshot]\nsettel = \"2s\"",
            "config.toml:2:1: unknown field `settel`, expected `settle` or `command`",
        ),
        (
            "[snapshot]\nsettle = \"1m\"",
            "config.toml:2:10: not a length of time from \"0s\" to \"10s\"",
        ),
        ("snapshot = 7", "config.toml:1:12: invalid type: integer, expected struct Snapshot"),
        ("[[snapshot.command]]\nargv = [\"x\"]", "config.toml:1:1: missing field `name`"),
        ("[[snapshot.command]]\nname = \"x\"", "config.toml:1:1: missing field `argv`"),
        (
            "[[snapshot.command]]\nname = \"x\"\nargv = \"ps aux\"",
            "config.toml:3:8: invalid type: string, expected a sequence",
        ),
        (
            "[[snapshot.command]]\nname = \"x\"\nargv = []",
            "config.toml:3:8: `argv` is a program and its arguments, as text without NUL",
        ),
        (
            "[[snapshot.command]]\nname = \"x\"\nargv = [\"x\"]\ntimeout = \"1h\"",
            "config.toml:4:11: the message waits for it: 30s at most",
        ),
        (
            "[[snapshot.command]]\nname = \"x\"\nargv = [\"x\"]\n shell = true",
            "config.toml:4:2: unknown field `shell`, expected one of `name`, `argv`, `timeout`, \
             `jobs`",
        ),
        ("job = 1", "config.toml:1:7: expected a table `[job.\"NAME\"]`"),
        (
            "[job.\"shop*\"]\nlogs = [\"/x\"]",
            "config.toml:2:1: unknown field `logs`, expected `log`",
        ),
        (
            "[job.shop]\nlog = [\"x.log\"]",
            "config.toml:2:7: each of `log` must be an absolute path, or \"journal\"",
        ),
    ] {
        let found = problems(&[("config.toml", text)]);
        assert!(found.iter().all(|found| !found.contains("hunter22")), "{found:?}");
        assert!(found.len() == 1 && found[0].starts_with(problem), "{text}\n{found:#?}");
    }
}

#[test]
fn all_problems_of_all_files_are_told_together() {
    let found = problems(&[
        (
            "config.toml",
            "[sink.file.a]\npath = 1\n[sink.slack.b]\n[sink.webhook.c]\nurl = \"x\"\nsecret = \"x\"\nsecret_env = \"X\"\n",
        ),
        ("conf.d/1.toml", "[sink.file.a\n"),
        ("conf.d/2.toml", "[delivery]\nlog_lines = -1\n[sink.slack.b]\nwebhook_url_env = \"X\"\n"),
        ("conf.d/3.toml", "[delivery]\n"),
    ]);
    let places: Vec<_> = found.iter().filter_map(|problem| problem.split(": ").next()).collect();
    assert_eq!(
        places,
        [
            "conf.d/1.toml:1:13",
            "conf.d/3.toml:1:1",
            "conf.d/2.toml:2:13",
            "conf.d/2.toml:3:13",
            "config.toml:2:8",
            "config.toml:3:13",
            "config.toml:4:15",
            "config.toml:4:15",
        ],
        "{found:#?}"
    );
}

#[test]
fn a_name_that_stands_twice_is_told_with_both_places() {
    let text = "[sink.file.a]\npath = \"/x\"\n";
    let found = problems(&[("config.toml", text), ("conf.d/more.toml", &format!("\n{text}"))]);
    assert_eq!(
        found,
        ["conf.d/more.toml:2:12: the sink `file.a` stands at config.toml:1:12 already"]
    );
}

#[test]
fn what_is_found_out_may_stand_in_several_files_and_once() {
    let command = "[[snapshot.command]]\nname = \"ps\"\nargv = [\"ps\"]\n";
    let files = [
        ("config.toml", format!("[snapshot]\nsettle = \"500ms\"\n{command}")),
        ("conf.d/1.toml", command.replace("\"ps\"", "\"ss\"") + "[job.shop]\nlog = [\"/a\"]\n"),
    ];
    let files = files.each_ref().map(|(name, text)| (*name, text.as_str()));
    let found = Config::load(places_under(root(&files).path())).unwrap().examination;
    let names: Vec<_> = found.commands.iter().map(|command| command.name.as_str()).collect();
    assert_eq!((found.settle, names), (Duration::from_millis(500), vec!["ps", "ss"]));
    assert_eq!(found.commands[0].timeout, Duration::from_secs(5));
    assert_eq!(found.commands[0].jobs, ["*"]);
    assert_eq!(found.logs.len(), 1);
    let default = Config::load(places_under(root(&[]).path())).unwrap().examination;
    assert_eq!(default.settle, Duration::from_secs(2));

    let twice = format!("[snapshot]\nsettle = \"1s\"\n{command}[job.shop]\nlog = []\n");
    let found = problems(&[files[0], files[1], ("conf.d/2.toml", &twice)]);
    assert_eq!(
        found,
        [
            "conf.d/2.toml:2:10: `settle` stands at config.toml:2:10 already",
            "conf.d/2.toml:3:1: the command `ps` stands at config.toml:3:1 already",
            "conf.d/2.toml:6:6: the job `shop` stands at conf.d/1.toml:4:6 already",
        ]
    );
    let many = (0..17).map(|n| command.replace("\"ps\"", &format!("\"{n}\""))).collect::<String>();
    let found = problems(&[("config.toml", &many)]);
    assert_eq!(found, ["config.toml:49:1: there are at most 16 commands"]);
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let root = root(&[("conf.d/a.toml", "")]);
    let directory = root.path().join("etc/upstart-monitor");
    fs::create_dir(directory.join("config.toml")).unwrap();
    symlink("/nowhere/else", directory.join("conf.d/b.toml")).unwrap();
    fs::write(directory.join("conf.d/c.toml"), [0xff]).unwrap();
    let Err(error) = Config::load(places_under(root.path())) else { panic!("nothing was wrong") };
    assert_eq!(
        error.0,
        [
            format!("{}/config.toml: not a plain file", directory.display()),
            format!(
                "{}/conf.d/b.toml: No such file or directory (os error 2)",
                directory.display()
            ),
            format!("{}/conf.d/c.toml: not UTF-8 text", directory.display()),
        ]
    );
}
