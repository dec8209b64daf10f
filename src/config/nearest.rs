//! What somebody may have meant who wrote a word that the config does not know. Pure.

use strsim::osa_distance;

/// The longest unknown word that is shown, in characters: no key is longer, most secrets are.
const SHOWN_LEN: usize = 20;

/// The one of `known` that `word` was meant to be; `None` where none is near enough. Letters that
/// are swapped, missing, superfluous or wrong count one each, and one in three may be.
pub(crate) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let word = word.to_ascii_lowercase().replace('-', "_");
    let distance = |other: &str| osa_distance(&word, &other.to_ascii_lowercase());
    let near = known.iter().map(|other| (distance(other), *other));
    let longest = |other: &str| word.chars().count().max(other.chars().count());
    let near = near.filter(|(distance, other)| distance * 3 <= longest(other));
    near.min_by_key(|(distance, _)| *distance).map(|(_, other)| other)
}

/// `` unknown key `webhok_url`, did you mean `webhook_url`? Expected one of `webhook_url`, ... ``,
/// where `is_unknown` makes the first part of the word in its quotes. It may also be one of `common`,
/// the keys that every sink may have.
///
/// A word that is like nothing known may be a secret that was put in the wrong place, and is shown
/// only where it can be none.
pub(super) fn unknown(
    word: &str,
    known: &[&str],
    common: &[&str],
    is_unknown: impl Fn(&str) -> String,
) -> String {
    let near = nearest(word, &[known, common].concat());
    let shown = if near.is_some() || is_harmless(word) {
        is_unknown(&format!("`{word}`"))
    } else {
        is_unknown("(not shown)")
    };
    let mut expected = expected(known);
    if !common.is_empty() {
        expected = format!("{expected}; or, as for every sink, one of {}", quoted(common));
    }
    match near {
        Some(near) => format!("{shown}, did you mean `{near}`? {}", capitalised(&expected)),
        None => format!("{shown}, {expected}"),
    }
}

/// Whether `word` is like the words of the config: short, of small letters and `_`.
fn is_harmless(word: &str) -> bool {
    word.len() <= SHOWN_LEN && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

/// `` expected one of `a`, `b` ``.
fn expected(known: &[&str]) -> String {
    match known {
        [] => "there are none".to_owned(),
        [one] => format!("expected `{one}`"),
        more => format!("expected one of {}", quoted(more)),
    }
}

/// `` `a`, `b` ``.
fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

fn capitalised(text: &str) -> String {
    let mut rest = text.chars();
    let first = rest.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: [&str; 8] =
        ["webhook_url", "webhook_url_file", "timeout", "proxy", "ca_file", "jobs", "fold", "to"];

    #[test]
    fn a_slip_of_the_finger_is_near_and_nonsense_is_not() {
        for (word, near) in [
            ("webhok_url", Some("webhook_url")),
            ("webhook-url", Some("webhook_url")),
            ("WEBHOOK_URL", Some("webhook_url")),
            ("webhook_ulr", Some("webhook_url")),
            ("webhook_url_fiel", Some("webhook_url_file")),
            ("timeuot", Some("timeout")),
            ("tiemout", Some("timeout")),
            ("time_out", Some("timeout")),
            ("job", Some("jobs")),
            ("jbos", Some("jobs")),
            ("flod", Some("fold")),
            ("too", Some("to")),
            ("cafile", Some("ca_file")),
            ("channel", None),
            ("x", None),
            ("", None),
            ("shell", None),
            ("xoxb-123456789012-abcdefghijkl", None),
        ] {
            assert_eq!(nearest(word, &KEYS), near, "{word}");
        }
    }

    #[test]
    fn a_word_that_may_be_a_secret_is_not_shown() {
        let key = |word: &str| {
            unknown(word, &["path", "jobs"], &[], |word| format!("unknown key {word}"))
        };
        for (word, told) in [
            ("paht", "unknown key `paht`, did you mean `path`? Expected one of `path`, `jobs`"),
            ("channel", "unknown key `channel`, expected one of `path`, `jobs`"),
            ("hunter22", "unknown key (not shown), expected one of `path`, `jobs`"),
            ("Channel", "unknown key (not shown), expected one of `path`, `jobs`"),
            (
                "correcthorsebatterystaple",
                "unknown key (not shown), expected one of `path`, `jobs`",
            ),
        ] {
            assert_eq!(key(word), told);
        }
        let one = unknown("a", &["path"], &[], |word| format!("unknown key {word}"));
        assert_eq!(one, "unknown key `a`, expected `path`");
        assert!(unknown("a", &[], &[], str::to_owned).ends_with("there are none"));
    }
}
