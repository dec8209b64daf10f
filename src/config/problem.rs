//! What is wrong with the config, and where.

use std::fmt;
use std::path::PathBuf;

/// A place in the config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// The file.
    pub file: PathBuf,
    /// Line and column in it, counted from 1; columns are characters. `None`: the file as a whole.
    pub position: Option<(usize, usize)>,
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        match self.position {
            Some((line, column)) => write!(f, ":{line}:{column}"),
            None => Ok(()),
        }
    }
}

/// One thing that is wrong with the config. Holds no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub spot: Spot,
    /// What, in a sentence.
    pub text: String,
}

/// `FILE:LINE:COLUMN: text`.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.spot, self.text)
    }
}

/// Everything that is wrong with the config, file by file and from top to bottom.
#[derive(Debug)]
pub struct ConfigError(pub Vec<Problem>);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<_> = self.0.iter().map(Problem::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

/// Puts `problems` in the order of the `files`, and of a file from top to bottom.
pub(super) fn sort(problems: &mut [Problem], files: &[PathBuf]) {
    let file = |problem: &Problem| files.iter().position(|file| *file == problem.spot.file);
    problems.sort_by_key(|problem| (file(problem), problem.spot.position));
}
