//! A job as its files describe it.

use std::fs;
use std::path::Path;

use upstart_monitor::job_file::{Content, Effective, JobFile, Process, Run};

use super::{JobBuilder, Stanza};
use crate::support::Host;

/// Where jobs name the hooks.
const HOOKS: &str = "/opt/upstart-monitor/bin/";

impl Host {
    /// The job of `/etc/init/NAME.conf` and of its `.override`, which stay as they are: its
    /// processes, `env` and `respawn`; what else they say, the test says. The harness's init runs it
    /// on the true file system: there it finds the hooks under this host's root, and of each pair
    /// of `instead` the second where its files name the first.
    pub fn described_job(&self, name: &str, instead: &[(&str, &str)]) -> JobBuilder {
        let file = |end| {
            let bytes = fs::read(self.path(&format!("/etc/init/{name}{end}"))).ok()?;
            Some(JobFile::read(bytes))
        };
        let files = Effective { conf: file(".conf").unwrap(), overriding: file(".override") };
        let hooks = self.path(HOOKS);
        let hooks = (HOOKS, hooks.to_str().unwrap());
        let placed = |text: &str| {
            let pairs = instead.iter().chain([&hooks]);
            pairs.fold(text.to_owned(), |text, (named, there)| text.replace(named, there))
        };
        let stanza = |process| {
            let (_, _, run) = files.process(process)?;
            let text = placed(str::from_utf8(files.text(process)?).unwrap());
            let is_program = matches!(run, Run::Exec(_)) && Path::new(&text).is_file();
            Some(match run {
                _ if is_program => Stanza::Program(text.into()),
                Run::Exec(_) => Stanza::script(&format!("exec {text}")),
                Run::Script(_) => Stanza::Script(text),
            })
        };
        let mut job = self
            .job(name)
            .exec(stanza(Process::Main))
            .pre_start(stanza(Process::PreStart))
            .post_start(stanza(Process::PostStart))
            .pre_stop(stanza(Process::PreStop))
            .post_stop(stanza(Process::PostStop));
        for stanza in files.conf.stanzas() {
            let Content::Words(words) = &stanza.content else { continue };
            match (&*stanza.name, &words[..]) {
                ("env", [variable]) => {
                    let (name, value) = variable.split_once('=').unwrap();
                    job = job.env(name, &placed(value));
                }
                ("respawn", []) => job = job.respawn(),
                _ => {}
            }
        }
        job.class.keeps_file = true;
        job
    }
}
