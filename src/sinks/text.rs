//! Texts cut to what a service takes, by its own way of counting.

/// `text` with each character written by `write`; ends in `…` before its cost would be above `most`,
/// never inside what stands for one character.
pub(super) fn cut(
    text: &str,
    most: usize,
    write: impl Fn(char, &mut String),
    cost: impl Fn(&str) -> usize,
) -> String {
    let mut written = String::with_capacity(text.len());
    let (mut used, mut end) = (0, 0);
    let with_end = most.saturating_sub(cost("…"));
    for c in text.chars() {
        let before = written.len();
        if used <= with_end {
            end = before;
        }
        write(c, &mut written);
        used += written.get(before..).map_or(0, &cost);
        if used > most {
            written.truncate(end);
            written.push('…');
            break;
        }
    }
    written
}

/// The first of `lines` as `write` writes each within the room that is left of `most`, where each
/// takes `frame` besides; the last one may be cut.
pub(super) fn lines_within(
    lines: &[String],
    most: usize,
    frame: usize,
    write: impl Fn(&str, usize) -> String,
    cost: impl Fn(&str) -> usize,
) -> Vec<String> {
    let mut left = most;
    let mut shown = Vec::new();
    for line in lines {
        let Some(room) = left.checked_sub(frame) else { break };
        let written = write(line, room);
        if cost(&written) > room || (written == "…" && line != "…") {
            break;
        }
        let is_cut = written.ends_with('…') && !line.ends_with('…');
        left = room - cost(&written);
        shown.push(written);
        if is_cut {
            break;
        }
    }
    shown
}

/// The characters of `text` as JavaScript counts them: no service counts more.
pub(super) fn width(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// The bytes of `text` in JSON, written as carefully as any service does when it counts: all but
/// plain ASCII as `\u1234`, and so what HTML knows.
pub(super) fn in_careful_json(text: &str) -> usize {
    let cost = |c: char| match c {
        '"' | '\\' | '<' | '>' | '&' | '\'' | '+' | '`' => 6,
        ' '..='~' => 1,
        c => 6 * c.len_utf16(),
    };
    text.chars().map(cost).sum()
}

/// The characters of `text` in JSON as Go writes it: what HTML knows as `\u003c`.
pub(super) fn in_go_json(text: &str) -> usize {
    let cost = |c: char| match c {
        '"' | '\\' | '\n' => 2,
        '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => 6,
        _ => 1,
    };
    text.chars().map(cost).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_count_is_that_of_its_service() {
        for (text, careful, go) in [
            ("plain", 5, 5),
            ("a<b>&c", 3 + 18, 3 + 18),
            ("\"\\\n", 18, 6),
            ("ж☃", 12, 2),
            ("🚀", 12, 1),
            ("\u{1b}", 6, 6),
        ] {
            assert_eq!((in_careful_json(text), in_go_json(text)), (careful, go), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_cut_keeps_the_limit_and_the_beginning(text in "[a<🚀\"\n]{0,40}", most in 6_usize..90) {
            for cost in [in_careful_json, in_go_json] {
                let shown = cut(&text, most, |c, text| text.push(c), cost);
                prop_assert!(cost(&shown) <= most, "{}", shown);
                let kept = shown.strip_suffix('…').unwrap_or(&shown);
                prop_assert!(text.starts_with(kept) && (shown == text || shown.ends_with('…')));
                prop_assert!(shown == text || cost(&text) > most);
            }
        }

        #[test]
        fn lines_keep_the_limit_together(lines in prop::collection::vec("[a<🚀]{0,9}", 0..9), most in 0_usize..200) {
            let write = |line: &str, most| cut(line, most, |c, text| text.push(c), in_careful_json);
            let shown = lines_within(&lines, most, 3, write, in_careful_json);
            prop_assert!(shown.iter().map(|line| in_careful_json(line) + 3).sum::<usize>() <= most);
            let whole = lines.iter().zip(&shown).filter(|(line, shown)| line == shown).count();
            prop_assert!(whole + 1 >= shown.len(), "{:?}", shown);
        }

        #[test]
        fn no_json_is_longer_than_the_careful_one(text in ".*") {
            let json = serde_json::to_string(&text).unwrap();
            prop_assert!(json.len() <= in_careful_json(&text) + 2);
        }
    }
}
