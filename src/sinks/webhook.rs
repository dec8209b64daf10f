//! `[sink.webhook.NAME]`: the notice as JSON, posted to a service of the operator's own.
//!
//! Headers and signature are those of Standard Webhooks (standardwebhooks.com): `webhook-id` stays
//! the same over all tries, `webhook-timestamp` is that of the try.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use sha2::Sha256;

use super::http::{Post, ProxyChoice, Transport, classify, parse_url, read_url};
use super::{Attempt, Context, Fidelity, Outcome, Overrides, Period, Sink, fingerprint, json};
use crate::secret::{Environment, Secret, SecretSource};

/// What a secret begins with whose rest is the key in base64.
const ENCODED: &str = "whsec_";

/// The table `[sink.webhook.NAME]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where to; a secret where it holds a token.
    url: Option<Secret>,
    /// The file that holds it.
    url_file: Option<PathBuf>,
    /// The variable that holds it.
    url_env: Option<String>,
    /// What the posts are signed with.
    secret: Option<Secret>,
    /// The file that holds it.
    secret_file: Option<PathBuf>,
    /// The variable that holds it.
    secret_env: Option<String>,
    /// More headers; their values are never shown.
    #[serde(default)]
    headers: BTreeMap<String, Secret>,
    timeout: Option<Period>,
    proxy: Option<ProxyChoice>,
    ca_file: Option<PathBuf>,
}

/// Makes the sink.
pub fn open(settings: Settings, context: &mut Context<'_>) -> Option<Box<dyn Sink>> {
    let url = context.url("url", settings.url, settings.url_file, settings.url_env);
    let url = url.map(|url| if holds_secret(&url) { context.guarded(url) } else { url });
    let secret = SecretSource::at_most_one_of(
        "secret",
        settings.secret,
        settings.secret_file,
        settings.secret_env,
    );
    let secret = context.noted(secret);
    let exposed = context.exposed().filter(|_| !settings.headers.is_empty()).map(str::to_owned);
    let headers: Vec<_> = settings.headers.iter().map(|pair| context.noted(header(pair))).collect();
    let (timeout, proxy, ca_file) = (settings.timeout, settings.proxy, settings.ca_file);
    Some(Box::new(Webhook {
        url: url?,
        secret: secret?.map(|secret| context.guarded(secret)),
        headers: headers.into_iter().collect::<Option<_>>()?,
        exposed,
        transport: context.transport(Overrides { timeout, proxy, ca_file }),
        environment: context.environment(),
    }))
}

/// Whether `source` is a URL with a user, a password or a query: most others are no secret.
fn holds_secret(source: &SecretSource) -> bool {
    let SecretSource::Inline(url) = source else { return false };
    parse_url(url.reveal()).is_ok_and(|url| {
        !url.username().is_empty() || url.password().is_some() || url.query().is_some()
    })
}

/// A header as it is sent.
fn header((name, value): (&String, &Secret)) -> Result<(HeaderName, HeaderValue), String> {
    let wrong = |part| format!("`headers`: the {part} of {name:?} cannot be sent");
    let parsed = HeaderName::try_from(name).map_err(|_| wrong("name"))?;
    let mut value = HeaderValue::try_from(value.reveal()).map_err(|_| wrong("value"))?;
    value.set_sensitive(true);
    Ok((parsed, value))
}

struct Webhook {
    url: SecretSource,
    secret: Option<SecretSource>,
    headers: HeaderMap,
    /// Why the headers, which may hold keys, are not sent, if others can read them.
    exposed: Option<String>,
    transport: Transport,
    environment: Arc<Environment>,
}

impl Sink for Webhook {
    fn deliver(&self, attempt: &Attempt<'_>) -> Outcome {
        self.try_once(attempt).unwrap_or_else(|outcome| outcome)
    }

    fn fingerprint(&self) -> String {
        let secret = self.secret.as_ref().map(|secret| secret.state(&self.environment));
        let mut headers = String::new();
        for (name, value) in &self.headers {
            let _ = writeln!(headers, "{name}: {}", String::from_utf8_lossy(value.as_bytes()));
        }
        fingerprint(&[
            "webhook",
            self.url.state(&self.environment).reveal(),
            secret.as_ref().map_or("", Secret::reveal),
            &headers,
            self.exposed.as_deref().unwrap_or_default(),
            self.transport.state().reveal(),
        ])
    }
}

impl Webhook {
    fn try_once(&self, attempt: &Attempt<'_>) -> Result<Outcome, Outcome> {
        let parked = |why: &str| Outcome::Parked { why: why.to_owned() };
        if let Some(why) = &self.exposed {
            return Err(parked(why));
        }
        let url = read_url("url", &self.url, &self.environment)?;
        let body = match attempt.fidelity {
            Fidelity::Full => json::full(attempt.notice),
            Fidelity::Minimal => Ok(json::minimal(attempt.notice)),
        };
        let body = body.map_err(|error| Outcome::Rejected { why: error.to_string() })?;
        let body = body.to_string().into_bytes();

        let id = attempt.notice.notice().id.text();
        let timestamp = (attempt.now.micros() / 1_000_000).to_string();
        let mut headers = self.headers.clone();
        let mut set = |name: &'static str, value: &str| {
            HeaderValue::from_str(value).map(|value| headers.insert(name, value)).is_ok()
        };
        set("webhook-id", &id);
        set("webhook-timestamp", &timestamp);
        if let Some(secret) = &self.secret {
            let secret = secret.read(&self.environment).map_err(|why| parked(&why))?;
            let key = key(&secret).map_err(parked)?;
            set("webhook-signature", &signature(&key, &id, &timestamp, &body));
        }
        let answer = self.transport.post_json(Post { url, headers, body })?;
        Ok(classify(&answer, attempt.now))
    }
}

/// The bytes that the secret stands for.
fn key(secret: &Secret) -> Result<Vec<u8>, &'static str> {
    match secret.reveal().strip_prefix(ENCODED) {
        Some(encoded) => {
            STANDARD.decode(encoded).map_err(|_| "secret: what follows `whsec_` is no base64")
        }
        None => Ok(secret.reveal().as_bytes().to_vec()),
    }
}

/// `v1,` and the HMAC-SHA256 of `ID.TIMESTAMP.BODY` in base64.
fn signature(key: &[u8], id: &str, timestamp: &str, body: &[u8]) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return String::new(); // HMAC takes keys of every length.
    };
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        mac.update(part);
    }
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector that the libraries of Standard Webhooks are tested with.
    #[test]
    fn signs_as_standard_webhooks_does() {
        let secret = Secret::from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned());
        let (id, time) = ("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330");
        assert_eq!(
            signature(&key(&secret).unwrap(), id, time, br#"{"test": 2432232314}"#),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }

    #[test]
    fn a_secret_is_taken_as_it_is_or_decoded() {
        for (secret, expected) in [
            ("It's a Secret", Some(&b"It's a Secret"[..])),
            ("whsec_MDEy", Some(b"012")),
            ("whsec_no base64", None),
        ] {
            let key = key(&Secret::from(secret.to_owned()));
            assert_eq!(key.ok().as_deref(), expected, "{secret}");
        }
    }
}
