//! What serde says is wrong with a table, in the words of the config.

use super::nearest::{nearest, unknown};

/// What is wrong.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Said {
    /// In a sentence, which quotes no value.
    pub(super) text: String,
    /// What it is about.
    pub(super) about: About,
}

/// What something that is wrong is about.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum About {
    /// A key that the table does not have, and the one that was meant.
    UnknownKey(Option<String>),
    /// This key, which the table must have.
    MissingKey(String),
    /// A value.
    Value,
}

/// What `message` of serde's says of a table that may have the keys `common`, too.
pub(super) fn said(message: &str, common: &[&str]) -> Said {
    if let Some((key, known)) = unknown_word(message, "unknown field ") {
        let all: Vec<_> = known.iter().chain(common).copied().collect();
        let near = nearest(key, &all).map(str::to_owned);
        let text = unknown(key, &known, common, |key| format!("unknown key {key}"));
        return Said { text, about: About::UnknownKey(near) };
    }
    if let Some((value, known)) = unknown_word(message, "unknown variant ") {
        let text = unknown(value, &known, &[], |value| format!("unknown value {value}"));
        return Said { text, about: About::Value };
    }
    match message.strip_prefix("missing field `").and_then(|rest| rest.split_once('`')) {
        Some((key, _)) => {
            Said { text: format!("missing key `{key}`"), about: About::MissingKey(key.to_owned()) }
        }
        None => Said { text: without_value(message), about: About::Value },
    }
}

/// The word that `message`, which begins with `what`, does not know, and those that it does.
fn unknown_word<'a>(message: &'a str, what: &str) -> Option<(&'a str, Vec<&'a str>)> {
    let rest = message.strip_prefix(what)?.strip_prefix('`')?;
    // What follows is serde's own; in the word anything may stand.
    let (word, known) = rest
        .rsplit_once("`, expected ")
        .or_else(|| rest.rsplit_once("`, there are no ").map(|(word, _)| (word, "")))?;
    Some((word, known.split('`').skip(1).step_by(2).collect()))
}

/// `message` without the value of the wrong type that serde quotes: it may be a secret.
fn without_value(message: &str) -> String {
    let Some(what) = message.strip_prefix("invalid ") else { return message.replace('\n', ", ") };
    let parts = what.split_once(['`', '"']).zip(what.rsplit_once(", expected "));
    let without =
        parts.map(|((kind, _), (_, expected))| format!("{}, expected {expected}", kind.trim_end()));
    // What serde calls so is an array and a table to those who write TOML.
    let without = without.unwrap_or_else(|| what.to_owned()).replace("a sequence", "an array");
    format!("invalid {}", without.replace("sequence", "array").replace("a map", "a table"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_of_the_wrong_type_is_not_quoted() {
        for (message, shown) in [
            (
                r#"invalid type: string "se, expected cret", expected a map"#,
                "invalid type: string, expected a table",
            ),
            (
                "invalid type: integer `7`, expected a string",
                "invalid type: integer, expected a string",
            ),
            ("invalid type: sequence, expected a string", "invalid type: array, expected a string"),
            ("unknown variant `hunter22`, expected `y`", "unknown value (not shown), expected `y`"),
            (
                "unknown variant `errro`, expected `error` or `info`",
                "unknown value `errro`, did you mean `error`? Expected one of `error`, `info`",
            ),
        ] {
            let said = said(message, &[]);
            assert_eq!(said, Said { text: shown.to_owned(), about: About::Value });
        }
    }

    #[test]
    fn keys_are_told_apart_from_values() {
        const KEYS: [&str; 2] = ["jobs", "fold"];
        let near = |key: &str| About::UnknownKey(Some(key.to_owned()));
        for (message, common, text, about) in [
            (
                "missing field `why`",
                &[][..],
                "missing key `why`",
                About::MissingKey("why".to_owned()),
            ),
            (
                "unknown field `x`, there are no fields",
                &[][..],
                "unknown key `x`, there are none",
                About::UnknownKey(None),
            ),
            (
                "unknown field `a`, expected `b`, expected one of `path`, `jobs`",
                &[][..],
                "unknown key (not shown), expected one of `path`, `jobs`",
                About::UnknownKey(None),
            ),
            (
                "unknown field `paht`, expected `path`",
                &KEYS,
                "unknown key `paht`, did you mean `path`? Expected `path`; or, as for every sink, \
                 one of `jobs`, `fold`",
                near("path"),
            ),
            (
                "unknown field `job`, expected `path`",
                &KEYS,
                "unknown key `job`, did you mean `jobs`? Expected `path`; or, as for every sink, \
                 one of `jobs`, `fold`",
                near("jobs"),
            ),
        ] {
            assert_eq!(said(message, common), Said { text: text.to_owned(), about });
        }
    }
}
