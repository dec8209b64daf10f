//! `[sink.exec.NAME]`: the notice as JSON, on the standard input of a command of your own.
//!
//! The command finds facts in its environment, and nothing else there: no other sink's secrets.
//! What it answers is its exit status.

use std::io;
use std::time::Duration;

use serde::Deserialize;

use super::{
    Attempt, Context, Fidelity, MENDING, Needed, Outcome, Period, Sink, Wait, fingerprint, json,
    said_last,
};
use crate::message;
use crate::notice::{Notice, Subject};
use crate::redaction::Redacted;
use crate::run_command::{Children, Ended, PATH, Run, run};

/// The exit status that asks for another try: `EX_TEMPFAIL` of sysexits(3).
const TRY_AGAIN: i32 = 75;

/// The table `[sink.exec.NAME]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The program and its arguments; no shell reads them.
    command: Vec<String>,
    /// When it is killed, with its children; it is run again later. Default: as `[delivery]` says.
    timeout: Option<Period>,
}

/// Makes the sink.
pub fn open(settings: Settings, context: &mut Context<'_>) -> Option<Box<dyn Sink>> {
    let Settings { command, timeout } = settings;
    let command = context.noted(checked(command))?;
    if let Some(program) = command.first() {
        context.needs("command", Needed::Program(program.into()));
    }
    Some(Box::new(Exec { command, timeout: context.timeout(timeout) }))
}

/// `command`, if it can be one.
fn checked(command: Vec<String>) -> Result<Vec<String>, String> {
    match command.first() {
        None => Err("`command` names no program".to_owned()),
        Some(program) if program.is_empty() => Err("`command` names no program".to_owned()),
        Some(_) if command.iter().any(|word| word.contains('\0')) => {
            Err("`command`: no argument can hold NUL".to_owned())
        }
        Some(_) => Ok(command),
    }
}

struct Exec {
    command: Vec<String>,
    timeout: Duration,
}

impl Sink for Exec {
    fn try_once(&self, attempt: &Attempt<'_>) -> Result<Outcome, Outcome> {
        let told = attempt.notice;
        let input = match attempt.fidelity {
            Fidelity::Full => json::full(told),
            Fidelity::Minimal => Ok(json::minimal(told)),
        };
        let input = input.map_err(|error| Outcome::Rejected { why: error.to_string() })?;
        let input = format!("{input}\n");
        let ended = run(Run {
            argv: &self.command,
            environment: &environment(told),
            input: input.as_bytes(),
            timeout: self.timeout,
            children: Children::Killed,
        });
        Ok(self.judge(ended))
    }

    fn fingerprint(&self) -> String {
        let words = self.command.iter().map(String::as_str);
        fingerprint(&["exec"].into_iter().chain(words).collect::<Vec<_>>())
    }
}

impl Exec {
    /// What the end of the command means. Its arguments are not told: they may be secrets.
    fn judge(&self, ended: io::Result<Ended>) -> Outcome {
        let program = self.command.first().map_or("", String::as_str);
        let ended = match ended {
            Ok(ended) => ended,
            Err(error) => {
                let why = format!("cannot run {program}: {error}");
                return Outcome::Retry { why, wait: MENDING };
            }
        };
        let said = said_last(&ended.output);
        let again = |why| Outcome::Retry { why, wait: Wait::BackOff };
        match (ended.exit, ended.signal) {
            _ if ended.timed_out => {
                let limit = humantime::format_duration(self.timeout);
                again(format!("{program} did not end within {limit}{said}"))
            }
            (Some(0), _) => Outcome::Delivered { answer: format!("exit status 0{said}") },
            (Some(TRY_AGAIN), _) => again(format!("{program} asks for another try{said}")),
            (Some(status), _) => {
                Outcome::Rejected { why: format!("{program} ended with status {status}{said}") }
            }
            (None, signal) => {
                let signal = signal.map_or_else(String::new, |signal| format!(" {signal}"));
                again(format!("{program} was killed by signal{signal}{said}"))
            }
        }
    }
}

/// All that the command finds in its environment.
fn environment(told: &Redacted) -> Vec<(&'static str, String)> {
    let Notice { id, time, severity, host, subject } = told.notice();
    let mut facts = vec![
        ("UPSTART_MONITOR_ID", id.to_string()),
        ("UPSTART_MONITOR_KIND", subject.word().to_owned()),
        ("UPSTART_MONITOR_SEVERITY", severity.word().to_owned()),
        ("UPSTART_MONITOR_TIME", time.to_string()),
        ("UPSTART_MONITOR_HOST", host.clone()),
        ("UPSTART_MONITOR_SUMMARY", message::title(told)),
    ];
    if let Some(job) = subject.job() {
        facts.extend([
            ("UPSTART_MONITOR_KEY", job.key.clone()),
            ("UPSTART_MONITOR_JOB", job.name.clone()),
            ("UPSTART_MONITOR_INSTANCE", job.instance.clone()),
        ]);
    }
    if let Subject::Crash { cause, .. } = subject {
        facts.push(("UPSTART_MONITOR_VERDICT", cause.verdict.word().to_owned()));
        facts.push((
            "UPSTART_MONITOR_EXIT",
            cause.exit.clone().unwrap_or_else(|| "unknown".to_owned()),
        ));
    }
    facts.extend(
        told.notice().report().map(|report| ("UPSTART_MONITOR_REPORT_ID", report.to_string())),
    );
    let harmless = facts.into_iter().map(|(name, value)| (name, message::harmless(&value)));
    [("PATH", PATH.to_owned())].into_iter().chain(harmless).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sinks::samples;
    use crate::sinks::testing::hostile;

    #[test]
    fn the_end_of_a_command_has_one_meaning() {
        let exec = Exec { command: vec!["tell".to_owned()], timeout: Duration::from_secs(1) };
        let ended = |exit, signal, timed_out| {
            let output = "first\nno broker\n".to_owned();
            let ran = Duration::from_secs(1);
            Ok(Ended { exit, signal, timed_out, ran, output, truncated: false })
        };
        let again = |why: &str| Outcome::Retry { why: why.to_owned(), wait: Wait::BackOff };
        for (ended, expected) in [
            (
                ended(Some(0), None, false),
                Outcome::Delivered { answer: "exit status 0: no broker".to_owned() },
            ),
            (ended(Some(75), None, false), again("tell asks for another try: no broker")),
            (
                ended(Some(1), None, false),
                Outcome::Rejected { why: "tell ended with status 1: no broker".to_owned() },
            ),
            (ended(None, Some(9), false), again("tell was killed by signal 9: no broker")),
            (ended(None, Some(9), true), again("tell did not end within 1s: no broker")),
        ] {
            assert_eq!(exec.judge(ended), expected);
        }
        let gone = exec.judge(Err(io::ErrorKind::NotFound.into()));
        assert!(matches!(gone, Outcome::Retry { wait: MENDING, .. }), "{gone:?}");
    }

    proptest! {
        #[test]
        fn what_others_wrote_is_harmless(planted in hostile()) {
            for told in samples::hostile_told(&planted) {
                for (name, value) in environment(&told) {
                    prop_assert_eq!(message::harmless(&value), value, "{}", name);
                }
            }
        }
    }

    #[test]
    fn whatever_a_name_holds_it_is_one_harmless_value() {
        for notice in samples::notices().into_iter().chain(samples::worst_notices()) {
            let mut notice = notice;
            notice.host = "web\0\x1b[31m\n1".to_owned();
            let environment = environment(&samples::alone(&notice));
            for (name, value) in &environment {
                assert!(!value.chars().any(char::is_control), "{name}: {value:?}");
                // Linux takes no longer string: MAX_ARG_STRLEN.
                assert!(name.len() + value.len() + 2 < 128 * 1024, "{name}");
            }
            assert!(
                environment.contains(&("UPSTART_MONITOR_HOST", "web\u{fffd}\u{fffd}1".to_owned()))
            );
        }
    }
}
