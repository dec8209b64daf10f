//! A place in a job file, and what Upstart reads from there on (libnih, nih/config.c).

use super::Problem;

/// What separates words.
const BLANK: &[u8] = b" \t\r";
/// What a command ends at: a comment or the end of the line.
pub(super) const LINE_END: &[u8] = b"#\n";
/// What a word ends at.
pub(super) const WORD_END: &[u8] = b" \t\r#\n";
/// What a word of a condition ends at.
pub(super) const CONDITION_END: &[u8] = b"() \t\r#\n";

/// Whether words keep their quotes and backslashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quotes {
    Kept,
    Removed,
}

/// A place in a file.
#[derive(Debug, Clone)]
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    /// How many bytes lie before it.
    pub(super) at: usize,
}

/// Whether `byte` is one of `set`. Upstart asks strchr(3), to which NUL is in every set.
fn is_in(byte: u8, set: &[u8]) -> bool {
    byte == 0 || set.contains(&byte)
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// The byte here; none at the end of the file.
    pub(super) fn byte(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Whether a word begins here: neither a comment nor the end of the line.
    pub(super) fn has_word(&self) -> bool {
        self.byte().is_some_and(|byte| !is_in(byte, LINE_END))
    }

    /// Goes past blanks.
    pub(super) fn skip_blanks(&mut self) {
        while self.byte().is_some_and(|byte| is_in(byte, BLANK)) {
            self.at += 1;
        }
    }

    /// Goes past blanks and ends of lines that a backslash hides.
    pub(super) fn skip_space(&mut self) {
        loop {
            self.skip_blanks();
            if self.bytes.get(self.at..).is_none_or(|rest| !rest.starts_with(b"\\\n")) {
                return;
            }
            self.at += 2;
        }
    }

    /// Goes to the beginning of the next line.
    pub(super) fn skip_line(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let line = rest.iter().position(|byte| *byte == b'\n');
        self.at += line.map_or(rest.len(), |end| end + 1);
    }

    /// Goes to the beginning of the next line, past a comment at most.
    pub(super) fn end_line(&mut self) -> Result<(), Problem> {
        if self.has_word() {
            return Err(Problem::UnexpectedWord);
        }
        self.skip_line();
        Ok(())
    }

    /// The word that begins here and ends at one of `ends`; goes past the space behind it.
    pub(super) fn word(&mut self, ends: &[u8], quotes: Quotes) -> Result<Vec<u8>, Problem> {
        let word = self.text(ends, quotes)?;
        if word.is_empty() {
            return Err(Problem::ExpectedWord);
        }
        self.skip_space();
        Ok(word)
    }

    /// The command that the rest of the line is, quotes and all; goes to the next line.
    pub(super) fn command(&mut self) -> Result<Vec<u8>, Problem> {
        let command = self.text(LINE_END, Quotes::Kept)?;
        self.skip_line();
        Ok(command)
    }

    /// What stands here, up to one of `ends` that is neither quoted nor escaped, without the blanks
    /// at its end. An end of line within, escaped or quoted, is one space with the blanks around it
    /// (`nih_config_token`).
    fn text(&mut self, ends: &[u8], quotes: Quotes) -> Result<Vec<u8>, Problem> {
        let mut text = Vec::new();
        let mut blanks: &[u8] = b"";
        let (mut escapes, mut quote, mut broken) = (false, None, false);
        while let Some(byte) = self.byte() {
            let (mut backslash, mut is_quote) = (None, false);
            if escapes {
                escapes = false;
                match byte {
                    b'\n' => {
                        broken = true;
                        self.at += 1;
                        continue;
                    }
                    _ if byte == b'\\' || is_in(byte, BLANK) => {
                        backslash = (quotes == Quotes::Kept).then_some(b'\\');
                    }
                    _ => backslash = Some(b'\\'),
                }
            } else if byte == b'\\' {
                escapes = true;
                self.at += 1;
                continue;
            } else if let Some(open) = quote {
                if byte == open {
                    (quote, is_quote) = (None, true);
                } else if byte == b'\n' {
                    broken = true;
                    self.at += 1;
                    continue;
                } else if is_in(byte, BLANK) {
                    blanks = self.blanks_with(blanks);
                    continue;
                }
            } else if byte == b'"' || byte == b'\'' {
                (quote, is_quote) = (Some(byte), true);
            } else if is_in(byte, ends) {
                break;
            } else if is_in(byte, BLANK) {
                blanks = self.blanks_with(blanks);
                continue;
            }
            if broken {
                text.push(b' ');
            } else {
                text.extend_from_slice(blanks);
            }
            text.extend(backslash);
            if !(is_quote && quotes == Quotes::Removed) {
                text.push(byte);
            }
            (blanks, broken) = (b"", false);
            self.at += 1;
        }
        match (escapes, quote) {
            (true, _) => Err(Problem::TrailingBackslash),
            (_, Some(_)) => Err(Problem::OpenQuote),
            _ => Ok(text),
        }
    }

    /// `blanks`, which stand directly before this place, and the blank here; goes past it.
    fn blanks_with(&mut self, blanks: &[u8]) -> &'a [u8] {
        let from = self.at - blanks.len().min(self.at);
        self.at += 1;
        self.bytes.get(from..self.at).unwrap_or_default()
    }

    /// Where the block that ends with `end script` has its end, beginning here at a line's start;
    /// goes past that line.
    pub(super) fn block(&mut self) -> Result<usize, Problem> {
        loop {
            let line = self.at;
            if self.is_block_end() {
                self.skip_line();
                return Ok(line);
            }
            self.skip_line();
            if self.at >= self.bytes.len() {
                return Err(Problem::OpenBlock);
            }
        }
    }

    /// Whether the line that begins here is `end script`.
    fn is_block_end(&self) -> bool {
        let mut line = self.clone();
        line.skip_blanks();
        if !line.take(b"end") || !line.byte().is_some_and(|byte| is_in(byte, BLANK)) {
            return false;
        }
        line.skip_blanks();
        line.take(b"script") && {
            line.skip_blanks();
            matches!(line.byte(), None | Some(b'#' | b'\n'))
        }
    }

    fn take(&mut self, word: &[u8]) -> bool {
        let is_here = self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(word));
        self.at += if is_here { word.len() } else { 0 };
        is_here
    }
}
