//! Lines that real kernels and inits wrote, and what is to be understood of them.

/// The pairs of a corpus: a line, and, on the next one behind `-> `, what it means. Empty lines and
/// those that begin with `#` are for people.
pub(super) fn corpus(text: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let mut lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut count = 0;
    std::iter::from_fn(move || {
        let Some(line) = lines.next() else {
            assert!(count > 10, "a corpus has lines");
            return None;
        };
        count += 1;
        let meaning = lines.next().and_then(|line| line.trim_start().strip_prefix("-> "));
        Some((line, meaning.unwrap_or_else(|| panic!("without a meaning: {line}"))))
    })
}
