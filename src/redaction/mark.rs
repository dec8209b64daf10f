//! What stands in the place of what was removed: `[redacted: password]`.

/// What a mark begins with.
const OPENING: &str = "[redacted: ";

/// What was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    ApiKey,
    Authorization,
    AwsKey,
    CardNumber,
    Cookie,
    Credential,
    Key,
    Password,
    /// What one of the operator's own patterns finds.
    Pattern,
    PemBlock,
    PrivateKey,
    Secret,
    Session,
    Signature,
    Token,
    Webhook,
}

impl Kind {
    const ALL: [Self; 16] = [
        Self::ApiKey,
        Self::Authorization,
        Self::AwsKey,
        Self::CardNumber,
        Self::Cookie,
        Self::Credential,
        Self::Key,
        Self::Password,
        Self::Pattern,
        Self::PemBlock,
        Self::PrivateKey,
        Self::Secret,
        Self::Session,
        Self::Signature,
        Self::Token,
        Self::Webhook,
    ];

    /// What people read.
    fn words(self) -> &'static str {
        match self {
            Self::ApiKey => "api key",
            Self::Authorization => "authorization",
            Self::AwsKey => "aws key",
            Self::CardNumber => "card number",
            Self::Cookie => "cookie",
            Self::Credential => "credential",
            Self::Key => "key",
            Self::Password => "password",
            Self::Pattern => "pattern",
            Self::PemBlock => "pem block",
            Self::PrivateKey => "private key",
            Self::Secret => "secret",
            Self::Session => "session",
            Self::Signature => "signature",
            Self::Token => "token",
            Self::Webhook => "webhook",
        }
    }

    /// The mark.
    pub(super) fn mark(self) -> String {
        format!("{OPENING}{}]", self.words())
    }
}

/// The length of the mark that `text` begins with. Only what [`Kind::mark`] writes is one: a
/// service cannot hide a secret in a mark of its own.
pub(super) fn length_at(text: &str) -> Option<usize> {
    let words = text.strip_prefix(OPENING)?;
    let is_it =
        |kind: &&Kind| words.strip_prefix(kind.words()).is_some_and(|rest| rest.starts_with(']'));
    Kind::ALL.iter().find(is_it).map(|kind| OPENING.len() + kind.words().len() + 1)
}

/// Where in `text` the marks stand.
pub(super) fn all(text: &str) -> Vec<std::ops::Range<usize>> {
    let starts = text.match_indices(OPENING).map(|(start, _)| start);
    starts.filter_map(|start| Some(start..start + length_at(text.get(start..)?)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_what_we_write_and_nothing_else() {
        let written = Kind::ALL.map(|kind| kind.mark()).concat();
        assert_eq!(all(&written).len(), Kind::ALL.len());
        for forged in ["[redacted: hunter2]", "[redacted: password", "[redacted: passwordx]"] {
            assert!(all(forged).is_empty(), "{forged}");
        }
    }
}
