//! `upstart-crash check`, as people run it: all that is wrong in one run, and no secret shown.
#![cfg(feature = "deliver")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails panics"
)]

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// What nobody may see, neither in part: as a token, a part of a URL, and a word.
const SECRETS: [&str; 3] = ["xoxb-5ecret-5ecret", "5ecretpath5ecret", "correct horse battery"];

/// A throw-away root.
struct Root(TempDir);

impl Root {
    /// One whose `/etc/upstart-monitor` holds `files`, for root alone.
    fn with(files: &[(&str, &str)]) -> Self {
        let root = Self(tempfile::tempdir().unwrap());
        for (name, text) in files {
            root.write(&format!("/etc/upstart-monitor/{name}"), text, 0o600);
        }
        root
    }

    fn path(&self, absolute: &str) -> PathBuf {
        self.0.path().join(absolute.trim_start_matches('/'))
    }

    fn write(&self, absolute: &str, text: &str, mode: u32) {
        let path = self.path(absolute);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_upstart-crash"));
        command.arg("check").args(arguments).env_clear();
        command.env("UPSTART_MONITOR_ROOT", self.0.path());
        command
    }

    fn check(&self, arguments: &[&str]) -> Ran {
        self.ran(&mut self.command(arguments))
    }

    /// What `command` says, without the directory of the root. No secret may be in it.
    #[track_caller]
    fn ran(&self, command: &mut Command) -> Ran {
        let Output { status, stdout, stderr } = command.output().unwrap();
        let text = |bytes| {
            let text = String::from_utf8(bytes).unwrap();
            assert!(SECRETS.iter().all(|secret| !text.contains(secret)), "{text}");
            text.replace(self.0.path().to_str().unwrap(), "")
        };
        Ran { code: status.code().unwrap(), out: text(stdout), err: text(stderr) }
    }
}

/// What a run of the command gave.
#[derive(Debug)]
struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Ran {
    /// The lines, the directory of the config left out.
    fn lines(&self) -> Vec<String> {
        self.out.lines().map(|line| line.replacen("/etc/upstart-monitor/", "", 1)).collect()
    }
}

#[test]
fn all_that_is_wrong_in_three_files_is_listed_at_its_place() {
    let root = Root::with(&[
        (
            "config.toml",
            "[delivery]\ntimuot = \"soon\"\nretry_for = 7\nlog_lines = \"many\"\n\
             [redaction]\nenabled = 1\npatterns = [\"fine\", \"[a-\", 3]\n\
             [snapshto]\nsettle = \"1h\"\n",
        ),
        (
            "conf.d/1.toml",
            "[sink.slack.ops]\nwebhok_url = \"https://x\"\nmin_severity = \"eror\"\n\
             verdicts = [\"crashd\", \"stopped\"]\n\
             [sink.slak.two]\ntimeout = \"x\"\n\
             [sink.matrix.m]\naccess_token = \"x\"\njob = [\"a\"]\n\
             [sink.file.\"a b\"]\npath = \"relative\"\n\
             [sink.email.mail]\nto = []\nsmtp = \"mail\"\n",
        ),
        (
            "conf.d/2.toml",
            "[[window]]\nfrom = \"1am\"\ndays = [\"sta\", 7]\n\
             [[window]]\nzone = \"CET\"\nfrom = \"01:00\"\nto = 2026-12-25T02:00:00Z\nwhy = \"x\"\n\
             [job.shop]\nseverity = { crashd = \"error\", gave_up = \"loud\" }\nlog = [\"x\"]\n\
             [[snapshot.command]]\nname = \"ps\"\nargv = []\ntimeout = \"1h\"\n\
             [delivery]\nproxi = \"none\"\n",
        ),
    ]);
    let expected = [
        ("config.toml:2:1", "unknown key `timuot`, did you mean `timeout`?"),
        ("config.toml:2:10", "not a length of time"),
        ("config.toml:3:13", "invalid type: integer, expected a string"),
        ("config.toml:4:13", "invalid type: string, expected usize"),
        ("config.toml:6:11", "invalid type: integer, expected a boolean"),
        ("config.toml:7:21", "not a regular expression"),
        ("config.toml:7:28", "invalid type: integer, expected a string"),
        ("config.toml:8:2", "unknown table `snapshto`, did you mean `snapshot`?"),
        ("config.toml:9:10", "not a length of time from \"0s\" to \"10s\""),
        ("conf.d/1.toml:2:1", "unknown key `webhok_url`, did you mean `webhook_url`?"),
        ("conf.d/1.toml:3:16", "`eror` is no severity, did you mean `error`?"),
        ("conf.d/1.toml:4:13", "`crashd` is no verdict, did you mean `crashed`?"),
        ("conf.d/1.toml:4:23", "`stopped` is never reported, expected one of"),
        ("conf.d/1.toml:5:12", "unknown kind of sink `slak`, did you mean `slack`?"),
        ("conf.d/1.toml:5:12", "one of `webhook_url`, `webhook_url_file`, `webhook_url_env` must"),
        ("conf.d/1.toml:6:11", "not a length of time"),
        ("conf.d/1.toml:7:1", "missing key `homeserver`"),
        ("conf.d/1.toml:7:1", "missing key `room_id`"),
        ("conf.d/1.toml:9:1", "unknown key `job`, did you mean `jobs`?"),
        ("conf.d/1.toml:10:12", "a sink's name is made of"),
        ("conf.d/1.toml:11:8", "`path` must be absolute"),
        ("conf.d/1.toml:13:6", "`to` names nobody"),
        ("conf.d/1.toml:14:8", "`smtp` must be smtp://HOST:PORT or smtps://HOST:PORT"),
        ("conf.d/2.toml:1:1", "missing key `to`"),
        ("conf.d/2.toml:1:1", "missing key `why`"),
        ("conf.d/2.toml:2:8", "not a time of day such as \"02:00\""),
        ("conf.d/2.toml:3:9", "`sta` is no day, did you mean `sat`?"),
        ("conf.d/2.toml:3:16", "invalid type: integer, expected a string"),
        ("conf.d/2.toml:5:8", "`zone` is \"local\" or \"utc\""),
        ("conf.d/2.toml:7:6", "`from` and `to` must both be times of day"),
        ("conf.d/2.toml:10:14", "`crashd` is no verdict, did you mean `crashed`?"),
        ("conf.d/2.toml:10:42", "`loud` is no severity, expected one of"),
        ("conf.d/2.toml:11:7", "each of `log` must be an absolute path, or \"journal\""),
        ("conf.d/2.toml:14:8", "`argv` is a program and its arguments"),
        ("conf.d/2.toml:15:11", "the message waits for it: 30s at most"),
        (
            "conf.d/2.toml:16:1",
            "`[delivery]` stands at /etc/upstart-monitor/config.toml:1:1 already",
        ),
        ("conf.d/2.toml:17:1", "unknown key `proxi`, did you mean `proxy`?"),
    ];
    let ran = root.check(&[]);
    let lines = ran.lines();
    let is_so = |(line, (place, text)): (&String, &(&str, &str))| {
        line.split_once(": ").is_some_and(|(at, told)| at == *place && told.starts_with(text))
    };
    let wrong = lines.iter().zip(&expected).find(|(line, expected)| !is_so((line, expected)));
    assert!(wrong.is_none() && lines.len() == expected.len(), "{wrong:?}\n{lines:#?}");
    assert_eq!((ran.code, ran.err.as_str()), (78, "upstart-crash: 37 problems\n"));
}

#[test]
fn each_error_of_toml_is_listed() {
    let text = "[delivery]\ntimeout = \n[sink.slack.ops\nx = 1\n[sink.file.a]\npath = \"/x\n";
    let ran = Root::with(&[("config.toml", text)]).check(&[]);
    let places: Vec<_> = ran.out.lines().filter_map(|line| line.split(": ").next()).collect();
    let path = |place| format!("/etc/upstart-monitor/config.toml:{place}");
    assert_eq!(places, ["2:11", "3:16", "6:11"].map(path), "{}", ran.out);
}

#[test]
fn many_mistakes_in_one_table_come_to_an_end() {
    let keys: String = (0..500).map(|number| format!("nonsense{number} = 1\n")).collect();
    let ran = Root::with(&[("config.toml", &format!("[delivery]\n{keys}"))]).check(&[]);
    assert_eq!(ran.err, "upstart-crash: 101 problems\n");
    assert!(ran.out.contains("more is wrong with this table than is told"), "{}", ran.out);
}

/// Makes something wrong with a secret on a host.
type Spoil = fn(&Root);

const FILE: &str = "/etc/upstart-monitor/secrets/ops";
const VARIABLES: &str = "/etc/default/upstart-monitor";

#[test]
fn each_fault_of_a_secret_is_named_and_the_secret_is_not() {
    let slack = "[sink.slack.ops]\nwebhook_url_file = \"ops\"\n";
    let by_variable = "[sink.slack.ops]\nwebhook_url_env = \"HOOK\"\n";
    let of = |kind: &str, key: &str, more: &str| {
        format!("[sink.{kind}.ops]\n{key}_file = \"ops\"\n{more}")
    };
    let cases: [(String, Spoil, &str); 18] = [
        (slack.into(), |_| (), "2:20: `webhook_url_file`: /etc/upstart-monitor/secrets/ops: No such file"),
        (slack.into(), |root| root.write(FILE, "https://x/5ecretpath5ecret", 0o644), "2:20: `webhook_url_file`: /etc/upstart-monitor/secrets/ops can be read by others and holds a secret: chmod 0600 "),
        (slack.into(), |root| root.write(FILE, "\n", 0o600), "2:20: `webhook_url_file`: /etc/upstart-monitor/secrets/ops is empty"),
        (slack.into(), |root| root.write(FILE, "https://x/5ecretpath5ecret\nhttps://y\n", 0o600), "2:20: `webhook_url_file`: more than one line"),
        (slack.into(), |root| root.write(FILE, "https://x/5ecretpath\t5ecret\n", 0o600), "2:20: `webhook_url_file`: a control character"),
        (slack.into(), |root| root.write(FILE, "xoxb-5ecret-5ecret\n", 0o600), "2:20: `webhook_url_file`: not an https:// or http:// URL"),
        (slack.into(), |root| fs::create_dir_all(root.path(FILE)).unwrap(), "2:20: `webhook_url_file`: /etc/upstart-monitor/secrets/ops: not a plain file"),
        (slack.into(), |root| {
            root.write("/x", "", 0o600);
            fs::create_dir_all(root.path(FILE).parent().unwrap()).unwrap();
            symlink("/nowhere/else", root.path(FILE)).unwrap();
        }, "2:20: `webhook_url_file`: /etc/upstart-monitor/secrets/ops: No such file"),
        (by_variable.into(), |_| (), "2:19: `webhook_url_env`: HOOK is set neither in the environment nor in /etc/default/upstart-monitor"),
        (by_variable.into(), |root| root.write(VARIABLES, "HOOK=https://x/5ecretpath5ecret\n", 0o644), "2:19: `webhook_url_env`: /etc/default/upstart-monitor can be read by others"),
        (by_variable.into(), |root| root.write(VARIABLES, "HOOK=xoxb-5ecret-5ecret\n", 0o600), "2:19: `webhook_url_env`: not an https:// or http:// URL"),
        ("[sink.slack.ops]\nwebhook_url = \"https://x/5ecretpath5ecret\"\n".into(), |root| {
            let path = root.path("/etc/upstart-monitor/config.toml");
            fs::set_permissions(path, Permissions::from_mode(0o644)).unwrap();
        }, "2:15: `webhook_url`: /etc/upstart-monitor/config.toml can be read by others"),
        ("[sink.webhook.ops]\nurl = \"https://x\"\nheaders = { Authorization = \"xoxb-5ecret-5ecret\" }\n".into(), |root| {
            let path = root.path("/etc/upstart-monitor/config.toml");
            fs::set_permissions(path, Permissions::from_mode(0o644)).unwrap();
        }, "3:11: `headers`: /etc/upstart-monitor/config.toml can be read by others"),
        (of("pagerduty", "routing_key", ""), |root| root.write(FILE, "xoxb-5ecret-5ecret", 0o600), "2:20: `routing_key_file`: not 32 letters and digits"),
        (of("webhook", "secret", "url = \"https://x\"\n"), |root| root.write(FILE, "whsec_xoxb-5ecret-5ecret", 0o600), "2:15: `secret_file`: what follows `whsec_` is no base64"),
        (of("sentry", "dsn", ""), |root| root.write(FILE, "https://5ecretpath5ecret/1", 0o600), "2:12: `dsn_file`: not https://KEY@HOST/PROJECT"),
        (of("telegram", "bot_token", "chat_id = 1\n"), |root| root.write(FILE, "correct horse battery", 0o600), "2:18: `bot_token_file`: not like 123456:ABC-DEF"),
        (of("otlp", "headers", "endpoint = \"https://x\"\n"), |root| root.write(FILE, "xoxb-5ecret-5ecret", 0o600), "2:16: `headers_file`: "),
    ];
    for (config, spoil, told) in cases {
        let root = Root::with(&[("config.toml", &config)]);
        spoil(&root);
        for arguments in [&[][..], &["--json"]] {
            let ran = root.check(arguments);
            assert_eq!(
                (ran.code, ran.err.as_str()),
                (78, "upstart-crash: 1 problem\n"),
                "{told}: {ran:?}"
            );
        }
        let ran = root.check(&[]);
        assert!(ran.lines()[0].starts_with(&format!("config.toml:{told}")), "{told}\n{ran:?}");
    }
}

#[test]
fn a_variable_of_the_shell_is_none_of_the_hooks() {
    let root = Root::with(&[("config.toml", "[sink.slack.ops]\nwebhook_url_env = \"HOOK\"\n")]);
    let ran = root.ran(root.command(&[]).env("HOOK", "https://x/5ecretpath5ecret"));
    let told = "HOOK is set for this command only: a hook has but what stands in /etc/default/";
    assert!(ran.code == 78 && ran.out.contains(told), "{ran:?}");
}

#[test]
fn a_secret_in_the_wrong_place_is_not_shown() {
    for secret in SECRETS {
        for config in [
            format!("[\"{secret}\".x]\n"),
            format!("[sink.\"{secret}\".ops]\nx = 1\n"),
            format!("[sink.slack.\"{secret} é\"]\nwebhook_url = \"https://x\"\n"),
            format!("[sink.slack.ops]\n\"{secret}\" = \"x\"\nwebhook_url = \"https://x\"\n"),
            format!("[sink.slack.ops]\nwebhok_url = \"{secret}\"\n"),
            format!("[sink.slack.ops]\nwebhook_url_file = \"https://{secret}\"\n"),
            format!("[sink.slack.ops]\nwebhook_url_env = \"{secret}-\"\n"),
            format!("[sink.slack.ops]\nwebhook_url = \"{secret}\"\nmin_severity = \"{secret}\"\n"),
            format!("[sink.slack.ops]\nwebhook_url = \"https://x\"\nverdicts = [\"{secret}\"]\n"),
            format!("[sink.slack.ops]\nwebhook_url = \"https://x\"\ntimeout = \"{secret}\"\n"),
            format!("[sink.slack.ops]\nwebhook_url = \"https://x\"\nproxy = \"{secret}\"\n"),
            format!("[sink.slack.ops]\nwebhook_url = {{ \"{secret}\" = \"{secret}\" }}\n"),
            format!("[sink.slack.ops]\nwebhook_url = \"{secret}\n"),
            format!("[sink.slack.ops]\nwebhook_url = {secret}\n"),
            format!("[delivery]\ntimeout = \"{secret}\"\nlog_lines = \"{secret}\"\n"),
            format!(
                "[[window]]\nfrom = \"{secret}\"\nto = \"02:00\"\nwhy = \"x\"\ndays = [\"{secret}\"]\n"
            ),
            format!("[sink.webhook.a]\nurl = \"https://x\"\nsignature = \"{secret}\"\n"),
            format!("[sink.email.a]\nto = [\"a@b\"]\nsmtp = \"smtp://{secret}@mail\"\n"),
        ] {
            let root = Root::with(&[("config.toml", &config)]);
            let ran = root.check(&[]);
            assert_eq!(ran.code, 78, "{config}: {ran:?}");
            assert_eq!(root.check(&["--json"]).code, 78);
        }
    }
}

#[test]
fn what_is_fine_is_said_in_a_line() {
    let config = "[sink.file.jsonl]\npath = \"/var/log/crashes\"\n\
                  [sink.slack.ops]\nwebhook_url_file = \"ops\"\n";
    let root = Root::with(&[("config.toml", ""), ("conf.d/sinks.toml", config)]);
    root.write(FILE, "https://x/5ecretpath5ecret\n", 0o600);
    fs::create_dir_all(root.path("/var/log")).unwrap();
    let ran = root.check(&[]);
    assert_eq!(
        (ran.code, ran.out.as_str(), ran.err.as_str()),
        (
            0,
            "ok: 2 files, 2 sinks: file.jsonl, slack.ops (webhook_url from \
             /etc/upstart-monitor/secrets/ops: readable)\n",
            ""
        )
    );
    let told: Value = serde_json::from_str(&root.check(&["--json"]).out).unwrap();
    let expected = serde_json::json!({
        "ok": true,
        "files": ["/etc/upstart-monitor/config.toml", "/etc/upstart-monitor/conf.d/sinks.toml"],
        "sinks": [
            { "name": "file.jsonl", "secrets": [] },
            {
                "name": "slack.ops",
                "secrets": [{ "key": "webhook_url", "from": "/etc/upstart-monitor/secrets/ops" }],
            },
        ],
        "problems": [],
        "warnings": [],
    });
    assert_eq!(told, expected);
    assert_eq!(Root::with(&[]).check(&[]).out, "ok: 0 files, 0 sinks\n");
}

#[test]
fn a_warning_is_no_problem() {
    let config = "[sink.ntfy.ops]\nserver = \"http://ntfy.example.com\"\ntopic = \"crashes\"\n\
                  jobs = [\"ngnix\", \"shop*\", \"!web/shop (eu-1)\"]\n\
                  [job.\"db*\"]\nlabels = { team = \"x\" }\n";
    let root = Root::with(&[("config.toml", config)]);
    assert_eq!(root.check(&[]).lines().len(), 2, "no job is known here");
    root.write("/etc/init/web/shop.conf", "", 0o644);
    root.write("/etc/init/shopping.conf", "", 0o644);
    let ran = root.check(&[]);
    assert_eq!(
        ran.lines(),
        [
            "config.toml:2:10: warning: `server`: http:// to another host: who is on the way reads \
             what is sent; is there https://?",
            "config.toml:4:9: warning: `ngnix` names no job in /etc/init",
            "config.toml:5:6: warning: `db*` names no job in /etc/init",
            "ok: 1 file, 1 sink: ntfy.ops (topic from the config: readable)",
        ]
    );
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let told: Value = serde_json::from_str(&root.check(&["--json"]).out).unwrap();
    let warning = &told["warnings"][1];
    assert_eq!((warning["line"].as_u64(), warning["column"].as_u64()), (Some(4), Some(9)));
}

#[test]
fn what_sinks_need_besides_secrets_is_looked_at() {
    let config = "[delivery]\nca_file = \"/etc/ssl/own.pem\"\n\
                  [metrics]\ntextfile = \"/var/lib/none/x.prom\"\n\
                  [sink.file.a]\npath = \"/var/none/a\"\n\
                  [sink.exec.a]\ncommand = [\"no-such-program\", \"x\"]\n\
                  [sink.exec.b]\ncommand = [\"/opt/text\"]\n\
                  [sink.email.a]\nto = [\"a@b\"]\nsendmail = \"/opt/none\"\n\
                  [sink.alertmanager.a]\nurls = [\"https://x\"]\nca_file = \"/opt/text\"\n";
    let root = Root::with(&[("config.toml", config)]);
    root.write("/opt/text", "text", 0o644);
    let ran = root.check(&[]);
    let expected = [
        "2:11: `ca_file`: ca_file /etc/ssl/own.pem: No such file",
        "4:12: `textfile`: there is no directory /var/lib/none: mkdir -p ",
        "6:8: `path`: there is no directory /var/none: mkdir -p ",
        "8:11: `command`: there is no program no-such-program in ",
        "10:11: `command`: /opt/text: No such file",
        "13:12: `sendmail`: /opt/none: No such file",
        "16:11: `ca_file`: ca_file /opt/text: holds no certificate",
    ];
    let lines = ran.lines();
    assert_eq!(lines.len(), expected.len(), "{lines:#?}");
    for (line, expected) in lines.iter().zip(expected) {
        assert!(line.starts_with(&format!("config.toml:{expected}")), "{expected}\n{line}");
    }
}

#[test]
fn files_are_checked_before_they_are_installed() {
    let root = Root::with(&[("config.toml", "garbage")]);
    root.write("/tmp/new.toml", "[sink.file.a]\npath = \"/a\"\n", 0o644);
    let file = root.path("/tmp/new.toml");
    let ran = root.check(&[file.to_str().unwrap()]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "ok: 1 file, 1 sink: file.a\n"), "{ran:?}");
    let ran = root.check(&[file.to_str().unwrap(), "/no/such/file.toml"]);
    assert_eq!(ran.out, "/no/such/file.toml: No such file or directory (os error 2)\n");
    assert_eq!(ran.code, 78);
}

/// A host with all that the shipped examples name.
fn host_of_the_examples() -> Root {
    let root = Root::with(&[]);
    for directory in ["/var/log", "/var/lib/prometheus/node-exporter"] {
        fs::create_dir_all(root.path(directory)).unwrap();
    }
    for program in ["/usr/sbin/sendmail", "/usr/lib/sendmail", "/usr/bin/mosquitto_pub"] {
        root.write(program, "#!/bin/sh\n", 0o755);
    }
    let key = rcgen::generate_simple_self_signed(["example.com".to_owned()]).unwrap();
    root.write("/etc/ssl/corp.pem", &key.cert.pem(), 0o644);
    let url = "https://example.com/hooks/5ecretpath5ecret";
    let mut variables = String::new();
    for (name, variable, secret) in [
        ("alertmanager-token", "ALERTMANAGER_TOKEN", "token"),
        ("discord-ops", "DISCORD_WEBHOOK_URL", url),
        ("mail", "SMTP_PASSWORD", "xoxb-5ecret-5ecret"),
        ("googlechat-ops", "GOOGLECHAT_WEBHOOK_URL", url),
        ("matrix", "MATRIX_TOKEN", "token"),
        ("mattermost-ops", "MATTERMOST_WEBHOOK_URL", url),
        ("ntfy-topic", "NTFY_TOPIC", "crashes-x"),
        ("ntfy-token", "NTFY_TOKEN", "tk_x"),
        ("otlp-headers", "OTEL_EXPORTER_OTLP_HEADERS", "api-key=x,other=y"),
        ("pagerduty", "PAGERDUTY_ROUTING_KEY", "0123456789abcdef0123456789abcdef"),
        ("rocketchat-ops", "ROCKETCHAT_WEBHOOK_URL", url),
        ("sentry", "SENTRY_DSN", "https://0123abcd@o1.ingest.sentry.io/42"),
        ("slack-ops", "SLACK_WEBHOOK_URL", url),
        ("teams-ops", "TEAMS_WEBHOOK_URL", url),
        ("telegram", "TELEGRAM_BOT_TOKEN", "123456:ABC-DEF"),
        ("hook-url", "HOOK_URL", url),
        ("hook", "HOOK_SECRET", "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="),
    ] {
        root.write(&format!("/etc/upstart-monitor/secrets/{name}"), &format!("{secret}\n"), 0o600);
        variables.push_str(&format!("{variable}='{secret}'\n"));
    }
    root.write(VARIABLES, &variables, 0o600);
    root
}

fn shipped(directory: &str) -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
    let mut files: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    files.sort();
    files
}

#[test]
fn every_file_that_is_shipped_passes() {
    let root = host_of_the_examples();
    let mut kinds = Vec::new();
    for file in shipped("config").into_iter().chain(shipped("config/examples")) {
        let ran = root.check(&[file.to_str().unwrap()]);
        assert_eq!(ran.code, 0, "{}: {ran:?}", file.display());
        let sinks = ran.out.lines().last().and_then(|ok| ok.split(": ").nth(2));
        let said = sinks.unwrap_or_default();
        kinds.extend(said.split_once('.').map(|(kind, _)| kind.to_owned()));
    }
    let known = Root::with(&[("config.toml", "[sink.zzzzzz.a]\n")]).check(&[]).out;
    let known = known.split_once("expected one of ").unwrap().1;
    for kind in known.split('`').skip(1).step_by(2) {
        assert!(kinds.iter().any(|shipped| shipped == kind), "no example of {kind}: {kinds:?}");
    }
}

/// Lines that begin with `#` and no space are config.
#[test]
fn what_is_commented_out_passes_too() {
    let root = host_of_the_examples();
    let uncommented = |line: &str| match line.strip_prefix('#') {
        Some(config) if !config.is_empty() && !config.starts_with(' ') => config.to_owned(),
        _ => line.to_owned(),
    };
    let text = fs::read_to_string(&shipped("config")[0]).unwrap();
    let text = text.lines().map(uncommented).collect::<Vec<_>>().join("\n");
    root.write("/etc/upstart-monitor/config.toml", &text, 0o600);
    let ran = root.check(&[]);
    assert!(
        ran.code == 0 && ran.out.contains("ok: 1 file, 3 sinks: file.jsonl, slack.ops"),
        "{ran:?}"
    );

    for file in shipped("config/examples") {
        let example = fs::read_to_string(&file).unwrap();
        for line in example.lines().filter(|line| uncommented(line) != **line) {
            let config = uncommented(line).replace("...", "x");
            let Some((key, _)) = config.split_once(" = ") else { continue };
            let stem = key.trim_end_matches("_env").trim_end_matches("_file");
            let others = example.lines().filter(|line| !line.starts_with(stem));
            let text = others.chain([config.as_str()]).collect::<Vec<_>>().join("\n");
            let text = text.replace(
                "routing_key = \"x\"",
                "routing_key = \"0123456789abcdef0123456789abcdef\"",
            );
            root.write("/etc/upstart-monitor/config.toml", &text, 0o600);
            let ran = root.check(&[]);
            assert_eq!(ran.code, 0, "{}: {config}\n{ran:?}", file.display());
        }
    }
}
