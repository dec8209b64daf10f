//! What the commands of a page are typed on: a host of its own on which all that they name exists.

use std::fs::{create_dir_all, hard_link};
use std::os::unix::fs::symlink;
use std::process::{Command, Output};

use super::page::project;
use crate::support::{
    Answer, Host, Receiver, configure, crash_unnoticed, deliver, on_a_terminal, write_secret,
};

/// A host, with the project beside it as `make release` leaves it.
pub(super) struct Stage {
    host: Host,
    _channel: Receiver,
    id: String,
}

/// Where commands are typed.
const HERE: &str = "/root/upstart-monitor";

/// Programs of other people's that pages call, as far as that matters here.
const STANDS_IN: [(&str, &str); 1] = [("ssh", "#!/bin/sh\nshift\nexec sh -c \"$*\"\n")];

/// `upstart-crash`, typed on `host`.
pub(super) fn ours(host: &Host, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_upstart-crash"));
    command.args(words).env_clear().env("UPSTART_MONITOR_ROOT", host.path(""));
    command
}

impl Stage {
    /// Two sinks, some jobs, and a crash of nginx that was told.
    pub(super) fn new() -> Self {
        let host = Host::with_notifier();
        for directory in ["/etc/init/sub", "/usr/sbin", "/usr/local/bin", HERE] {
            host.make_dir(directory);
        }
        for job in ["nginx", "shop", "web-1", "web-2", "sub/bar"] {
            host.write(&format!("/etc/init/{job}.conf"), "exec main\n");
        }
        for (name, script) in STANDS_IN {
            host.write_program(&format!("/usr/local/bin/{name}"), script);
        }
        let channel = Receiver::new([Answer::status(200).body("ok")]);
        write_secret(&host, "slack-ops", &channel.url("/services/T0/B0/x"));
        let sink = "[sink.slack.ops]\nwebhook_url_file = \"slack-ops\"\n";
        configure(&host, &format!("{sink}[sink.file.all]\npath = \"/var/log/all.jsonl\"\n"));
        host.write(&format!("{HERE}/slack.toml"), sink.replace("ops]", "dev]"));
        crash_unnoticed(&host, "nginx");
        assert!(deliver(&host).status.success());
        let id = host.only_report()["id"].as_str().unwrap().to_owned();

        let here = host.path(HERE);
        for directory in ["config", "packaging"] {
            symlink(project(directory), here.join(directory)).unwrap();
        }
        create_dir_all(here.join("dist/bin")).unwrap();
        for program in ["pre-start", "pre-stop", "post-stop", "stopping", "upstart-crash"] {
            hard_link(host.program(program), here.join("dist/bin").join(program)).unwrap();
        }
        Self { host, _channel: channel, id }
    }

    /// Types `command`, in which words in capitals stand for something; what is asked, is affirmed.
    /// Paths that others than `upstart-crash` are given are put below the root.
    pub(super) fn type_in(&self, command: &str) -> (Option<i32>, String) {
        let line = self.filled_in(command);
        let mut shell = self.shell(&line);
        let asks = ["upstart-crash enable", "upstart-crash disable"];
        let (code, said) = if asks.iter().any(|start| line.starts_with(start)) {
            on_a_terminal(shell, "y\n")
        } else {
            let Output { status, stdout, stderr } = shell.output().unwrap();
            let said = [stdout, stderr].concat();
            (status.code(), String::from_utf8_lossy(&said).into_owned())
        };
        self.host.note(format!("{line:?}: {code:?} {said}"));
        (code, said)
    }

    fn filled_in(&self, command: &str) -> String {
        let root = self.host.path("");
        let word = |word: &str| match word {
            "ID" => self.id.clone(),
            "JOB" => "nginx".to_owned(),
            "SINK" => "slack.ops".to_owned(),
            "COMMAND" => "list".to_owned(),
            path if path.starts_with('/') => format!("{}{path}", root.display()),
            other => other.to_owned(),
        };
        command.split(' ').map(word).collect::<Vec<_>>().join(" ")
    }

    fn shell(&self, line: &str) -> Command {
        let mut shell = Command::new("sh");
        let own = ["/opt/upstart-monitor/bin", "/usr/local/bin"].map(|path| self.host.path(path));
        let path = format!("{}:{}:/usr/sbin:/usr/bin:/bin", own[0].display(), own[1].display());
        shell.args(["-euc", line]).current_dir(self.host.path(HERE)).env_clear();
        shell.env("PATH", path).env("UPSTART_MONITOR_ROOT", self.host.path(""));
        shell
    }
}
