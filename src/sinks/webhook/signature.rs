//! How a post shows that it comes from who has the secret.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha2::Sha256;

use crate::secret::Secret;

/// What a secret begins with whose rest is the key in base64, with Standard Webhooks.
const ENCODED: &str = "whsec_";

/// What a receiver verifies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Scheme {
    /// `webhook-signature` of Standard Webhooks: over id, time and body.
    #[default]
    StandardWebhooks,
    /// `X-Hub-Signature-256`, as GitHub signs: over the body.
    Github,
}

impl Scheme {
    /// The header that signs `body`: its name and its value.
    ///
    /// # Errors
    /// What is wrong with the secret, without the text.
    pub(super) fn header(
        self,
        secret: &Secret,
        id: &str,
        timestamp: &str,
        body: &[u8],
    ) -> Result<(&'static str, String), &'static str> {
        match self {
            Self::StandardWebhooks => {
                let signed = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body];
                let mac = STANDARD.encode(mac(&key(secret)?, &signed));
                Ok(("webhook-signature", format!("v1,{mac}")))
            }
            Self::Github => {
                let mac = mac(secret.reveal().as_bytes(), &[body]);
                let hex: String = mac.iter().map(|byte| format!("{byte:02x}")).collect();
                Ok(("x-hub-signature-256", format!("sha256={hex}")))
            }
        }
    }
}

/// Whether `secret` can sign, with Standard Webhooks.
///
/// # Errors
/// What is wrong with it, without the text.
pub(super) fn is_key(secret: &Secret) -> Result<(), String> {
    key(secret).map(|_| ()).map_err(|why| why.trim_start_matches("secret: ").to_owned())
}

/// The bytes that the secret stands for, with Standard Webhooks.
fn key(secret: &Secret) -> Result<Vec<u8>, &'static str> {
    match secret.reveal().strip_prefix(ENCODED) {
        Some(encoded) => {
            STANDARD.decode(encoded).map_err(|_| "secret: what follows `whsec_` is no base64")
        }
        None => Ok(secret.reveal().as_bytes().to_vec()),
    }
}

/// The HMAC-SHA256 of `parts`, one after the other.
fn mac(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return Vec::new(); // HMAC takes keys of every length.
    };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret {
        Secret::from(text.to_owned())
    }

    /// The vector that the libraries of Standard Webhooks are tested with.
    #[test]
    fn signs_as_standard_webhooks_does() {
        let secret = secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let (id, time) = ("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330");
        let body = br#"{"test": 2432232314}"#;
        assert_eq!(
            Scheme::StandardWebhooks.header(&secret, id, time, body).unwrap(),
            ("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=".to_owned())
        );
    }

    /// The vector that GitHub gives to those who verify.
    #[test]
    fn signs_as_github_does() {
        let header =
            Scheme::Github.header(&secret("It's a Secret to Everybody"), "", "", b"Hello, World!");
        assert_eq!(
            header.unwrap(),
            (
                "x-hub-signature-256",
                "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
                    .to_owned()
            )
        );
    }

    #[test]
    fn a_secret_is_taken_as_it_is_or_decoded() {
        for (text, expected) in [
            ("It's a Secret", Some(&b"It's a Secret"[..])),
            ("whsec_MDEy", Some(b"012")),
            ("whsec_no base64", None),
        ] {
            assert_eq!(key(&secret(text)).ok().as_deref(), expected, "{text}");
        }
    }
}
