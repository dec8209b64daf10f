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
use upstart_monitor::notice::Cause;
use upstart_monitor::paths::Places;
use upstart_monitor::sinks::Period;
use upstart_monitor::spool::{KeepFree, Limits, Size};
use upstart_monitor::verdict::{Severity, VerdictKind};

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
    let config = Config::load(places_under(root)).unwrap_or_else(|error| panic!("{error}"));
    config.sinks.into_iter().map(|sink| sink.name).collect()
}

/// What is wrong with `files`, the directory left out.
fn problems(files: &[(&str, &str)]) -> Vec<String> {
    let root = root(files);
    let directory = format!("{}/etc/upstart-monitor/", root.path().display());
    let Err(error) = Config::load(places_under(root.path())) else { return Vec::new() };
    error.0.iter().map(|problem| problem.to_string().replace(&directory, "")).collect()
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

/// Each shipped example: the kind of sink, and what it is called there.
const EXAMPLES: [(&str, &str); 19] = [
    ("alertmanager", "alertmanager.am"),
    ("discord", "discord.ops"),
    ("email", "email.ops"),
    ("email-smtp", "email.ops"),
    ("exec", "exec.broker"),
    ("file", "file.jsonl"),
    ("googlechat", "googlechat.ops"),
    ("matrix", "matrix.ops"),
    ("mattermost", "mattermost.ops"),
    ("ntfy", "ntfy.ops"),
    ("otlp", "otlp.logs"),
    ("pagerduty", "pagerduty.oncall"),
    ("rocketchat", "rocketchat.ops"),
    ("sentry", "sentry.crashes"),
    ("slack", "slack.ops"),
    ("syslog", "syslog.log"),
    ("teams", "teams.ops"),
    ("telegram", "telegram.ops"),
    ("webhook", "webhook.hook"),
];

#[test]
fn what_is_shipped_loads() {
    let default = shipped("config.toml");
    assert_eq!(sinks(root(&[("config.toml", &default)]).path()), [""; 0]);

    for (name, sink) in EXAMPLES {
        let example = shipped(&format!("examples/{name}.toml"));
        assert_eq!(sinks(root(&[("conf.d/example.toml", &example)]).path()), [sink]);
    }
    let metrics = shipped("examples/metrics.toml");
    let root = root(&[("conf.d/example.toml", &metrics)]);
    let textfile = Config::load(places_under(root.path())).unwrap().metrics.unwrap();
    assert!(textfile.ends_with("node-exporter/upstart-monitor.prom"), "{}", textfile.display());
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

    for (name, _) in EXAMPLES {
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
fn the_spool_keeps_as_much_as_is_said() {
    let limits = |text| Config::load(places_under(root(&[("config.toml", text)]).path())).unwrap();
    let default = Limits {
        max_reports: 10_000,
        max_bytes: Size(256 << 20),
        max_age: Period(Duration::from_secs(90 * 86400)),
        keep_free: KeepFree::Percent(5),
    };
    assert_eq!(limits("").spool, default);
    let commented = shipped("config.toml");
    let commented = commented.lines().filter_map(|line| line.strip_prefix('#'));
    let said = commented.skip_while(|line| *line != "[spool]");
    let said =
        said.take_while(|line| !line.starts_with(" A Slack")).filter(|line| !line.starts_with(' '));
    let said = said.collect::<Vec<_>>().join("\n");
    assert!(said.matches('=').count() == 4, "{said}");
    assert_eq!(limits(&said).spool, default, "what is shipped says so");

    let said =
        "[spool]\nmax_reports = 7\nmax_bytes = \"1GB\"\nmax_age = \"1h\"\nkeep_free = \"2GiB\"";
    let own = Limits {
        max_reports: 7,
        max_bytes: Size(1_000_000_000),
        max_age: Period(Duration::from_secs(3600)),
        keep_free: KeepFree::Bytes(Size(2 << 30)),
    };
    assert_eq!(limits(said).spool, own);
}

#[test]
fn a_mistake_is_named_with_its_place() {
    for (text, problem) in [
        (
            "[sink.file.a]\npath = \"/x\"\n\n[sink.slack.ops]\n  webhok_url = \"https://x\"\n",
            "config.toml:5:3: unknown key `webhok_url`, did you mean `webhook_url`? Expected one of `webhook_url`, \
             `webhook_url_file`, `webhook_url_env`, `timeout`, `proxy`, `ca_file`; or, as for \
             every sink, one of `jobs`, `verdicts`, `min_severity`, `fold`, `recovered`",
        ),
        (
            "[sink.slak.ops]\nwebhook_url = \"https://x\"",
            "config.toml:1:12: unknown kind of sink `slak`, did you mean `slack`? Expected one of `alertmanager`, `discord`, `email`, `exec`, `file`, `googlechat`, `matrix`, `mattermost`, `ntfy`, `otlp`, `pagerduty`, `rocketchat`, `sentry`, `slack`, `syslog`, `teams`, `telegram`, `webhook`",
        ),
        (
            "[sink.email.ops]\nto = [\"ops\"]",
            "config.toml:2:6: `to`: no address, such as \"ops@example.com\"",
        ),
        ("[sink.email.ops]\nto = []", "config.toml:2:6: `to` names nobody"),
        (
            "[sink.email.ops]\nto = [\"a@b\"]\nsmtp = \"smtp://u:hunter22@mail\"",
            "config.toml:3:8: `smtp` must be smtp://HOST:PORT or smtps://HOST:PORT",
        ),
        (
            "[sink.email.ops]\nto = [\"a@b\"]\nsmtp = \"smtp://mail\"\nstarttls = \"none\"\n\
             username = \"u\"\npassword = \"hunter22\"",
            "config.toml:1:13: a password is not sent without TLS",
        ),
        ("[sink.exec.own]\ncommand = []", "config.toml:2:11: `command` names no program"),
        (
            "[sink.syslog.log]\nfacility = \"kern\"",
            "config.toml:2:12: `facility` is none of `user`, `mail`",
        ),
        (
            "[sink.syslog.log]\ntarget = \"logs\"",
            "config.toml:2:10: `target` must be the path of a socket, udp://HOST:PORT or",
        ),
        (
            "[sinks.file.a]\npath = \"/x\"",
            "config.toml:1:2: unknown table `sinks`, did you mean `sink`? Expected one of `delivery`, `redaction`, \
             `folding`, `metrics`, `snapshot`, `spool`, `window`, `job.NAME`, `sink.KIND.NAME`",
        ),
        (
            "[metrics]\ntextfile = \"/var/lib/x.txt\"",
            "config.toml:2:12: not an absolute path that ends in .prom",
        ),
        (
            "[sink.pagerduty.a]\nrouting_key = \"x\"\nseverity = { error = \"page\" }",
            "config.toml:3:22: unknown value `page`, expected one of `info`, `warning`, `error`, \
             `critical`",
        ),
        ("[sink]\nfile = 1", "config.toml:2:1: expected a table `[sink.KIND.NAME]`"),
        ("sink = 1", "config.toml:1:8: expected a table `[sink.KIND.NAME]`"),
        ("\n[sink.file.a]", "config.toml:2:1: missing key `path`"),
        ("[sink.file.a]\npath = 7", "config.toml:2:8: invalid type: integer, expected path string"),
        ("[sink.file.a]\npath = \"x\"", "config.toml:2:8: `path` must be absolute"),
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
            "config.toml:2:12: invalid type: string, expected an array",
        ),
        (
            "[redaction]\n enable = false",
            "config.toml:2:2: unknown key `enable`, did you mean `enabled`? Expected one of \
             `enabled`, `patterns`",
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
            "config.toml:2:15: only one of `webhook_url`, `webhook_url_file`, `webhook_url_env` \
             may be set",
        ),
        (
            "[sink.slack.ops]\nwebhook_url = \"hunter22\"",
            "config.toml:2:15: `webhook_url`: not an https:// or http:// URL",
        ),
        (
            "[sink.webhook.a]\nurl = \"https://x\"\nheaders = \"X-Key: hunter22\"",
            "config.toml:3:11: invalid type: string, expected a table",
        ),
        (
            "[sink.webhook.a]\nurl = \"https://x\"\nheaders = { \"a b\" = \"hunter22\" }",
            "config.toml:3:11: `headers`: the name of \"a b\" cannot be sent",
        ),
        (
            "[sink.webhook.a]\nurl = \"https://x\"\nheaders = { \"a\" = \"hunter22\\n\" }",
            "config.toml:3:11: `headers`: the value of \"a\" cannot be sent",
        ),
        ("[sink.file.é]\npath = \"/x\"", "config.toml:1:12: "),
        (
            "[snapshot]\nsettel = \"2s\"",
            "config.toml:2:1: unknown key `settel`, did you mean `settle`? Expected one of \
             `settle`, `command`",
        ),
        (
            "[snapshot]\nsettle = \"1m\"",
            "config.toml:2:10: not a length of time from \"0s\" to \"10s\"",
        ),
        ("snapshot = 7", "config.toml:1:12: invalid type: integer, expected struct Snapshot"),
        ("[[snapshot.command]]\nargv = [\"x\"]", "config.toml:1:1: missing key `name`"),
        ("[[snapshot.command]]\nname = \"x\"", "config.toml:1:1: missing key `argv`"),
        (
            "[[snapshot.command]]\nname = \"x\"\nargv = \"ps aux\"",
            "config.toml:3:8: invalid type: string, expected an array",
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
            "config.toml:4:2: unknown key `shell`, expected one of `name`, `argv`, `timeout`, \
             `jobs`",
        ),
        (
            "[spool]\nmax_report = 7",
            "config.toml:2:1: unknown key `max_report`, did you mean `max_reports`? Expected one of `max_reports`, \
             `max_bytes`, `max_age`, `keep_free`",
        ),
        ("[spool]\nmax_reports = 0", "config.toml:2:15: must be at least 1"),
        ("[spool]\nmax_reports = \"7\"", "config.toml:2:15: invalid type: string, expected u64"),
        (
            "[spool]\nmax_bytes = \"256\"",
            "config.toml:2:13: not a size, such as \"64KiB\", \"256MiB\" or \"1GB\"",
        ),
        (
            "[spool]\nmax_age = \"0d\"",
            "config.toml:2:11: not a length of time, such as \"10s\" or \"24h\"",
        ),
        (
            "[spool]\nkeep_free = \"60%\"",
            "config.toml:2:13: neither a share from \"0%\" to \"50%\" nor a size, such as \"1GiB\"",
        ),
        (
            "[spool]\nkeep_free = \"lots\"",
            "config.toml:2:13: neither a share from \"0%\" to \"50%\" nor a size, such as \"1GiB\"",
        ),
        ("job = 1", "config.toml:1:7: expected a table `[job.\"NAME\"]`"),
        (
            "[job.\"shop*\"]\nlogs = [\"/x\"]",
            "config.toml:2:1: unknown key `logs`, did you mean `log`? Expected one of `log`, `severity`, `labels`, \
             `runbook`",
        ),
        (
            "[job.shop]\nlog = [\"x.log\"]",
            "config.toml:2:7: each of `log` must be an absolute path, or \"journal\"",
        ),
        (
            "[job.shop]\nseverity = \"loud\"",
            "config.toml:2:12: `loud` is no severity, expected one of `warning`, `error`, \
             `critical`",
        ),
        (
            "[job.shop]\nseverity = { crashed = \"info\" }",
            "config.toml:2:24: `info` is no severity, expected one of `warning`, `error`, \
             `critical`",
        ),
        (
            "[job.shop]\nseverity = { stopped = \"error\" }",
            "config.toml:2:14: `stopped` is never reported, expected one of `crashed`, \
             `start_failed`, `gave_up`, `unseen`, `unclear`",
        ),
        (
            "[job.shop]\nseverity = 7",
            "config.toml:2:12: invalid type: integer, expected a severity, or a table with one \
             for each verdict",
        ),
        (
            "[job.shop]\nlabels = { upstart_job = \"x\" }",
            "config.toml:2:12: the label `upstart_job` is the report's own",
        ),
        (
            "[job.shop]\nlabels = { \"my team\" = \"x\" }",
            "config.toml:2:12: the name of a label is made of letters, digits and `_`, no digit \
             first",
        ),
        (
            "[job.shop]\nlabels = { team = 7 }",
            "config.toml:2:19: invalid type: integer, expected a string",
        ),
        (
            "[job.shop]\nrunbook = \"wiki/hunter22\"",
            "config.toml:2:11: not an https:// or http:// URL",
        ),
        (
            "[sink.file.a]\npath = \"/x\"\njobs = []",
            "config.toml:3:8: `jobs` names no job; without it every job is meant",
        ),
        (
            "[sink.file.a]\npath = \"/x\"\njobs = [\"a\", \"!\"]",
            "config.toml:3:14: an empty glob names no job",
        ),
        (
            "[sink.file.a]\npath = \"/x\"\nverdicts = [\"crashed\", \"stopped\"]",
            "config.toml:3:24: `stopped` is never reported, expected one of `crashed`, \
             `start_failed`, `gave_up`, `unseen`, `unclear`",
        ),
        (
            "[sink.file.a]\npath = \"/x\"\nverdicts = [\"died\"]",
            "config.toml:3:13: `died` is no verdict, expected one of `crashed`, `start_failed`, \
             `gave_up`, `unseen`, `unclear`",
        ),
        (
            "[sink.file.a]\npath = \"/x\"\nverdicts = []",
            "config.toml:3:12: `verdicts` names none; without it the sink is told of all",
        ),
        (
            "[sink.file.a]\npath = \"/x\"\nmin_severity = \"info\"",
            "config.toml:3:16: `info` is no severity, expected one of `warning`, `error`, \
             `critical`",
        ),
        (
            "[sink.file.a]\npath = \"/x\"\nfold = \"no\"",
            "config.toml:3:8: invalid type: string, expected a boolean",
        ),
        (
            "[sink.file.a]\npath = \"/x\"\njob = [\"a\"]",
            "config.toml:3:1: unknown key `job`, did you mean `jobs`? Expected `path`; or, as for every sink, one of \
             `jobs`, `verdicts`, `min_severity`, `fold`, `recovered`",
        ),
        ("window = 7", "config.toml:1:10: expected tables `[[window]]`"),
        ("[window]\nwhy = \"x\"", "config.toml:1:1: expected tables `[[window]]`"),
        ("[[window]]\nto = \"02:00\"\nwhy = \"x\"", "config.toml:1:1: missing key `from`"),
        ("[[window]]\nfrom = \"01:00\"\nto = \"02:00\"", "config.toml:1:1: missing key `why`"),
        (
            "[[window]]\nfrom = \"1am\"\nto = \"02:00\"\nwhy = \"x\"",
            "config.toml:2:8: not a time of day such as \"02:00\"",
        ),
        (
            "[[window]]\nfrom = 2026-12-24T22:00:00\nto = 2026-12-25T02:00:00Z\nwhy = \"x\"",
            "config.toml:2:8: not a date with a time and an offset from UTC, such as \
             2026-12-24T22:00:00Z",
        ),
        (
            "[[window]]\nfrom = 1\nto = \"02:00\"\nwhy = \"x\"",
            "config.toml:2:8: invalid type: integer, expected a time of day such as \"02:00\", or \
             a date such as 2026-12-24T22:00:00Z",
        ),
        (
            "[[window]]\nfrom = \"01:00\"\nto = 2026-12-25T02:00:00Z\nwhy = \"x\"",
            "config.toml:3:6: `from` and `to` must both be times of day, or both dates with times",
        ),
        (
            "[[window]]\nfrom = 2026-12-25T02:00:00Z\nto = 2026-12-25T02:00:00Z\nwhy = \"x\"",
            "config.toml:3:6: the window ends before it begins",
        ),
        (
            "[[window]]\ndays = [\"sat\"]\nfrom = 2026-12-24T22:00:00Z\nto = \
             2026-12-25T02:00:00Z\nwhy = \"x\"",
            "config.toml:2:8: `days` and `zone` are for windows with times of day",
        ),
        (
            "[[window]]\ndays = [\"sat\", \"someday\"]\nfrom = \"01:00\"\nto = \"02:00\"\nwhy = \
             \"x\"",
            "config.toml:2:16: `someday` is no day, expected one of `mon`, `tue`, `wed`, `thu`, \
             `fri`, `sat`, `sun`",
        ),
        (
            "[[window]]\nfrom = \"01:00\"\nto = \"02:00\"\nwhy = \"x\"\nzone = \"CET\"",
            "config.toml:5:8: `zone` is \"local\" or \"utc\"",
        ),
        (
            "[[window]]\nform = \"01:00\"\nto = \"02:00\"\nwhy = \"x\"",
            "config.toml:2:1: unknown key `form`, did you mean `from`? Expected one of `jobs`, `days`, `from`, `to`, \
             `zone`, `why`",
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
            "config.toml:2:8",
            "config.toml:3:13",
            "config.toml:5:7",
            "config.toml:6:10",
            "conf.d/1.toml:1:13",
            "conf.d/2.toml:2:13",
            "conf.d/2.toml:3:13",
            "conf.d/3.toml:1:1",
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
    let told: Vec<_> = error.0.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
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

#[test]
fn each_kind_of_sink_has_its_own_way_of_being_told_and_the_config_the_last_word() {
    let text = "\
        [sink.file.feed]\npath = \"/x\"\n\
        [sink.file.folded]\npath = \"/x\"\nfold = true\nrecovered = true\n\
        [sink.slack.all]\nwebhook_url_env = \"X\"\n\
        [sink.slack.few]\nwebhook_url_env = \"X\"\nfold = false\n\
        jobs = [\"shop*\", \"!shop-test\"]\nverdicts = [\"gave_up\"]\nmin_severity = \"error\"\n";
    let config = Config::load(places_under(root(&[("config.toml", text)]).path())).unwrap();
    let told = |sink: usize| {
        let routing = &config.sinks[sink].routing;
        let takes = |job, verdict| {
            let severity = VerdictKind::severity(verdict);
            routing.takes(job, "", &Cause { verdict, exit: None, severity })
        };
        (
            (routing.fold, routing.recovered),
            [("shop", GaveUp), ("shop", Crashed), ("shop-test", GaveUp), ("nginx", Unclear)]
                .map(|(job, verdict)| takes(job, verdict)),
        )
    };
    use VerdictKind::{Crashed, GaveUp, Unclear};
    let names: Vec<_> = config.sinks.iter().map(|sink| sink.name.as_str()).collect();
    assert_eq!(names, ["file.feed", "file.folded", "slack.all", "slack.few"]);
    assert_eq!(told(0), ((false, false), [true; 4]));
    assert_eq!(told(1), ((true, true), [true; 4]));
    assert_eq!(told(2), ((true, true), [true; 4]));
    assert_eq!(told(3), ((false, true), [true, false, false, false]));
}

#[test]
fn what_is_said_of_jobs_is_kept_in_the_order_in_which_it_stands() {
    let files = [
        ("config.toml", "[job.\"z*\"]\nlabels = { n = \"1\" }\n[job.\"a*\"]\nlog = [\"/a\"]\n"),
        ("conf.d/1.toml", "[job.\"*\"]\nseverity = \"warning\"\n[job.\"(*)\"]\n"),
    ];
    let config = Config::load(places_under(root(&files).path())).unwrap();
    let jobs: Vec<_> = config.jobs.0.iter().map(|setting| setting.jobs.as_str()).collect();
    assert_eq!(jobs, ["z*", "a*", "*", "(*)"]);
    assert_eq!(config.examination.logs.len(), 1);
    let all: Vec<_> = config.jobs.0[2].severity.values().collect();
    assert_eq!(all, [&Severity::Warning; 5]);
}
