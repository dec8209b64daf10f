//! What stands under the facts, part by part.

use super::Jobs;

/// One part of a message, with all that it may say. In the order in which a reader needs them:
/// services show it, each within its room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Section {
    /// The jobs of a digest, a line each.
    Jobs(Jobs),
    /// What the kernel log says of the death, the most telling line first.
    Kernel(Vec<String>),
    /// The end of the log.
    Log(Log),
    /// What was out of the ordinary about the machine.
    Unusual(Vec<String>),
    /// What was changed shortly before, the latest first.
    Changed(Vec<String>),
    /// Why the verdict is what it is, the weightiest first.
    Why(Vec<String>),
    /// Pages that belong to it.
    Links(Vec<Page>),
}

/// The end of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// The file.
    pub path: String,
    /// Its last lines, the oldest first.
    pub lines: Vec<String>,
    /// Whose lines these are.
    pub whose: Whose,
}

/// Whose lines the end of a log shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// All that the run wrote.
    AllOfThisRun,
    /// The last ones of the run.
    LastOfThisRun,
    /// Nobody noted where the run began: earlier ones may have written them.
    PerhapsOfEarlierRuns,
}

/// A page on the web; nothing in its address means anything to any markup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// What it is: `runbook`.
    pub text: String,
    /// Its URL: of `http` or `https`, ASCII, without quotes, brackets and spaces.
    pub url: String,
}

impl Section {
    /// What stands above it.
    pub fn heading(&self) -> &'static str {
        match self {
            Self::Jobs(_) => "Jobs",
            Self::Kernel(_) => "Kernel",
            Self::Log(_) => "Log",
            Self::Unusual(_) => "Unusual",
            Self::Changed(_) => "Changed",
            Self::Why(_) => "Why",
            Self::Links(_) => "Links",
        }
    }

    /// Whether it says nothing.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Jobs(_) => false,
            Self::Log(log) => log.lines.is_empty(),
            Self::Links(pages) => pages.is_empty(),
            Self::Kernel(lines)
            | Self::Unusual(lines)
            | Self::Changed(lines)
            | Self::Why(lines) => lines.is_empty(),
        }
    }
}

impl Log {
    /// Whose lines these are, in words, where only the last `shown` of them are: not always needed.
    pub fn note(&self, shown: usize) -> Option<&'static str> {
        match self.whose {
            Whose::AllOfThisRun if shown >= self.lines.len() => None,
            Whose::AllOfThisRun | Whose::LastOfThisRun => Some("the last lines of this run"),
            Whose::PerhapsOfEarlierRuns => Some("perhaps with lines of earlier runs"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_says_whose_lines_it_shows_unless_they_are_all() {
        let last = Some("the last lines of this run");
        let earlier = Some("perhaps with lines of earlier runs");
        for (whose, shown, note) in [
            (Whose::AllOfThisRun, 2, None),
            (Whose::AllOfThisRun, 1, last),
            (Whose::LastOfThisRun, 2, last),
            (Whose::LastOfThisRun, 1, last),
            (Whose::PerhapsOfEarlierRuns, 2, earlier),
            (Whose::PerhapsOfEarlierRuns, 1, earlier),
        ] {
            let lines = vec!["one".to_owned(), "two".to_owned()];
            let log = Log { path: "/x".to_owned(), lines, whose };
            assert_eq!(log.note(shown), note, "{whose:?} {shown}");
        }
    }
}
