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
                (false, false) => {
                    let Range { start, end } = end(inside);
                    places.push(last.0 + start..last.0 + end);
                }
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

/// How much of the beginning of `text` is the inside of a block: base64, and the headers of an
/// encrypted key (RFC 1421) before it.
fn beginning(text: &str) -> usize {
    let mut lines = text.split_inclusive('\n');
    let rest = lines.next().unwrap_or_default();
    if !rest.trim().is_empty() && !is_base64(rest) {
        // All in one line, as in JSON, or no block.
        let run = rest.bytes().take_while(|byte| is_digit(*byte)).count();
        return if run >= RUN { run } else { 0 };
    }
    // An empty line follows a header, perhaps behind what a logger writes.
    let mut follows_header = false;
    let inside = lines.take_while(|line| {
        let is_header = line.contains("Proc-Type: ") || line.contains("DEK-Info: ");
        std::mem::replace(&mut follows_header, is_header) || is_header || is_base64(line)
    });
    rest.len() + inside.map(str::len).sum::<usize>()
}

/// Which part of `text` is the inside of the block that ends behind it.
fn end(text: &str) -> Range<usize> {
    let run = text.bytes().rev().take_while(|byte| is_digit(*byte)).count();
    if run >= RUN {
        return text.len() - run..text.len(); // All in one line, as in JSON.
    }
    // What stands before the END in its line is a logger's.
    let end = text.rfind('\n').map_or(0, |place| place + 1);
    let mut lines = text.get(..end).unwrap_or_default().split_inclusive('\n').rev().peekable();
    let mut start = end;
    let mut is_last = true;
    while let Some(line) = lines.next() {
        let is_short_last = is_last && last_word(line).bytes().all(is_digit);
        let mut follows_base64 = || lines.peek().is_some_and(|before| is_base64(before));
        if !(is_base64(line) || is_short_last && follows_base64()) {
            break;
        }
        start -= line.len();
        is_last = false;
    }
    start..end
}

/// A line of base64, perhaps behind what a logger writes before each line.
fn is_base64(line: &str) -> bool {
    let last = last_word(line);
    let is_alone = last.len() == line.trim().len();
    !last.is_empty() && last.bytes().all(is_digit) && (last.len() >= RUN || is_alone)
}

fn last_word(line: &str) -> &str {
    line.split_whitespace().next_back().unwrap_or_default()
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
