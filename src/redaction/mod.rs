//! What must not leave the host: passwords, keys and the like in what services write.
//!
//! The spool keeps everything, for root alone. What a sink is handed is [`Redacted`], and only a
//! [`Redaction`] makes that: there is no other way out. `docs/redaction.md` says what is known.
//!
//! A text is searched for hints first, all at once; what no hint is in costs nothing more. Every
//! search takes time linear in the length of the text, whatever a stranger made a service write.

mod aftermath;
mod card;
mod fields;
mod found;
mod mark;
mod notice;
mod pem;
mod report;
mod settings;
mod shapes;
mod value;

use std::borrow::Cow;
use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

pub use report::Redacted;
pub use settings::{Pattern, Settings};

use crate::terminal::without_sequences;
use fields::Fields;
use found::Found;
use mark::Kind;
use pem::Pem;
use shapes::{Finder, SHAPES};

/// How often a text is searched in which something was found. What is left to find the second time
/// is rare; that a stranger's text has more of it each time must not cost its square.
const ROUNDS: usize = 4;

/// What is removed from reports on their way out.
pub struct Redaction(Option<Rules>);

/// Everything that is looked for.
struct Rules {
    hints: AhoCorasick,
    /// What each of the hints hints at.
    hinted: Vec<Hinted>,
    shapes: Vec<Finder>,
    fields: Fields,
    pem: Pem,
    patterns: Vec<Finder>,
    /// The operator's own, as written.
    written: Vec<String>,
}

#[derive(Clone, Copy)]
enum Hinted {
    Fields,
    Pem,
    /// The shape of this number.
    Shape(usize),
}

impl Redaction {
    /// Removes what is known as a secret, and what the operator's own `patterns` find.
    ///
    /// # Errors
    /// None that a test would not have found: the expressions of this program are no expressions.
    pub fn new(patterns: Vec<Pattern>) -> Result<Self, String> {
        Rules::new(patterns).map(|rules| Self(Some(rules)))
    }

    /// Removes nothing.
    pub fn off() -> Self {
        Self(None)
    }

    /// What tells one redaction from another.
    pub fn fingerprint(&self) -> Option<&[String]> {
        self.0.as_ref().map(|rules| rules.written.as_slice())
    }

    /// `text` with a mark for every secret in it; doing so twice changes nothing more. A text from
    /// which something was removed loses its terminal sequences too: they can part a name from its
    /// value.
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let Some(rules) = &self.0 else { return Cow::Borrowed(text) };
        match rules.redact(&without_sequences(text), &[]) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            Cow::Owned(mut redacted) => {
                // A secret may have stood right before another one's name.
                for _ in 1..ROUNDS {
                    match rules.redact(&redacted, &[]) {
                        Cow::Borrowed(_) => break,
                        Cow::Owned(more) => redacted = more,
                    }
                }
                Cow::Owned(redacted)
            }
        }
    }

    /// The same of lines that follow one another, with PEM blocks that go over several of them: of
    /// such a block one line is left.
    pub fn redact_lines(&self, mut lines: Vec<String>) -> Vec<String> {
        self.redact_each(lines.iter_mut().collect());
        let block = Kind::PemBlock.mark();
        lines.dedup_by(|line, before| line == before && *line == block);
        lines
    }

    /// The same, and all lines stay.
    fn redact_each(&self, mut lines: Vec<&mut String>) {
        let Some(rules) = &self.0 else { return };
        for _ in 0..ROUNDS {
            let blocks = rules.blocks_across(&lines);
            let mut changed = false;
            for (number, line) in lines.iter_mut().enumerate() {
                let blocks = blocks.get(number).map_or(&[][..], Vec::as_slice);
                let redacted = match rules.redact(&without_sequences(line), blocks) {
                    Cow::Borrowed(_) => continue,
                    Cow::Owned(redacted) => redacted,
                };
                **line = redacted;
                changed = true;
            }
            if !changed {
                return;
            }
        }
    }
}

impl Rules {
    fn new(patterns: Vec<Pattern>) -> Result<Self, String> {
        let of_shapes = SHAPES.iter().enumerate().flat_map(|(number, shape)| {
            shape.hints.iter().map(move |hint| (*hint, Hinted::Shape(number)))
        });
        let (hints, hinted): (Vec<_>, Vec<_>) = of_shapes
            .chain(fields::HINTS.iter().map(|hint| (*hint, Hinted::Fields)))
            .chain(pem::HINTS.iter().map(|hint| (*hint, Hinted::Pem)))
            .unzip();
        let hints = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(hints)
            .map_err(|error| error.to_string())?;
        let in_words = |error: regex::Error| error.to_string();
        Ok(Self {
            hints,
            hinted,
            shapes: SHAPES.iter().map(Finder::of).collect(),
            fields: Fields::new().map_err(in_words)?,
            pem: Pem::new().map_err(in_words)?,
            written: patterns.iter().map(|pattern| pattern.as_str().to_owned()).collect(),
            patterns: patterns.into_iter().map(|own| Finder::of_pattern(own.into())).collect(),
        })
    }

    /// `text` without secrets and without `blocks`.
    fn redact<'t>(&self, text: &'t str, blocks: &[Range<usize>]) -> Cow<'t, str> {
        let mut found = Found::nothing_in(text);
        for block in blocks {
            found.add(block.clone(), Kind::PemBlock);
        }
        // A bit for each shape, and one each for the two others.
        let (mut shapes, mut fields, mut pem) = (0_u64, false, false);
        for hint in self.hints.find_overlapping_iter(text) {
            match self.hinted.get(hint.pattern().as_usize()) {
                Some(Hinted::Shape(number)) => shapes |= 1 << number,
                Some(Hinted::Fields) => fields = true,
                Some(Hinted::Pem) => pem = true,
                None => {}
            }
        }
        for (number, shape) in self.shapes.iter().enumerate() {
            if shapes & (1 << number) != 0 {
                shape.find(&mut found);
            }
        }
        if fields {
            self.fields.find(&mut found);
        }
        if pem && blocks.is_empty() {
            for block in self.pem.find(text) {
                found.add(block, Kind::PemBlock);
            }
        }
        card::find(&mut found);
        for pattern in &self.patterns {
            pattern.find(&mut found);
        }
        found.redacted()
    }

    /// The parts of PEM blocks in each line, by the lines' numbers; none where there are none.
    fn blocks_across(&self, lines: &[&mut String]) -> Vec<Vec<Range<usize>>> {
        if !lines.iter().any(|line| pem::HINTS.iter().any(|hint| line.contains(hint))) {
            return Vec::new();
        }
        let mut text = String::new();
        let mut ends = Vec::new();
        for line in lines {
            text.push_str(&without_sequences(line));
            ends.push(text.len());
            text.push('\n');
        }
        let mut blocks = self.pem.find(&text).into_iter().peekable();
        let mut start = 0;
        let mut parts = Vec::new();
        for end in ends {
            let mut of_line = Vec::new();
            while let Some(block) = blocks.peek().filter(|block| block.start < end) {
                let part = block.start.max(start)..block.end.min(end);
                of_line.push(part.start - start..part.end - start);
                if block.end > end {
                    break;
                }
                blocks.next();
            }
            parts.push(of_line);
            start = end + 1;
        }
        parts
    }
}

#[cfg(test)]
mod tests;
