//! What a check finds.

use serde::Serialize;

/// How bad it is; from the best to the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// All is as it is to be.
    Ok,
    /// Good to know.
    Notice,
    /// It could not be looked at.
    Unknown,
    /// Something is not told, or not well.
    Warning,
    /// Crashes are not told, or a service is in danger.
    Critical,
}

impl Level {
    /// As it is written.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Notice => "notice",
            Self::Unknown => "unknown",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// Something that a check has found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub level: Level,
    /// What it is about: a job, a file and a line in it, a sink.
    pub what: String,
    /// What is wrong, in words.
    pub words: String,
    /// What to do, in one line: a command where there is one, the rest behind a `#`.
    pub advice: Option<String>,
}

impl Finding {
    /// `words` on `what`, which nothing is to be done about yet.
    pub fn new(level: Level, what: impl Into<String>, words: impl Into<String>) -> Self {
        Self { level, what: what.into(), words: words.into(), advice: None }
    }

    /// That `what` could not be looked at, and why.
    pub fn unknown(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self::new(Level::Unknown, what, why)
    }

    /// With what to do.
    pub fn advised(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }
}

/// Names in a sentence: the first ten of them, and how many more there are.
pub(super) fn some_of<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 10;
    let names: Vec<_> = names.into_iter().collect();
    let shown = names.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// `1 job`, `2 jobs`.
pub(super) fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// A word of a command that somebody may copy into a shell.
pub(super) fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./@:+,".contains(c);
    if !word.is_empty() && !word.starts_with('-') && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_a_command_stays_one_word() {
        for (word, shown) in [
            ("nginx", "nginx"),
            ("sub/bar", "sub/bar"),
            ("two words", "'two words'"),
            ("$(reboot)", "'$(reboot)'"),
            ("it's", "'it'\\''s'"),
            ("-rf", "'-rf'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(word), shown);
        }
    }

    #[test]
    fn of_many_names_some_are_shown() {
        let names: Vec<_> = (0..12).map(|number| number.to_string()).collect();
        let shown = some_of(names.iter().map(String::as_str));
        assert_eq!(shown, "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more");
        assert_eq!(some_of(["a", "b"]), "a, b");
        assert_eq!((count(1, "job"), count(2, "job")), ("1 job".into(), "2 jobs".into()));
    }
}
