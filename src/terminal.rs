//! Terminal sequences (ECMA-48): colours, titles, and what else a terminal obeys and does not show.

use std::borrow::Cow;
use std::str::Chars;

/// What a sequence begins with.
pub const ESCAPE: char = '\u{1b}';

/// `text` as a terminal shows it, its sequences left out.
pub fn without_sequences(text: &str) -> Cow<'_, str> {
    if !text.contains(ESCAPE) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c == ESCAPE {
            skip_sequence(&mut chars);
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

/// Passes over what follows an escape character (ECMA-48): `[…letter`, `]…` up to its end, or one
/// character. What breaks off in the middle is passed over up to where it breaks off.
pub fn skip_sequence(chars: &mut Chars<'_>) {
    let rest = chars.clone();
    match chars.next() {
        Some('[') => {
            let mut parameters = chars.clone();
            while let Some(c) = parameters.next() {
                match c {
                    '\u{20}'..='\u{3f}' => {}
                    '\u{40}'..='\u{7e}' => return *chars = parameters,
                    _ => return,
                }
            }
        }
        Some(']') => {
            let mut title = chars.clone();
            while let Some(c) = title.next() {
                if c == '\u{7}' || c == '\u{9c}' {
                    return *chars = title;
                }
                if c == '\u{1b}' {
                    title.next();
                    return *chars = title;
                }
            }
        }
        Some('\u{20}'..='\u{7e}') => {}
        _ => *chars = rest,
    }
}
