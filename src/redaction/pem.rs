//! PEM blocks (RFC 7468), also where the log has only their beginning or only their end.

use std::ops::Range;

use regex::Regex;

/// What stands in a text with a block in it.
pub(super) const HINTS: &[&str] = &["-----BEGIN ", "-----END "];

/// The fewest characters of base64 that are taken for some where other text stands before them.
const RUN: usize = 16;

/// Ready to be looked for.
pub(super) struct Pem(Regex);

impl Pem {
    pub(super) fn new() -> Result<Self, regex::Error> {
        Regex::new(r"-----(BEGIN|END) [A-Z0-9 ]{1,64}-----").map(Self)
    }

    /// What stands inside the blocks of `text`, which may be of several lines.
    pub(super) fn find(&self, text: &str) -> Vec<Range<usize>> {
        let mut places = Vec::new();
        // Where the last boundary ended, and whether it was a BEGIN.
        let mut last = (0, false);
        for boundary in self.0.find_iter(text) {
            let inside = text.get(last.0..boundary.start()).unwrap_or_default();
            let begins = boundary.as_str().starts_with("-----BEGIN");
            match (last.1, begins) {
                (true, false) => places.push(last.0..boundary.start()),
                (true, true) => places.push(last.0..last.0 + beginning(inside)),
                (false, false) => places.push(boundary.start() - end(inside)..boundary.start()),
                (false, true) => {}
            }
            last = (boundary.end(), begins);
        }
        if let (from, true) = last {
            places.push(from..from + beginning(text.get(from..).unwrap_or_default()));
        }
        places.into_iter().map(|place| trimmed(text, place)).filter(|p| !p.is_empty()).collect()
    }
}

/// How much of the beginning of `text` is the inside of a block.
fn beginning(text: &str) -> usize {
    let lines = text.split_inclusive('\n').enumerate();
    let inside = lines.take_while(|(number, line)| {
        *number == 0 && line.trim().is_empty() || is_base64(line) || is_header(line)
    });
    inside.map(|(_, line)| line.len()).sum()
}

/// How much of the end of `text` is.
fn end(text: &str) -> usize {
    let lines = text.split_inclusive('\n').rev().enumerate();
    let whole: usize = lines
        .take_while(|(number, line)| *number == 0 && line.trim().is_empty() || is_base64(line))
        .map(|(_, line)| line.len())
        .sum();
    let before = text.get(..text.len() - whole).unwrap_or_default();
    let run = before.bytes().rev().take_while(|byte| is_digit(*byte)).count();
    if run >= RUN { whole + run } else { whole }
}

/// A line of base64, perhaps behind what a logger writes before each line.
fn is_base64(line: &str) -> bool {
    let mut words = line.split_whitespace().rev();
    let Some(last) = words.next() else { return false };
    last.bytes().all(is_digit) && (last.len() >= RUN || words.next().is_none())
}

/// A header of an encrypted key (RFC 1421), or the empty line behind it.
fn is_header(line: &str) -> bool {
    line.trim().is_empty() || line.contains("Proc-Type: ") || line.contains("DEK-Info: ")
}

/// A digit of base64, or of the line ends between them as JSON writes them.
fn is_digit(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'\\')
}

/// `place` without the line ends around it, plain or escaped.
fn trimmed(text: &str, place: Range<usize>) -> Range<usize> {
    let inside = text.get(place.clone()).unwrap_or_default();
    let (mut front, mut kept) = (0, inside);
    loop {
        let before = kept.len();
        for line_end in ["\\n", "\\r", "\n", "\r", " ", "\t"] {
            kept = kept.strip_suffix(line_end).unwrap_or(kept);
            if let Some(rest) = kept.strip_prefix(line_end) {
                (front, kept) = (front + line_end.len(), rest);
            }
        }
        if kept.len() == before {
            return place.start + front..place.start + front + kept.len();
        }
    }
}
