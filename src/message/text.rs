//! Texts that others wrote, cut and made harmless to show.

use crate::terminal::{ESCAPE, skip_sequence};

/// The last `count` of `items`.
pub(super) fn last<T>(items: &[T], count: usize) -> &[T] {
    items.get(items.len().saturating_sub(count)..).unwrap_or_default()
}

/// The last of `lines` whose costs together stay within `budget`: a log loses its beginning, in
/// whole lines.
pub fn last_within(lines: &[String], budget: usize, cost: impl Fn(&str) -> usize) -> &[String] {
    let mut left = budget;
    let fitting = lines
        .iter()
        .rev()
        .take_while(|line| left.checked_sub(cost(line)).map(|rest| left = rest).is_some());
    let count = fitting.count();
    last(lines, count)
}

/// `text`, or its beginning and `…` where it has more than `most` characters.
pub fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        text.to_owned()
    } else {
        text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
    }
}

/// `text` without terminal sequences (colours, titles), with U+FFFD in place of what else would
/// act instead of being seen: control characters, line separators, marks that turn the direction.
pub fn harmless(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            ESCAPE => skip_sequence(&mut chars),
            '\t' => shown.push(' '),
            c if acts(c) => shown.push('\u{fffd}'),
            c => shown.push(c),
        }
    }
    shown
}

fn acts(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}'
                | '\u{200e}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}'
        )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_acts_is_made_harmless_and_the_rest_is_left() {
        for (text, shown) in [
            ("plain <b>&amp; ☃ café 🚀", "plain <b>&amp; ☃ café 🚀"),
            ("\u{1b}[1;31mred\u{1b}[0m alert", "red alert"),
            ("\u{1b}]0;title\u{7}after", "after"),
            ("\u{1b}]8;;http://evil/\u{1b}\\link\u{1b}]8;;\u{1b}\\", "link"),
            ("\u{1b}Mup", "up"),
            ("torn \u{1b}[31", "torn 31"),
            ("torn \u{1b}]0;title", "torn 0;title"),
            ("end \u{1b}", "end "),
            ("nul \0 bell \u{7} back \u{8} c1 \u{9b}31m", "nul � bell � back � c1 �31m"),
            ("tab\there", "tab here"),
            ("two\nlines\r", "two�lines�"),
            ("\u{202e}RTL\u{202c} \u{2066}x\u{2069} \u{200f}", "�RTL� �x� �"),
        ] {
            assert_eq!(harmless(text), shown, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_that_acts_comes_through(text in "\\PC*[\u{1b}\u{0}-\u{1f}\u{202a}-\u{202e}\\[\\]]*\\PC*") {
            prop_assert!(!harmless(&text).contains(acts));
        }
    }

    #[test]
    fn a_log_loses_whole_lines_from_its_front() {
        let lines = ["one", "two", "three", "four"].map(str::to_owned);
        for (budget, kept) in
            [(0, 0..0), (3, 0..0), (4, 3..4), (8, 3..4), (9, 2..4), (12, 1..4), (99, 0..4)]
        {
            assert_eq!(last_within(&lines, budget, str::len), &lines[kept], "{budget}");
        }
        assert_eq!(last_within(&[], 9, str::len), [""; 0]);
    }
}
