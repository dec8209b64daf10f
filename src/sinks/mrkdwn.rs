//! Slack's way of writing text, which other chats took over: what to escape, and how to cut.

pub(super) use super::text::width;

use super::text::cut;

/// `&`, `<` and `>` escaped, and nothing else: as Slack asks.
pub(super) fn escaped(text: &str) -> String {
    escaped_within(text, usize::MAX)
}

/// `text` escaped; ends in `…` before it would be longer than `most`, never inside an entity.
pub(super) fn escaped_within(text: &str, most: usize) -> String {
    within(text, most, |c, escaped| match c {
        '&' => escaped.push_str("&amp;"),
        '<' => escaped.push_str("&lt;"),
        '>' => escaped.push_str("&gt;"),
        c => escaped.push(c),
    })
}

/// `text` with each character written by `write`; ends in `…` before it would be longer than
/// `most`, never inside what stands for one character.
pub(super) fn within(text: &str, most: usize, write: impl Fn(char, &mut String)) -> String {
    cut(text, most, write, width)
}

/// `line` with U+200B between backticks, three of which would end a fence. In two passes: the
/// first one leaves pairs where it passed over an odd one.
pub(super) fn without_fence(line: &str) -> String {
    line.replace("``", "`\u{200b}`").replace("``", "`\u{200b}`")
}

/// Whether every `&` begins an entity and no `<` or `>` is left.
#[cfg(test)]
pub(super) fn is_escaped(text: &str) -> bool {
    let whole = text.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "");
    !whole.contains(['&', '<', '>'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_three_backticks_are_left() {
        for (line, shown) in [
            ("`", "`"),
            ("``", "`\u{200b}`"),
            ("```", "`\u{200b}`\u{200b}`"),
            ("a ````` b", "a `\u{200b}`\u{200b}`\u{200b}`\u{200b}` b"),
        ] {
            assert_eq!(without_fence(line), shown);
        }
    }

    proptest! {
        #[test]
        fn escaping_is_undone_by_unescaping(text in ".*") {
            let plain = escaped(&text).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
            prop_assert_eq!(plain, text);
        }

        #[test]
        fn a_cut_keeps_the_limit_and_every_entity(text in "[&<>a🚀]{0,40}", most in 1_usize..60) {
            let cut = escaped_within(&text, most);
            prop_assert!(width(&cut) <= most);
            prop_assert!(is_escaped(&cut), "{}", cut);
            prop_assert!(cut == escaped(&text) || cut.ends_with('…'));
        }
    }
}
