//! The types of settings in words.

/// A type as the code writes it, without `Option` and `Spanned`, and what a person writes.
const TYPES: &[(&str, &str)] = &[
    ("String", "text"),
    ("Vec<String>", "list of texts"),
    ("BTreeMap<String,String>", "table of texts"),
    ("BTreeMap<LabelName,String>", "table of texts"),
    ("BTreeMap<String,Secret>", "table of texts"),
    ("Secret", "secret"),
    ("bool", "`true` or `false`"),
    ("u8", "number"),
    ("u64", "number"),
    ("usize", "number"),
    ("i64", "number"),
    ("NonZeroUsize", "number, 1 or more"),
    ("PathBuf", "path"),
    ("Textfile", "path"),
    ("Vec<LogSource>", "list of paths"),
    ("Period", "length of time"),
    ("Vec<Period>", "list of lengths of time"),
    ("Settle", "length of time"),
    ("Duration", "length of time"),
    ("Size", "size"),
    ("KeepFree", "share or size"),
    ("ProxyChoice", "`\"env\"`, `\"none\"` or URL"),
    ("JobGlobs", "list of globs"),
    ("Vec<ToldVerdict>", "list of verdicts"),
    ("Loudness", "severity"),
    ("BTreeMap<VerdictKind,Severity>", "severity, or table of verdicts"),
    ("BTreeMap<Severity,Severity>", "table of severities"),
    ("BTreeMap<Severity,String>", "table of severities"),
    ("Vec<Command>", "tables"),
    ("Vec<Day>", "list of days"),
    ("Moment", "time of day, or date"),
    ("Zone", "`\"local\"` or `\"utc\"`"),
    ("Chat", "number, or text"),
    ("Starttls", "`\"required\"` or `\"none\"`"),
    ("Scheme", "`\"standard-webhooks\"` or `\"github\"`"),
    ("Format", "`\"notice\"` or `\"cloudevents\"`"),
];

/// What a person writes for a setting of the type `code`; `None` for a type that is not known here.
pub(super) fn in_words(code: &str) -> Option<&'static str> {
    TYPES.iter().find(|(known, _)| *known == code).map(|(_, words)| *words)
}
