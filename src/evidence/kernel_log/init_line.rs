//! What init says of a job's processes, one line each.
//!
//! A job or an instance may be named like a whole message. The name comes before everything that
//! init adds, so a line is read from its right end (init/job_process.c).

use std::str::FromStr as _;

use serde::Serialize;

use super::record::number;

/// What a line on a process that could not be executed goes on with.
const NOT_EXECUTED: &[u8] = b"Failed to spawn ";

/// A process of a job, by the stanza that it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
#[serde(rename_all = "snake_case")]
pub enum Process {
    /// `apparmor load`, before pre-start (1.9).
    Security,
    /// `exec` or `script`.
    Main,
    /// `pre-start`.
    PreStart,
    /// `post-start`.
    PostStart,
    /// `pre-stop`.
    PreStop,
    /// `post-stop`.
    PostStop,
}

impl Process {
    const ALL: [Self; 6] = [
        Self::Security,
        Self::Main,
        Self::PreStart,
        Self::PostStart,
        Self::PreStop,
        Self::PostStop,
    ];

    /// The word that Upstart has for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Security => "security",
            Self::Main => "main",
            Self::PreStart => "pre-start",
            Self::PostStart => "post-start",
            Self::PreStop => "pre-stop",
            Self::PostStop => "post-stop",
        }
    }

    /// The process that Upstart has the word `name` for.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|process| process.name() == name)
    }
}

/// How a process ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// By itself, with this exit status.
    Status(i32),
    /// By this signal.
    Signal(Signal),
}

impl Ended {
    /// What waitid(2) says of a child in `code` and `status`; `None` of one that did not end.
    pub fn of_child(code: i32, status: i32) -> Option<Self> {
        match code {
            libc::CLD_EXITED => Some(Self::Status(status)),
            libc::CLD_KILLED | libc::CLD_DUMPED => Some(Self::Signal(Signal::numbered(status))),
            _ => None,
        }
    }

    /// `exit status 3`, `SIGSEGV`.
    pub fn words(&self) -> String {
        match self {
            Self::Status(status) => format!("exit status {status}"),
            Self::Signal(signal) => signal.words(),
        }
    }
}

/// A signal, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
pub struct Signal {
    /// Its number on this machine.
    pub number: Option<i32>,
    /// Its name with `SIG`; real-time signals have none.
    pub name: Option<String>,
}

impl Signal {
    /// The signal that init calls `word`: `SEGV`, or a number.
    pub fn from_word(word: &str) -> Self {
        if let Some(number) = number(word.as_bytes()) {
            return Self { number: Some(number), name: None };
        }
        let name = format!("SIG{word}");
        let known = nix::sys::signal::Signal::from_str(&name).ok();
        Self { number: known.map(|signal| signal as i32), name: Some(name) }
    }

    /// The signal that has `number` on this machine.
    pub fn numbered(number: i32) -> Self {
        let known = nix::sys::signal::Signal::try_from(number).ok();
        Self { number: Some(number), name: known.map(|signal| signal.as_str().to_owned()) }
    }

    /// Its name, or `signal 40`.
    pub fn words(&self) -> String {
        match (&self.name, self.number) {
            (Some(name), _) => name.clone(),
            (None, Some(number)) => format!("signal {number}"),
            (None, None) => "an unknown signal".to_owned(),
        }
    }
}

/// One line of init's on a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Word {
    /// A process ended.
    Ended(Process, u32, Ended),
    /// `process ended, respawning`.
    Respawning,
    /// `respawning too fast, stopped`.
    TooFast,
    /// A process could not be executed; why.
    NotExecuted(Process, String),
}

/// Whether `text` may be a line on the job that init titles `title`: most lines are not, and to
/// take them apart would cost more than to read them.
pub(super) fn may_be_on(text: &[u8], title: &[u8]) -> bool {
    text.strip_prefix(NOT_EXECUTED).unwrap_or(text).starts_with(title)
}

/// Takes `text`, what init says, apart: the job as init titles it, and what is said of it.
pub(super) fn parse(text: &[u8]) -> Option<(&[u8], Word)> {
    if let Some(title) = text.strip_suffix(b" respawning too fast, stopped") {
        return Some((title, Word::TooFast));
    }
    if let Some(who) = text.strip_suffix(b" process ended, respawning") {
        return Some((title_and_process(who)?.0, Word::Respawning));
    }
    parse_end(text).or_else(|| parse_not_executed(text))
}

fn parse_end(text: &[u8]) -> Option<(&[u8], Word)> {
    const PID: &[u8] = b" process (";
    let (who, ended) = if let Some(rest) = text.strip_suffix(b" signal") {
        let (who, name) = split_last(rest, b") killed by ")?;
        let plain = name.iter().all(u8::is_ascii_alphanumeric) && !name.is_empty();
        let name = std::str::from_utf8(name).ok().filter(|_| plain)?;
        (who, Ended::Signal(Signal::from_word(name)))
    } else if let Some((who, status)) = split_last(text, b") terminated with status ") {
        (who, Ended::Status(number(status)?))
    } else {
        let (who, signal) = split_last(text, b") killed by signal ")?;
        let signal = Signal { number: Some(number(signal)?), name: None };
        (who, Ended::Signal(signal))
    };
    let (who, pid) = split_last(who, PID)?;
    let (title, process) = title_and_process(who)?;
    Some((title, Word::Ended(process, number(pid)?, ended)))
}

fn parse_not_executed(text: &[u8]) -> Option<(&[u8], Word)> {
    let (who, why) = split_last(text.strip_prefix(NOT_EXECUTED)?, b" process: ")?;
    // What init says so of begins so in all versions (job_process_error_read).
    if !why.starts_with(b"unable to ") {
        return None;
    }
    let (title, process) = title_and_process(who)?;
    Some((title, Word::NotExecuted(process, String::from_utf8_lossy(why).into_owned())))
}

/// `JOB (INSTANCE) main` in its two parts.
fn title_and_process(who: &[u8]) -> Option<(&[u8], Process)> {
    Process::ALL.into_iter().find_map(|process| {
        let title = who.strip_suffix(process.name().as_bytes())?.strip_suffix(b" ")?;
        Some((title, process))
    })
}

/// What stands before and behind the last `separator`.
fn split_last<'a>(text: &'a [u8], separator: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let place = text.windows(separator.len()).rposition(|window| window == separator)?;
    Some((text.get(..place)?, text.get(place + separator.len()..)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::kernel_log::testing::corpus;
    use proptest::prelude::*;

    #[test]
    fn inits_lines_are_understood() {
        for (line, meaning) in corpus(include_str!("../../../tests/corpus/init_lines.txt")) {
            let said = line.strip_prefix("init: ").expect("a line of init's");
            assert_eq!(meant(said), meaning, "{line}");
        }
    }

    /// What is understood of `line`, in words.
    fn meant(line: &str) -> String {
        let Some((title, word)) = parse(line.as_bytes()) else { return "nothing".to_owned() };
        let title = String::from_utf8_lossy(title);
        let said = match word {
            Word::Ended(process, pid, Ended::Status(status)) => {
                format!("{} {pid} ended with status {status}", process.name())
            }
            Word::Ended(process, pid, Ended::Signal(signal)) => {
                format!("{} {pid} killed by {}", process.name(), signal.words())
            }
            Word::NotExecuted(process, why) => format!("{} not executed: {why}", process.name()),
            Word::Respawning => "respawning".to_owned(),
            Word::TooFast => "too fast".to_owned(),
        };
        format!("{title} | {said}")
    }

    #[test]
    fn signals_have_their_numbers() {
        for (word, number, name, words) in [
            ("SEGV", Some(11), Some("SIGSEGV"), "SIGSEGV"),
            ("40", Some(40), None, "signal 40"),
            ("NEW", None, Some("SIGNEW"), "SIGNEW"),
        ] {
            let signal = Signal::from_word(word);
            assert_eq!((signal.number, signal.name.as_deref()), (number, name));
            assert_eq!(signal.words(), words);
        }
    }

    proptest! {
        #[test]
        fn garbage_gives_no_panic(text in ".{0,99}", tail in "( process \\(|\\) killed by |signal| main|9|: ){0,9}") {
            let _ = parse(format!("{text}{tail}").as_bytes());
        }

        #[test]
        fn whatever_an_instance_is_called_its_lines_are_its_own(
            fake in ".{0,20}( main process \\(1\\)| killed by SEGV signal|Failed to spawn a| process: unable to ).{0,20}",
            pid: u32,
            status in 1..255,
        ) {
            let title = format!("kf ({fake})");
            for (line, meaning) in [
                (format!("main process ({pid}) terminated with status {status}"), format!("main {pid} ended with status {status}")),
                (format!("pre-start process ({pid}) killed by KILL signal"), format!("pre-start {pid} killed by SIGKILL")),
                (format!("main process ({pid}) killed by signal 40"), format!("main {pid} killed by signal 40")),
                ("main process ended, respawning".to_owned(), "respawning".to_owned()),
                ("respawning too fast, stopped".to_owned(), "too fast".to_owned()),
            ] {
                prop_assert_eq!(meant(&format!("{title} {line}")), format!("{title} | {meaning}"));
            }
            let line = format!("Failed to spawn {title} main process: unable to execute: No such file or directory");
            let meaning = "main not executed: unable to execute: No such file or directory";
            prop_assert_eq!(meant(&line), format!("{title} | {meaning}"));
            for line in [
                format!("{title} main process ({pid})"),
                format!("{title} main process ({pid}) exited normally"),
                format!("{title} main process ({pid}) stopped by STOP signal"),
                format!("{title} goal changed from stop to start"),
                format!("Sending TERM signal to {title} main process ({pid})"),
                format!("Failed to send TERM signal to {title} main process ({pid}): No such process"),
            ] {
                prop_assert_eq!(meant(&line), "nothing");
            }
        }
    }
}
