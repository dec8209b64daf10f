//! `upstart-crash` as somebody types it.

use std::process::{Command, Output};

use super::Host;

/// What a run of the command gave.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

/// `upstart-crash`, as root of `host` types it.
pub fn command(host: &Host, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_upstart-crash"));
    command.args(words).env_clear().env("UPSTART_MONITOR_ROOT", host.path(""));
    command
}

pub fn run(host: &Host, words: &[&str]) -> Ran {
    let ran = command(host, words).output().unwrap().into();
    host.note(format!("{words:?}: {ran:?}"));
    ran
}

/// One that succeeds and has nothing to complain of.
#[track_caller]
pub fn done(host: &Host, words: &[&str]) -> Ran {
    let ran = run(host, words);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran:?}");
    ran
}
