//! A job's configuration file, read as Upstart reads it (init/parse_job.c, libnih's nih/config.c):
//! every stanza with its place, so that a change touches nothing else.
//!
//! `cursor.rs` reads words, `stanza.rs` one stanza, `effective.rs` says which stanza counts once
//! the `.override` file has had its say.

mod cursor;
mod effective;
mod stanza;

use std::fmt;
use std::ops::Range;

use cursor::Cursor;
pub use effective::{Effective, Which};
pub use stanza::{Content, Process, Run, Stanza};

/// A job file: its bytes, and what init finds in them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobFile {
    bytes: Vec<u8>,
    stanzas: Vec<Stanza>,
    fault: Option<Fault>,
}

/// Where init gives up on a file. It takes nothing of such a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The line, counted from 1, in which the stanza begins.
    pub line: usize,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong with a stanza.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// The file ends in a backslash.
    TrailingBackslash,
    /// A quote is never closed.
    OpenQuote,
    /// There is no `end script`.
    OpenBlock,
    /// A parenthesis is never closed, or was never opened.
    Parentheses,
    /// Something is missing.
    ExpectedWord,
    /// Something is too much.
    UnexpectedWord,
    /// `pre-start` and its like are followed by neither `exec` nor `script`.
    NeitherExecNorScript,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let problem = match self.problem {
            Problem::TrailingBackslash => "a backslash at the end of the file",
            Problem::OpenQuote => "a quote that is never closed",
            Problem::OpenBlock => "a script without `end script`",
            Problem::Parentheses => "parentheses that do not match",
            Problem::ExpectedWord => "something is missing",
            Problem::UnexpectedWord => "something that does not belong there",
            Problem::NeitherExecNorScript => "neither `exec` nor `script`",
        };
        write!(f, "line {}: {problem}", self.line)
    }
}

impl JobFile {
    /// Reads a file of any bytes. A stanza whose name is unknown is taken as a name with words
    /// behind it: other releases of Upstart have others.
    pub fn read(bytes: Vec<u8>) -> Self {
        let (mut stanzas, mut fault) = (Vec::new(), None);
        let mut cursor = Cursor::new(&bytes);
        let (mut line, mut counted) = (1, 0);
        while cursor.byte().is_some() {
            cursor.skip_blanks();
            if !cursor.has_word() {
                cursor.skip_line();
                continue;
            }
            let between = bytes.get(counted..cursor.at).unwrap_or_default();
            line += between.iter().filter(|byte| **byte == b'\n').count();
            counted = cursor.at;
            match Stanza::read(&mut cursor, line) {
                Ok(stanza) => stanzas.push(stanza),
                Err(problem) => {
                    fault = Some(Fault { line, problem });
                    break;
                }
            }
        }
        Self { bytes, stanzas, fault }
    }

    /// The file as it was read.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Its stanzas in their order, up to the fault if there is one.
    pub fn stanzas(&self) -> &[Stanza] {
        &self.stanzas
    }

    /// What keeps init from taking this file; as far as this is told without judging the values.
    pub fn fault(&self) -> Option<&Fault> {
        self.fault.as_ref()
    }

    /// The part `range` of the file.
    pub fn part(&self, range: Range<usize>) -> &[u8] {
        self.bytes.get(range).unwrap_or_default()
    }

    /// The last of the stanzas that `is_meant`, the one that counts.
    pub fn last(&self, is_meant: impl Fn(&Stanza) -> bool) -> Option<&Stanza> {
        self.stanzas.iter().rev().find(|stanza| is_meant(stanza))
    }

    /// Where the line begins that the byte number `at` stands in.
    pub fn line_start(&self, at: usize) -> usize {
        let before = self.part(0..at);
        before.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1)
    }
}

#[cfg(test)]
mod tests;
