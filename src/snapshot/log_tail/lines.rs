//! Bytes that anybody may have written, as lines that a report can hold.

use super::Bounds;

/// The longest line that is shown whole, in bytes.
const LINE: usize = 2048;

/// Of a longer one this much is shown, in bytes: of its beginning, and of its end.
const PART: usize = LINE / 2;

/// The last lines of `bytes`, the oldest first, and whether anything of them is left out.
///
/// `is_cut` says that the first line may have begun before `bytes` do.
pub(super) fn last(bytes: &[u8], is_cut: bool, bounds: Bounds) -> (Vec<String>, bool) {
    let (mut lines, mut is_less) = (Vec::new(), is_cut);
    let mut room = bounds.bytes;
    let mut rest = (!bytes.is_empty()).then(|| bytes.strip_suffix(b"\n").unwrap_or(bytes));
    while let Some(body) = rest {
        let line = match body.iter().rposition(|byte| *byte == b'\n') {
            Some(end) => {
                rest = body.get(..end);
                body.get(end + 1..).unwrap_or_default()
            }
            None => {
                rest = None;
                body
            }
        };
        let shown = Shown::of(line, is_cut && rest.is_none());
        let Some(left) = room.checked_sub(shown.text.len()).filter(|_| lines.len() < bounds.lines)
        else {
            is_less = true;
            break;
        };
        room = left;
        is_less |= shown.is_cut;
        lines.push(shown.text);
    }
    lines.reverse();
    (lines, is_less)
}

/// A line as it is shown.
struct Shown {
    text: String,
    is_cut: bool,
}

impl Shown {
    /// `line` without its end, of which a terminal makes `\r\n`; what is too long of it, or has
    /// `lost_its_beginning`, with a mark that says how many bytes are missing there.
    fn of(line: &[u8], lost_its_beginning: bool) -> Self {
        let end = line.iter().rposition(|byte| *byte != b'\r').map_or(0, |last| last + 1);
        let line = line.get(..end).unwrap_or_default();
        if !lost_its_beginning && line.len() <= LINE {
            return Self { text: text(line), is_cut: false };
        }
        // Where a log was emptied under a writer that goes on at its old place, zeros stand there.
        let head = match lost_its_beginning || line.starts_with(b"\0") {
            true => &[],
            false => beginning(line, PART),
        };
        let room = if lost_its_beginning { LINE } else { PART };
        let tail = ending(line.get(head.len()..).unwrap_or_default(), room);
        let mark = match (line.len() - head.len() - tail.len(), lost_its_beginning) {
            (0, _) => "[...]".to_owned(),
            (count, true) => format!("[... more than {count} bytes ...]"),
            (count, false) => format!("[... {count} bytes ...]"),
        };
        Self { text: text(head) + &mark + &text(tail), is_cut: true }
    }
}

/// At most `most` bytes from the beginning of `line`, without a torn character.
fn beginning(line: &[u8], most: usize) -> &[u8] {
    let begin = line.get(..most).unwrap_or(line);
    let whole = match std::str::from_utf8(begin) {
        // Only what is torn at the very end has no length.
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        _ => begin.len(),
    };
    begin.get(..whole).unwrap_or_default()
}

/// At most `most` bytes from the end of `line`, without a torn character or zeros in front.
fn ending(line: &[u8], most: usize) -> &[u8] {
    let end = line.get(line.len().saturating_sub(most)..).unwrap_or_default();
    let is_continued = |byte: &u8| byte & 0b1100_0000 == 0b1000_0000;
    let torn = end.iter().take(3).take_while(|byte| is_continued(byte)).count();
    let whole = end.get(torn..).unwrap_or_default();
    let zeros = whole.iter().take_while(|byte| **byte == 0).count();
    whole.get(zeros..).unwrap_or_default()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests;
