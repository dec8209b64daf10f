//! Secrets that are known by their own shape, wherever they stand.

use std::sync::OnceLock;

use regex::Regex;

use super::found::Found;
use super::mark::Kind;

/// A shape of secrets.
pub(super) struct Shape {
    /// What it is.
    pub(super) kind: Kind,
    /// One of these stands in every secret of this shape or beside it; letter case is ignored.
    pub(super) hints: &'static [&'static str],
    /// The shape. The secret is what the first group finds, or everything where there is no group.
    pattern: &'static str,
    /// What else must be true of the secret.
    check: fn(&str) -> bool,
}

const fn shape(kind: Kind, hints: &'static [&'static str], pattern: &'static str) -> Shape {
    Shape { kind, hints, pattern, check: |_| true }
}

/// All of them, as the services that give them out document them.
pub(super) const SHAPES: &[Shape] = &[
    // Who speaks to whom: headers, URLs, command lines.
    Shape {
        check: is_mixed,
        ..shape(
            Kind::Authorization,
            &["bearer", "basic"],
            r"(?i-u:\b(?:bearer|basic)[ \t]{1,8})([A-Za-z0-9._~+/=-]{16,})",
        )
    },
    shape(Kind::Password, &["://"], r#"://[^\s/?#@:"'<>]*:([^\s/"'<>]+)@"#),
    shape(Kind::Credential, &["://"], r#"://([^\s/?#@:"'<>]{20,})@"#),
    shape(
        Kind::Signature,
        &["x-amz-", "x-goog-", "sig=", "signature=", "key=", "code=", "auth=", "ticket="],
        r#"(?i-u:[?&;](?:x-amz-signature|x-amz-security-token|x-amz-credential|x-goog-signature|x-goog-credential|sig|signature|key|code|auth|ticket)=)([^\s&"'<>#]+)"#,
    ),
    shape(
        Kind::Password,
        &["mysql", "mariadb"],
        r"(?i-u:\b(?:mysql|mariadb)[a-z_-]*\b)[^\n|]*?[ \t]-p([^\s-][^\s]*)",
    ),
    shape(Kind::Password, &["sshpass"], r"(?i-u:\bsshpass\b)[^\n|]*?[ \t]-p[ \t]*([^\s]+)"),
    shape(Kind::Password, &["redis-cli"], r"(?i-u:\bredis-cli\b)[^\n|]*?[ \t]-a[ \t]*([^\s]+)"),
    shape(
        Kind::Password,
        &["curl", "wget"],
        r#"(?i-u:\b(?:curl|wget)\b)[^\n|]*?[ \t](?:-u|--user|--proxy-user)[ \t=]*["']?[^\s:"']*:([^\s"']+)"#,
    ),
    // Clouds.
    shape(Kind::AwsKey, &["AKIA", "ASIA", "ABIA", "ACCA"], r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}"),
    shape(Kind::ApiKey, &["AIza"], r"AIza[0-9A-Za-z_-]{35}"),
    shape(Kind::Token, &["ya29."], r"ya29\.[0-9A-Za-z_-]{20,}"),
    shape(Kind::Secret, &["GOCSPX-"], r"GOCSPX-[0-9A-Za-z_-]{20,}"),
    shape(Kind::Token, &["dop_v1_", "doo_v1_"], r"do[op]_v1_[0-9a-f]{64}"),
    shape(Kind::Token, &["hvs.", "hvb."], r"(?-u:\b)hv[sb]\.[0-9A-Za-z_-]{24,}"),
    // Chats.
    shape(
        Kind::Token,
        &["xox", "xapp-"],
        r"xox[a-z](?:\.xox[a-z])?-[0-9A-Za-z-]{10,}|xapp-[0-9A-Za-z-]{10,}",
    ),
    shape(
        Kind::Webhook,
        &["hooks.slack"],
        r"(?i-u:hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/)([0-9A-Za-z/_-]+)",
    ),
    shape(
        Kind::Webhook,
        &["/api/webhooks/"],
        r"(?i-u:discord(?:app)?\.com/api/webhooks/)([0-9]+/[0-9A-Za-z_-]+)",
    ),
    shape(Kind::Token, &[":AA"], r"[0-9]{8,10}:AA[0-9A-Za-z_-]{32,}"),
    // Code and packages.
    shape(Kind::Token, &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], r"gh[oprsu]_[0-9A-Za-z]{20,}"),
    shape(Kind::Token, &["github_pat_"], r"github_pat_[0-9A-Za-z_]{22,}"),
    shape(
        Kind::Token,
        &["glpat-", "gldt-", "glrt-", "glptt-", "glcbt-", "glsoat-", "glagent-"],
        r"gl(?:pat|dt|rt|ptt|cbt|soat|agent)-[0-9A-Za-z_.-]{20,}",
    ),
    shape(Kind::Token, &["npm_"], r"npm_[0-9A-Za-z]{36,}"),
    shape(Kind::Token, &["pypi-AgE"], r"pypi-AgE[0-9A-Za-z_-]{30,}"),
    shape(Kind::Token, &["hf_"], r"(?-u:\b)hf_[0-9A-Za-z]{30,}"),
    // Money, mail, shops, models.
    shape(Kind::ApiKey, &["k_live_", "k_test_"], r"[rs]k_(?:live|test)_[0-9A-Za-z]{10,}"),
    shape(Kind::Secret, &["whsec_"], r"whsec_[0-9A-Za-z+/=_-]{16,}"),
    shape(Kind::ApiKey, &["SG."], r"SG\.[0-9A-Za-z_-]{16,}\.[0-9A-Za-z_-]{16,}"),
    shape(
        Kind::Token,
        &["shpat_", "shpca_", "shppa_", "shpss_"],
        r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}",
    ),
    shape(
        Kind::ApiKey,
        &["sk-"],
        r"(?-u:\b)sk-(?:(?:proj|svcacct|admin|ant|or)-[0-9A-Za-z_-]{20,}|[0-9A-Za-z]{32,})",
    ),
    shape(Kind::PrivateKey, &["AGE-SECRET-KEY-1"], r"(?i-u:AGE-SECRET-KEY-1[0-9A-Z]{50,})"),
    // JSON Web Tokens (RFC 7519), signed or encrypted: base64url parts, the first of them JSON.
    shape(
        Kind::Token,
        &["eyJ"],
        r"eyJ[0-9A-Za-z_=-]{5,}\.[0-9A-Za-z_=-]+(?:\.[0-9A-Za-z_=-]*){1,3}",
    ),
];

// One bit each says which are hinted at.
const _: () = assert!(SHAPES.len() <= 64);

/// Whether `text` is no word of a language: it has a digit or ends as base64 does.
fn is_mixed(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit()) || text.ends_with('=')
}

/// A shape, to be looked for.
pub(super) struct Finder {
    pub(super) kind: Kind,
    pattern: &'static str,
    /// The pattern's expression, or that it is none. Made when the shape is hinted at first: to make
    /// those of all shapes takes longer than the rest of the notifier's start.
    regex: OnceLock<Option<Regex>>,
    check: fn(&str) -> bool,
}

impl Finder {
    /// Of one of the shapes.
    pub(super) fn of(shape: &Shape) -> Self {
        let Shape { kind, pattern, check, .. } = *shape;
        Self { kind, pattern, regex: OnceLock::new(), check }
    }

    /// Of a pattern of the operator's.
    pub(super) fn of_pattern(regex: Regex) -> Self {
        let regex = OnceLock::from(Some(regex));
        Self { kind: Kind::Pattern, pattern: "", regex, check: |_| true }
    }

    /// Adds all places of the shape; the whole text, should it be that it cannot be looked for.
    pub(super) fn find(&self, found: &mut Found<'_>) {
        let text = found.text;
        let Some(regex) = self.regex.get_or_init(|| Regex::new(self.pattern).ok()) else {
            return found.add(0..text.len(), self.kind);
        };
        for captures in regex.captures_iter(text) {
            let Some(secret) = captures.get(1).or_else(|| captures.get(0)) else { continue };
            if !(self.check)(secret.as_str()) {
                continue;
            }
            found.add(secret.range(), self.kind);
            if self.kind == Kind::AwsKey {
                for place in secrets_beside(text, secret.start(), secret.end()) {
                    found.add(place, Kind::AwsKey);
                }
            }
        }
    }
}

/// How far from an access key its secret is looked for, in bytes.
const BESIDE: usize = 160;

/// The length of the secret of an AWS access key.
const AWS_SECRET: usize = 40;

/// What looks like the secret of the AWS access key at `start..end`: it has no shape but its length.
fn secrets_beside(text: &str, start: usize, end: usize) -> Vec<std::ops::Range<usize>> {
    let (from, to) = (start.saturating_sub(BESIDE), text.len().min(end + BESIDE));
    let bytes = text.as_bytes().get(from..to).unwrap_or_default();
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'+');
    let mut places = Vec::new();
    let mut at = from;
    for run in bytes.chunk_by(|a, b| is_part(a) == is_part(b)) {
        let all_sorts = run.iter().any(u8::is_ascii_uppercase)
            && run.iter().any(u8::is_ascii_lowercase)
            && run.iter().any(u8::is_ascii_digit);
        if run.len() == AWS_SECRET && all_sorts && run.iter().all(is_part) {
            places.push(at..at + run.len());
        }
        at += run.len();
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_can_be_looked_for() {
        for shape in SHAPES {
            assert!(Regex::new(shape.pattern).is_ok(), "{}", shape.pattern);
        }
    }
}
