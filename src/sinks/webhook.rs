//! `[sink.webhook.NAME]`: the notice as JSON, posted to a service of your own.
//!
//! Headers are those of Standard Webhooks (standardwebhooks.com): `webhook-id` stays the same over
//! all tries, `webhook-timestamp` is that of the try. Signatures are theirs, or GitHub's.

mod format;
mod signature;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;

use super::http::{Post, ProxyChoice, Transport, classify, parse_url, read_url};
use super::{Attempt, Context, Outcome, Overrides, Period, Sink, fingerprint};
use crate::secret::{Environment, Secret, SecretSource};
use format::Format;
use signature::Scheme;

/// The table `[sink.webhook.NAME]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where the JSON is posted to. A URL that holds no token is no secret, and may stand in a file that
    /// others can read.
    url: Option<Secret>,
    /// The file that holds it.
    url_file: Option<PathBuf>,
    /// The variable that holds it.
    url_env: Option<String>,
    /// What the posts are signed with: `whsec_` and base64, or any text. Default: none, and they are not
    /// signed.
    secret: Option<Secret>,
    /// The file that holds it.
    secret_file: Option<PathBuf>,
    /// The variable that holds it.
    secret_env: Option<String>,
    /// How they are signed: by `webhook-signature`, or as GitHub does, by `X-Hub-Signature-256`.
    /// Default: `"standard-webhooks"`.
    signature: Option<Scheme>,
    /// What is posted: the notice itself, or a CloudEvent 1.0 with the notice as data. Default:
    /// `"notice"`.
    #[serde(default)]
    format: Format,
    /// More headers. With any of them the file must be for root alone: they may be keys. Default: `{}`.
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
    let secret = context.optional_secret(
        "secret",
        settings.secret,
        settings.secret_file,
        settings.secret_env,
    );
    let secret = match secret {
        Some(None) if settings.signature.is_some() => {
            Err("`signature` takes a `secret` to sign with".to_owned())
        }
        secret => Ok(secret),
    };
    let secret = context.noted(secret).flatten();
    let signature = settings.signature.unwrap_or_default();
    if signature == Scheme::StandardWebhooks {
        context.must_be("secret", signature::is_key);
    }
    let has_headers = !settings.headers.is_empty();
    let exposed = if has_headers { context.exposed("headers") } else { None };
    let headers: Vec<_> = settings.headers.iter().map(|pair| context.noted(header(pair))).collect();
    let (timeout, proxy, ca_file) = (settings.timeout, settings.proxy, settings.ca_file);
    let transport = context.transport(Overrides { timeout, proxy, ca_file });
    Some(Box::new(Webhook {
        url: url?,
        secret: secret?,
        signature,
        format: settings.format,
        headers: headers.into_iter().collect::<Option<_>>()?,
        exposed,
        transport,
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
    signature: Scheme,
    format: Format,
    headers: HeaderMap,
    /// Why the headers, which may hold keys, are not sent, if others can read them.
    exposed: Option<String>,
    transport: Transport,
    environment: Arc<Environment>,
}

impl Sink for Webhook {
    fn try_once(&self, attempt: &Attempt<'_>) -> Result<Outcome, Outcome> {
        let parked = |why: &str| Outcome::Parked { why: why.to_owned() };
        if let Some(why) = &self.exposed {
            return Err(parked(why));
        }
        let url = read_url("url", &self.url, &self.environment)?;
        let body = self.format.body(attempt.notice, attempt.fidelity);
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
            let signed = self.signature.header(&secret, &id, &timestamp, &body);
            let (name, value) = signed.map_err(parked)?;
            set(name, &value);
        }
        let post = Post { url, headers, body };
        let answer = self.transport.post(self.format.content_type(), post)?;
        Ok(classify(&answer, attempt.now))
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
            &format!("{:?} {:?}", self.signature, self.format),
            &headers,
            self.exposed.as_deref().unwrap_or_default(),
            self.transport.state().reveal(),
        ])
    }
}
