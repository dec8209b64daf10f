//! Markdown as chats show it: what is escaped so that text stays text, and calls nobody.

use super::mrkdwn::without_fence;
use super::outline::{Markup, PLAIN};
use super::text::{cut, width};

/// Stands unseen behind a character that would begin a mention, a link or an entity: some chats
/// translate these before they look at the Markdown, so a backslash does not help.
const BREAK: char = '\u{200b}';

/// Markdown, counted in characters.
pub(super) const MARKDOWN: Markup = Markup {
    text: |text, most| escaped_within(text, most, width),
    literal: code,
    link: |name, url| format!("[{name}]({url})"),
    measure: width,
    heading: ["\n**", "**", "\n"],
    log: ["```\n", "\n```\n"],
    code: ["`", "`"],
    ..PLAIN
};

/// `text`, one line, with nothing in it that is shown otherwise than it is written; ends in `…`
/// before its cost would be above `most`, never inside what stands for one character.
pub(super) fn escaped_within(text: &str, most: usize, cost: impl Fn(&str) -> usize) -> String {
    cut(text, most, write, cost)
}

/// The same, whole.
#[cfg(test)]
fn escaped(text: &str) -> String {
    escaped_within(text, usize::MAX, str::len)
}

fn write(c: char, written: &mut String) {
    match c {
        '@' | '<' | '&' => written.extend([c, BREAK]),
        '\\' | '`' | '*' | '_' | '~' | '|' | '[' | ']' => written.extend(['\\', c]),
        '#' | '>' | '-' | '+' if written.is_empty() => written.extend(['\\', c]),
        c => written.push(c),
    }
}

/// `line` as it can stand in a fence: it does not end it, and is no mention by Slack's rules, which
/// are followed there too.
fn code(line: &str) -> String {
    without_fence(line).replace("<!", "<\u{200b}!").replace("<@", "<\u{200b}@")
}

/// `text` without the Markdown of our own and without what is in fences: what is left is others'.
#[cfg(test)]
pub(super) fn of_others(text: &str) -> String {
    let outside: String = text.split("```").step_by(2).collect();
    let outside = ["Kernel", "Log", "Unusual", "Changed", "Why", "Links", "Jobs"]
        .iter()
        .fold(outside, |text, heading| text.replace(&format!("**{heading}**"), ""));
    let outside = without_links(outside);
    let (before, rest) = outside.split_once("`upstart-crash ").unwrap_or((&outside, ""));
    format!("{before}{}", rest.split_once('`').unwrap_or_default().1)
}

/// `text` with the names of its links in their place.
#[cfg(test)]
fn without_links(text: String) -> String {
    let Some((before, rest)) = text.split_once("](https://wiki.example.com/") else { return text };
    let (before, name) = before.rsplit_once("• [").unwrap();
    let (_, after) = rest.split_once(')').unwrap();
    without_links(format!("{before}{name}{after}"))
}

/// Whether `text` is shown as it is written, but for breaks and backslashes.
#[cfg(test)]
pub(super) fn is_escaped(text: &str) -> bool {
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let plain = match c {
            '\\' => chars.next().is_some_and(|c| c.is_ascii_punctuation()),
            '@' | '<' | '&' => chars.peek() == Some(&BREAK),
            c => !"`*_~|[]".contains(c),
        };
        if !plain {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_stays_text() {
        for (text, shown) in [
            ("web-1: my_job 12:34", "web-1: my\\_job 12:34"),
            ("@everyone <!channel>", "@\u{200b}everyone <\u{200b}!channel>"),
            ("[x](http://evil/)", "\\[x\\](http://evil/)"),
            ("a &lt; b", "a &\u{200b}lt; b"),
            ("# no heading", "\\# no heading"),
            ("- no list", "\\- no list"),
            ("**\\*", "\\*\\*\\\\\\*"),
        ] {
            assert_eq!(escaped(text), shown);
        }
    }

    #[test]
    fn nothing_in_a_fence_ends_it_or_calls_anybody() {
        let lines = ["``` x", "``", "`", "<!channel> <@U1> a < b"].map(code);
        let text = format!("```\n{}\n```", lines.join("\n"));
        assert_eq!(text.matches("```").count(), 2, "{text}");
        assert!(!text.contains("<!") && !text.contains("<@") && text.contains("a < b"), "{text}");
    }

    proptest! {
        #[test]
        fn nothing_is_marked_up(text in "[-a@<>&\\\\`*_~|#+\\[\\]🚀]{0,40}", most in 3_usize..60) {
            let shown = escaped_within(&text, most, str::len);
            prop_assert!(is_escaped(&shown), "{}", shown);
            prop_assert!(shown.len() <= most, "{}", shown);
            prop_assert!(!shown.starts_with(['#', '>', '-', '+']));
        }

        #[test]
        fn what_is_escaped_reads_as_it_was_written(text in "\\PC{0,40}") {
            let mut read = String::new();
            let shown = escaped(&text).replace("@\u{200b}", "@");
            let shown = shown.replace("<\u{200b}", "<").replace("&\u{200b}", "&");
            let mut chars = shown.chars();
            while let Some(c) = chars.next() {
                read.push(if c == '\\' { chars.next().unwrap() } else { c });
            }
            prop_assert_eq!(read, text.replace("@\u{200b}", "@").replace("<\u{200b}", "<").replace("&\u{200b}", "&"));
        }
    }
}
