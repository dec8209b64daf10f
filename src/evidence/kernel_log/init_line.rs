//! What init says of a job's processes, one line each.
//!
//! A job or an instance may be named like a whole message. The name comes before everything that
//! init adds, so a line is read from its right end (init/job_process.c).

use std::str::FromStr as _;

use serde::Serialize;

use super::read::number;

/// What every line of init's begins with.
pub(super) const INIT: &[u8] = b"init: ";

/// What a line on a process that could not be executed goes on with.
const NOT_EXECUTED: &[u8] = b"Failed to spawn ";

/// A process of a job, by the stanza that it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "deliver", derive(serde::Deserialize))]
#[serde(rename_all = "snake_case")]
pub enum Process {
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
    const ALL: [Self; 5] =
        [Self::Main, Self::PreStart, Self::PostStart, Self::PreStop, Self::PostStop];

    /// The word that Upstart has for it.
    pub fn name(self) -> &'static str {
        match self {
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
    text.strip_prefix(INIT)
        .map(|text| text.strip_prefix(NOT_EXECUTED).unwrap_or(text))
        .is_some_and(|text| text.starts_with(title))
}

/// Takes `text` apart: the job as init titles it, and what is said of it.
pub(super) fn parse(text: &[u8]) -> Option<(&[u8], Word)> {
    let text = text.strip_prefix(INIT)?;
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
    use proptest::prelude::*;

    fn ended(process: Process, pid: u32, ended: Ended) -> Word {
        Word::Ended(process, pid, ended)
    }

    fn killed(process: Process, pid: u32, name: &str) -> Word {
        ended(process, pid, Ended::Signal(Signal::from_word(name)))
    }

    #[test]
    fn the_recorded_lines_are_understood() {
        use Process::{Main, PostStop, PreStart};
        let missing = "unable to execute: No such file or directory".to_owned();
        for (text, title, word) in [
            ("ka main process (53) killed by SEGV signal", "ka", killed(Main, 53, "SEGV")),
            ("kb main process ended, respawning", "kb", Word::Respawning),
            (
                "kc main process (143) terminated with status 3",
                "kc",
                ended(Main, 143, Ended::Status(3)),
            ),
            ("ke respawning too fast, stopped", "ke", Word::TooFast),
            (
                "kf (a/b c) main process (266) killed by SEGV signal",
                "kf (a/b c)",
                killed(Main, 266, "SEGV"),
            ),
            ("kg main process (316) killed by signal 40", "kg", killed(Main, 316, "40")),
            (
                "kk pre-start process (391) terminated with status 7",
                "kk",
                ended(PreStart, 391, Ended::Status(7)),
            ),
            (
                "kl post-stop process (434) terminated with status 7",
                "kl",
                ended(PostStop, 434, Ended::Status(7)),
            ),
            (
                "Failed to spawn km main process: unable to execute: No such file or directory",
                "km",
                Word::NotExecuted(Main, missing),
            ),
            (
                "sub/dir main process (508) terminated with status 9",
                "sub/dir",
                ended(Main, 508, Ended::Status(9)),
            ),
            (
                "kf (a\\x0akf2 main process (1) killed by SEGV signal) main process (40) killed by KILL signal",
                "kf (a\\x0akf2 main process (1) killed by SEGV signal)",
                killed(Main, 40, "KILL"),
            ),
            (
                "x (y respawning too fast, stopped) main process ended, respawning",
                "x (y respawning too fast, stopped)",
                Word::Respawning,
            ),
        ] {
            let line = format!("init: {text}");
            assert_eq!(parse(line.as_bytes()), Some((title.as_bytes(), word)), "{text}");
        }
    }

    #[test]
    fn other_lines_are_not() {
        for text in [
            "ka main process (53) killed by SEGV signal",
            "init: ka main process (53)",
            "init: ka main process (x) killed by SEGV signal",
            "init: ka main process (53) terminated with status 3x",
            "init: ka side process (53) terminated with status 3",
            "init: ka goal changed from stop to start",
            "init: ",
            "",
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
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
            let _ = parse(format!("init: {text}{tail}").as_bytes());
        }

        #[test]
        fn whatever_a_job_is_called_its_lines_are_its_own(title in ".{1,60}", pid: u32, status in 1..255) {
            let line = format!("init: {title} main process ({pid}) terminated with status {status}");
            let word = ended(Process::Main, pid, Ended::Status(status));
            prop_assert_eq!(parse(line.as_bytes()), Some((title.as_bytes(), word)));
            let line = format!("init: {title} main process ({pid}) killed by KILL signal");
            let word = killed(Process::Main, pid, "KILL");
            prop_assert_eq!(parse(line.as_bytes()), Some((title.as_bytes(), word)));
        }
    }
}
