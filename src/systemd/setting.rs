//! A setting in the files of a unit (systemd.syntax(7)).

/// What `setting` of the section `[Service]` is at last in `texts`, the files of a unit in systemd's
/// order. An empty one takes back what was said before.
pub fn last_setting<'t>(texts: impl Iterator<Item = &'t str>, setting: &str) -> Option<String> {
    let mut found = None;
    for text in texts {
        let mut in_service = false;
        for line in whole_lines(text) {
            if line.starts_with('[') {
                in_service = line == "[Service]";
            } else if let Some((name, value)) = line.split_once('=').filter(|_| in_service)
                && name.trim() == setting
            {
                found = Some(value.trim().to_owned()).filter(|value| !value.is_empty());
            }
        }
    }
    found
}

/// The lines of `text` without comments; one that ends in a backslash goes on in the next.
fn whole_lines(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut begun = String::new();
    for line in text.lines().map(str::trim) {
        if line.starts_with(['#', ';']) {
            continue;
        }
        match line.strip_suffix('\\') {
            Some(part) => begun = begun + part + " ",
            None => lines.push(std::mem::take(&mut begun) + line),
        }
    }
    lines.push(begun);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_on_a_setting_counts() {
        for (texts, expected) in [
            (&["[Service]\nStandardOutput=file:/a\n"][..], Some("file:/a")),
            (
                &["[Service]\nStandardOutput=file:/a\nStandardOutput = append:/b \n"],
                Some("append:/b"),
            ),
            (
                &["[Service]\nStandardOutput=file:/a", "[Service]\nStandardOutput=append:/c"],
                Some("append:/c"),
            ),
            (&["[Service]\nStandardOutput=file:/a", "[Service]\nStandardOutput="], None),
            (&["[Unit]\nStandardOutput=file:/a\n"], None),
            (&["[Service]\n#StandardOutput=file:/a\n; StandardOutput=file:/b\n"], None),
            (&["[Service]\nStandardOutput=\\\n# no\n  file:/a\n"], Some("file:/a")),
            (&["[Service]\nExecStart=a \\\nStandardOutput=file:/a\n"], None),
            (&["", "no section\nStandardOutput=file:/a"], None),
        ] {
            let found = last_setting(texts.iter().copied(), "StandardOutput");
            assert_eq!(found.as_deref(), expected, "{texts:?}");
        }
    }
}
