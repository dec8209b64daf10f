//! A setting in the files of a unit (systemd.syntax(7)).

/// The last value of `key` in the section `[Service]` of `files`, which stand in systemd's order.
pub(super) fn last(files: &[String], key: &str) -> Option<String> {
    let mut found = None;
    for file in files {
        let mut section = String::new();
        // A comment in the middle of a line that goes on does not end it; such are not looked for.
        for line in file.replace("\\\n", " ").lines().map(str::trim) {
            if line.starts_with('[') {
                section = line.to_owned();
            } else if section == "[Service]"
                && let Some((name, value)) = line.split_once('=')
                && name.trim_end() == key
            {
                found = Some(value.trim().to_owned());
            }
        }
    }
    found
}

/// Whether systemd takes `value` for true.
pub(super) fn is_yes(value: &str) -> bool {
    ["1", "yes", "y", "true", "t", "on"].iter().any(|word| value.eq_ignore_ascii_case(word))
}
