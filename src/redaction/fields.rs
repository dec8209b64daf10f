//! Secrets that are known by their name: `password=…`, `"api_key": "…"`, `--token …`, `Cookie: …`.

use regex::Regex;

use super::found::Found;
use super::mark::Kind;
use super::value::{self, Value};

/// What stands in a text with such a name in it; letter case is ignored.
pub(super) const HINTS: &[&str] = &[
    "pass",
    "pwd",
    "pw",
    "secret",
    "token",
    "key",
    "credential",
    "auth",
    "sess",
    "cookie",
    "connect.sid",
    "csrf",
    "xsrf",
    "jwt",
    "signature",
    "otp",
];

/// The end of a name, from the word that tells, and what stands between it and its value. Behind
/// the word may stand more (`TOKEN_GITHUB`, `passwordHash`), and a closing quote, plain or escaped
/// or of an URL; then comes a separator, or a space as after `--password`.
const NAME: &str = concat!(
    r"(?i-u:pass(?:word|wd|phrase|code)?|pwd|pw|secret|token|",
    r"(?:api|access|private|signing|encryption|master|account|shared|storage|license|deploy",
    r"|client|app|application|auth|session|ssh|secret|service|hmac|aes)[_.-]?key|",
    r"credentials?|auth(?:orization)?|sess(?:ion)?[_.-]?(?:id|token)|session|",
    r"(?:set-)?cookie|connect\.sid|csrf|xsrf|jwt|signature|otp)",
    r"(?-u:(?:[_.-][A-Za-z0-9]{1,24}|[A-Z][a-z0-9]{1,24}|[0-9]{1,4}){0,4})",
    r#"(?:\\{0,8}["'`]\]?|%2[27])?"#,
    r"(?:[ \t]{0,8}(?:=>|:=|={1,3}|:|%3[ADad])[ \t]{0,8}|,[ \t]{0,8}|[ \t]{1,8})",
);

/// The last words of names whose values tell something about a secret, and not the secret.
const ABOUT: &[&str] = &[
    "age",
    "algorithm",
    "at",
    "attempts",
    "bucket",
    "count",
    "enabled",
    "endpoint",
    "error",
    "expired",
    "expires",
    "expiry",
    "failed",
    "field",
    "file",
    "host",
    "id",
    "index",
    "invalid",
    "len",
    "length",
    "limit",
    "manager",
    "max",
    "method",
    "min",
    "mode",
    "name",
    "path",
    "policy",
    "port",
    "position",
    "provider",
    "required",
    "retries",
    "rotation",
    "scheme",
    "server",
    "service",
    "size",
    "status",
    "store",
    "timeout",
    "ttl",
    "type",
    "uri",
    "url",
    "usage",
    "user",
    "username",
    "valid",
    "version",
];

/// Values that are no secret, whatever they are called.
const NOTHING: &[&str] =
    &["null", "none", "nil", "undefined", "true", "false", "yes", "no", "(null)", "<nil>"];

/// Ready to be looked for.
pub(super) struct Fields(Regex);

impl Fields {
    pub(super) fn new() -> Result<Self, regex::Error> {
        Regex::new(NAME).map(Self)
    }

    /// Adds the values of all names that tell of a secret.
    pub(super) fn find(&self, found: &mut Found<'_>) {
        let text = found.text;
        let mut at = 0;
        while let Some(matched) = self.0.find_at(text, at) {
            at = matched.end();
            let Some(name) = Name::of(text, matched.start(), matched.as_str()) else { continue };
            let Some(value) = name.value(text, at) else { continue };
            if !name.is_harmless(text.get(value.range.clone()).unwrap_or_default(), &value) {
                at = at.max(value.range.end);
                found.add(value.range, name.kind);
            }
        }
    }
}

/// What is known of a value by what stands before it.
struct Name<'t> {
    kind: Kind,
    /// The word that tells and what follows it, in lower case.
    word: String,
    /// `=`, `: `, or spaces alone.
    separator: &'t str,
    /// Whether it is a word of everyday speech too.
    is_everyday: bool,
}

impl<'t> Name<'t> {
    /// The name that ends with `matched`, which begins at `start`; `None` where it is none.
    fn of(text: &str, start: usize, matched: &'t str) -> Option<Self> {
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        let end = matched.find(|c| !is_part(c)).unwrap_or(matched.len());
        let (word, rest) = matched.split_at_checked(end)?;
        let separator = rest.trim_start_matches(['\\', '"', '\'', '`', ']', ',']);
        let separator = separator.strip_prefix("%2").map_or(separator, |rest| {
            rest.get(1..).unwrap_or_default() // The quote's last digit.
        });
        let before = text.get(..start).unwrap_or_default();
        if separator.trim().is_empty() && !is_flag(before) {
            return None;
        }
        let lower = word.to_ascii_lowercase();
        let is_everyday = ["auth", "session", "cookie", "signature", "otp", "jwt", "pw", "pass"]
            .iter()
            .any(|everyday| first_word(word).eq_ignore_ascii_case(everyday));
        if is_everyday && goes_on(before, word) {
            return None;
        }
        let of_session = lower.starts_with("sess") || lower == "connect.sid";
        if !of_session && ABOUT.contains(&last_word(word).to_ascii_lowercase().as_str()) {
            return None;
        }
        Some(Self { kind: kind_of(&lower), word: lower, separator, is_everyday })
    }

    /// The value that begins at `at`.
    fn value(&self, text: &str, at: usize) -> Option<Value> {
        let encoded = self.separator.starts_with('%');
        if self.separator.trim() == ":" && text.get(at..)?.starts_with(':') {
            return None; // A path: `token::Kind`.
        }
        if self.separator.trim().is_empty() && text.get(at..)?.starts_with('-') {
            return None; // The next option.
        }
        match self.kind {
            Kind::Cookie => value::rest_of_line(text, at),
            Kind::Authorization | Kind::Token => value::after_scheme(text, at, encoded),
            _ => value::word(text, at, encoded),
        }
    }

    /// Whether `content` is no secret, as far as can be told.
    fn is_harmless(&self, content: &str, value: &Value) -> bool {
        if NOTHING.contains(&content.to_ascii_lowercase().as_str()) {
            return true;
        }
        // The working directory, and what shells call it.
        if self.word == "pwd" && content.starts_with('/') && !content.contains('=') {
            return true;
        }
        let is_speech =
            self.is_everyday || self.kind == Kind::Token && self.separator.contains(':');
        let is_prose = content.bytes().all(|byte| byte.is_ascii_lowercase()) && content.len() < 25
            || content.bytes().all(|byte| byte.is_ascii_digit()) && content.len() < 5
            || content.bytes().all(|byte| byte.is_ascii_punctuation());
        is_speech && is_prose && !value.is_quoted
    }
}

/// Whether `before` ends with the dashes and the beginning of an option's name.
fn is_flag(before: &str) -> bool {
    let near = before
        .bytes()
        .rev()
        .take(64)
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    near.last() == Some(b'-')
}

/// Whether `word` is the end of a longer word: `compass`, but not `DbPass` nor `DBPASS`.
fn goes_on(before: &str, word: &str) -> bool {
    let Some(last) = before.bytes().last().filter(u8::is_ascii_alphabetic) else { return false };
    let first_is_upper = word.starts_with(|c: char| c.is_ascii_uppercase());
    if first_is_upper && last.is_ascii_lowercase() {
        return false;
    }
    let shouted = first_word(word).bytes().all(|byte| byte.is_ascii_uppercase());
    let beginning = before.rsplit(|c: char| !c.is_ascii_uppercase()).next().unwrap_or_default();
    !shouted || ["BY", "COM", "OVER", "TRES", "UN", "UNDER"].contains(&beginning)
}

fn first_word(name: &str) -> &str {
    name.split(['_', '.', '-']).next().unwrap_or(name)
}

/// `count` of `token_count` and of `tokenCount`.
fn last_word(name: &str) -> &str {
    let part = name.rsplit(['_', '.', '-']).next().unwrap_or(name);
    let bytes = part.as_bytes();
    let hump = bytes.windows(2).rposition(|pair| {
        matches!(pair, [first, second] if !first.is_ascii_uppercase() && second.is_ascii_uppercase())
    });
    hump.and_then(|place| part.get(place + 1..)).unwrap_or(part)
}

fn kind_of(lower: &str) -> Kind {
    const KINDS: &[(&str, Kind)] = &[
        ("pass", Kind::Password),
        ("pwd", Kind::Password),
        ("pw", Kind::Password),
        ("private", Kind::PrivateKey),
        ("api", Kind::ApiKey),
        ("secret", Kind::Secret),
        ("cookie", Kind::Cookie),
        ("sess", Kind::Session),
        ("connect.sid", Kind::Session),
        ("cred", Kind::Credential),
        ("authorization", Kind::Authorization),
        ("token", Kind::Token),
        ("csrf", Kind::Token),
        ("xsrf", Kind::Token),
        ("jwt", Kind::Token),
        ("signature", Kind::Signature),
        ("key", Kind::Key),
        ("auth", Kind::Authorization),
    ];
    KINDS.iter().find(|(word, _)| lower.contains(word)).map_or(Kind::Secret, |(_, kind)| *kind)
}
