//! The names of labels.

use std::collections::BTreeMap;

/// The labels that alerts have of ours.
pub(super) const OURS: [&str; 6] =
    ["alertname", "instance", "upstart_job", "upstart_instance", "severity", "sink"];

/// `labels`, if alerts can have them.
///
/// # Errors
/// Which one they cannot have, and why.
pub(super) fn checked(
    labels: BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, String> {
    for name in labels.keys() {
        if OURS.contains(&name.as_str()) {
            return Err(format!("`labels`: `{name}` says which alert it is, and is set for you"));
        }
        if !is_name(name) {
            return Err(format!(
                "`labels`: {name:?} is no name: letters, digits and `_`, no digit first"
            ));
        }
    }
    Ok(labels)
}

/// Whether Alertmanager takes `text` for the name of a label or an annotation.
pub(super) fn is_name(text: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !text.is_empty() && !text.starts_with(|c: char| c.is_ascii_digit()) && text.chars().all(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_labels_that_alerts_can_have_are_taken() {
        for (name, why) in [
            ("env", None),
            ("_Team_2", None),
            ("", Some("is no name")),
            ("2nd", Some("is no name")),
            ("a-b", Some("is no name")),
            ("severity", Some("set for you")),
            ("upstart_job", Some("set for you")),
        ] {
            let checked = checked(BTreeMap::from([(name.to_owned(), "x".to_owned())]));
            let says = |why| checked.clone().unwrap_err().contains(why);
            assert!(why.map_or(checked.is_ok(), says), "{name}: {checked:?}");
        }
    }
}
