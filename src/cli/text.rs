//! Text for a terminal.

use crate::time::Timestamp;

/// `text` on one line and without power over the terminal: control characters are written as
/// `^[` or `\u{9b}`, and what turns the direction of writing as `\u{202e}`. Tabs stay.
pub(super) fn harmless(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => shown.push(c),
            '\0'..='\x1f' => {
                shown.push('^');
                shown.push(char::from(b'@' + c as u8));
            }
            '\x7f' => shown.push_str("^?"),
            '\u{80}'..='\u{9f}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}' => shown.extend(c.escape_unicode()),
            c => shown.push(c),
        }
    }
    shown
}

/// `text` for one cell of a table: harmless, and without a tab, which is as wide as it likes.
pub(super) fn cell(text: &str) -> String {
    harmless(text).replace('\t', "^I")
}

/// `11-21 03:42`, in UTC.
pub(super) fn time_in_short(time: Timestamp) -> String {
    let whole = self::time(time);
    whole.get(5..16).unwrap_or(&whole).to_owned()
}

/// `2026-11-21 03:42:17 UTC`.
pub(super) fn time(time: Timestamp) -> String {
    let seconds = humantime::format_rfc3339_seconds(time.to_system_time()).to_string();
    seconds.replace('T', " ").replace('Z', " UTC")
}

/// A size in the unit that leaves one to four digits before the point: `812 B`, `3.8 GiB`.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut size = bytes as f64 / 1024.0;
    let mut units = UNITS.iter();
    let mut unit = units.next();
    while size >= 1024.0
        && let Some(next) = units.next()
    {
        size /= 1024.0;
        unit = Some(next);
    }
    format!("{size:.1} {}", unit.unwrap_or(&""))
}

/// `text` in lines of at most `width` characters, the first of which stands behind `indent` others;
/// the rest are indented as far. A word that is longer than a line stays whole.
pub(super) fn wrap(text: &str, indent: usize, width: usize) -> String {
    let mut wrapped = String::with_capacity(text.len());
    let mut column = indent;
    for word in text.split(' ') {
        let length = word.chars().count();
        if column > indent && column + 1 + length > width {
            wrapped.push('\n');
            wrapped.extend(std::iter::repeat_n(' ', indent));
            column = indent;
        } else if column > indent {
            wrapped.push(' ');
            column += 1;
        }
        wrapped.push_str(word);
        column += length;
    }
    wrapped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_line_has_no_power_over_the_terminal() {
        for (text, shown) in [
            ("plain é☃\ttext", "plain é☃\ttext"),
            ("\x1b[2J\x1b]0;title\x07", "^[[2J^[]0;title^G"),
            ("a\r\nb\0\x7f", "a^M^Jb^@^?"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("user\u{202e}txt.exe", "user\\u{202e}txt.exe"),
        ] {
            assert_eq!(harmless(text), shown);
        }
    }

    #[test]
    fn sizes_and_times_are_short() {
        for (bytes, shown) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (4_080_218_931, "3.8 GiB"),
            (u64::MAX, "16777216.0 TiB"),
        ] {
            assert_eq!(size(bytes), shown);
        }
        let instant = Timestamp::from_micros(1_795_232_537_123_456);
        assert_eq!(time(instant), "2026-11-21 03:42:17 UTC");
    }
    #[test]
    fn long_text_goes_on_below() {
        let words = "word ".repeat(30);
        let wrapped = wrap(words.trim_end(), 16, 100);
        let lines: Vec<_> = wrapped.lines().collect();
        assert_eq!(lines.len(), 2);
        assert!(lines[1].starts_with(&" ".repeat(16)) && 16 + lines[0].len() <= 100);
        assert_eq!(wrapped.split_whitespace().count(), 30);
        let long = "x".repeat(200);
        assert_eq!(wrap(&long, 16, 100), long);
    }
}
