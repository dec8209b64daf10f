//! One stanza.

use std::fmt;
use std::ops::Range;

use super::Problem;
use super::cursor::{CONDITION_END, Cursor, Quotes, WORD_END};

/// A stanza: a name and what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stanza {
    /// `respawn`, `pre-start`, ...
    pub name: String,
    /// The line in which it begins, counted from 1.
    pub line: usize,
    /// The bytes of the file that it takes, from its name to the end of its last line; but `manual`
    /// and `debug` leave the rest of their line to other stanzas.
    pub range: Range<usize>,
    /// What stands behind the name.
    pub content: Content,
}

/// What belongs to a stanza's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Words, without their quotes.
    Words(Vec<String>),
    /// The condition of `start on` or `stop on`, as it is written.
    Condition(Range<usize>),
    /// A process, and how it is run.
    Process(Process, Run),
}

/// The processes of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Process {
    /// `exec`, `script`: the service itself.
    Main,
    /// `pre-start`
    PreStart,
    /// `post-start`
    PostStart,
    /// `pre-stop`
    PreStop,
    /// `post-stop`
    PostStop,
}

impl Process {
    fn named(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"pre-start" => Self::PreStart,
            b"post-start" => Self::PostStart,
            b"pre-stop" => Self::PreStop,
            b"post-stop" => Self::PostStop,
            _ => return None,
        })
    }
}

impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Main => "main",
            Self::PreStart => "pre-start",
            Self::PostStart => "post-start",
            Self::PreStop => "pre-stop",
            Self::PostStop => "post-stop",
        })
    }
}

/// How init runs a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Run {
    /// `exec`: this command, on one line, as init takes it. It goes to `/bin/sh -e` if it has a
    /// character in it that is special to a shell.
    Exec(Vec<u8>),
    /// `script`: the lines between, for `/bin/sh -e`.
    Script(Range<usize>),
}

impl Stanza {
    /// Reads the stanza whose name begins here.
    pub(super) fn read(cursor: &mut Cursor<'_>, line: usize) -> Result<Self, Problem> {
        let from = cursor.at;
        let name = cursor.word(WORD_END, Quotes::Kept)?;
        let content = match &*name {
            b"exec" => Content::Process(Process::Main, Run::exec(cursor)?),
            b"script" => Content::Process(Process::Main, Run::script(cursor)?),
            b"start" | b"stop" => condition(cursor)?,
            // Their handlers read nothing (stanza_manual, stanza_debug).
            b"manual" | b"debug" => Content::Words(Vec::new()),
            name => match Process::named(name) {
                Some(process) => {
                    let run = match &*cursor.word(WORD_END, Quotes::Kept)? {
                        b"exec" => Run::exec(cursor)?,
                        b"script" => Run::script(cursor)?,
                        _ => return Err(Problem::NeitherExecNorScript),
                    };
                    Content::Process(process, run)
                }
                None => words(cursor)?,
            },
        };
        let name = String::from_utf8_lossy(&name).into_owned();
        Ok(Self { name, line, range: from..cursor.at, content })
    }

    /// How `process` is run, if this stanza says that.
    pub fn run_of(&self, process: Process) -> Option<&Run> {
        match &self.content {
            Content::Process(known, run) if *known == process => Some(run),
            _ => None,
        }
    }

    /// The words behind the name; none where it takes none.
    pub fn words(&self) -> &[String] {
        match &self.content {
            Content::Words(words) => words,
            _ => &[],
        }
    }
}

impl Run {
    fn exec(cursor: &mut Cursor<'_>) -> Result<Self, Problem> {
        if !cursor.has_word() {
            return Err(Problem::ExpectedWord);
        }
        Ok(Self::Exec(cursor.command()?))
    }

    fn script(cursor: &mut Cursor<'_>) -> Result<Self, Problem> {
        cursor.end_line()?;
        let from = cursor.at;
        Ok(Self::Script(from..cursor.block()?))
    }
}

fn words(cursor: &mut Cursor<'_>) -> Result<Content, Problem> {
    let mut words = Vec::new();
    while cursor.has_word() {
        let word = cursor.word(WORD_END, Quotes::Removed)?;
        words.push(String::from_utf8_lossy(&word).into_owned());
    }
    cursor.end_line()?;
    Ok(Content::Words(words))
}

/// `on` and a condition, which goes on over lines as long as a parenthesis is open (`parse_on`).
fn condition(cursor: &mut Cursor<'_>) -> Result<Content, Problem> {
    if cursor.word(WORD_END, Quotes::Kept)? != b"on" {
        return Err(Problem::UnexpectedWord);
    }
    let (from, mut open) = (cursor.at, 0_usize);
    loop {
        cursor.skip_space();
        loop {
            match cursor.byte() {
                Some(b'(') => open += 1,
                Some(b')') => open = open.checked_sub(1).ok_or(Problem::Parentheses)?,
                _ => {
                    cursor.word(CONDITION_END, Quotes::Removed)?;
                    if cursor.has_word() {
                        continue;
                    }
                    break;
                }
            }
            cursor.at += 1;
            cursor.skip_space();
            if !cursor.has_word() {
                break;
            }
        }
        cursor.end_line()?;
        if cursor.byte().is_none() || open == 0 {
            break;
        }
    }
    if open > 0 { Err(Problem::Parentheses) } else { Ok(Content::Condition(from..cursor.at)) }
}
