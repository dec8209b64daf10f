//! `[sink.sentry.NAME]`: an event in an envelope (develop.sentry.dev/sdk/data-model/envelopes), for
//! Sentry and what speaks as it does.
//!
//! Sentry groups and counts by itself, so it is sent every crash and no all-clear, unless the config
//! asks for more: it knows no event that resolves an issue.

mod event;

use std::path::PathBuf;
use std::sync::Arc;

use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::{Value, json};

use super::http::{Answer, Post, ProxyChoice, Transport, classify_taken, parse_url};
use super::{Attempt, Context, Outcome, Overrides, Period, Sink, fingerprint};
use crate::message::View;
use crate::secret::{Environment, Secret, SecretSource};
use crate::time::Timestamp;

/// How an envelope is called.
const ENVELOPE: &str = "application/x-sentry-envelope";

/// Where the key of a project stands.
const AUTH: HeaderName = HeaderName::from_static("x-sentry-auth");

/// The table `[sink.sentry.NAME]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The DSN of the project, `https://KEY@HOST/PROJECT`.
    dsn: Option<Secret>,
    /// The file that holds it.
    dsn_file: Option<PathBuf>,
    /// The variable that holds it.
    dsn_env: Option<String>,
    /// What Sentry shows as the environment, such as `production`. Default: none.
    environment: Option<String>,
    timeout: Option<Period>,
    proxy: Option<ProxyChoice>,
    ca_file: Option<PathBuf>,
}

/// Makes the sink.
pub fn open(settings: Settings, context: &mut Context<'_>) -> Option<Box<dyn Sink>> {
    let Settings { dsn, dsn_file, dsn_env, environment: stage, timeout, proxy, ca_file } = settings;
    let dsn = context.secret("dsn", dsn, dsn_file, dsn_env);
    context.must_be("dsn", |dsn| Dsn::parse(dsn).map(|_| ()));
    if let Some(SecretSource::Inline(text)) = &dsn {
        context.noted(Dsn::parse(text).map_err(|why| format!("`dsn`: {why}")));
    }
    let transport = context.transport(Overrides { timeout, proxy, ca_file });
    Some(Box::new(Sentry {
        dsn: dsn?,
        stage,
        transport,
        environment: context.environment(),
        view: context.view(),
    }))
}

struct Sentry {
    dsn: SecretSource,
    /// What Sentry calls the environment.
    stage: Option<String>,
    transport: Transport,
    environment: Arc<Environment>,
    view: View,
}

impl Sink for Sentry {
    fn try_once(&self, attempt: &Attempt<'_>) -> Result<Outcome, Outcome> {
        let dsn = self.dsn.read(&self.environment).and_then(|dsn| Dsn::parse(&dsn));
        let dsn = dsn.map_err(|why| Outcome::Parked { why: format!("dsn: {why}") })?;
        let mut event = event::event(attempt, &self.view);
        if let (Some(fields), Some(stage)) = (event.as_object_mut(), &self.stage) {
            fields.insert("environment".to_owned(), stage.as_str().into());
        }
        let headers = HeaderMap::from_iter([(AUTH, dsn.auth)]);
        let post = Post { url: dsn.url, headers, body: envelope(&event, attempt.now) };
        let answer = self.transport.post(ENVELOPE, post)?;
        Ok(judge(&answer, attempt.now))
    }

    fn fingerprint(&self) -> String {
        fingerprint(&[
            "sentry",
            self.dsn.state(&self.environment).reveal(),
            self.stage.as_deref().unwrap_or_default(),
            self.transport.state().reveal(),
        ])
    }
}

/// What `https://KEY@HOST/PROJECT` stands for.
struct Dsn {
    /// Where envelopes go.
    url: Url,
    /// The header that lets them in.
    auth: HeaderValue,
}

impl Dsn {
    /// What `dsn` says; its path may have more parts before the project's.
    ///
    /// # Errors
    /// That it says nothing, without the text.
    fn parse(dsn: &Secret) -> Result<Self, String> {
        let wrong = || "not https://KEY@HOST/PROJECT, as Sentry shows it".to_owned();
        let mut url = parse_url(dsn.reveal()).map_err(|_| wrong())?;
        let (key, path) = (url.username().to_owned(), url.path().trim_end_matches('/').to_owned());
        let (base, project) = path.rsplit_once('/').ok_or_else(wrong)?;
        let is_plain =
            |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric());
        if !is_plain(&key) || !is_plain(project) {
            return Err(wrong());
        }
        let client = concat!("upstart-monitor/", env!("CARGO_PKG_VERSION"));
        let auth = format!("Sentry sentry_version=7, sentry_client={client}, sentry_key={key}");
        let mut auth = HeaderValue::try_from(auth).map_err(|_| wrong())?;
        auth.set_sensitive(true);
        url.set_path(&format!("{base}/api/{project}/envelope/"));
        url.set_query(None);
        let cleared = url.set_username("").and_then(|()| url.set_password(None));
        cleared.map(|()| Self { url, auth }).map_err(|()| wrong())
    }
}

/// `event` in an envelope that is sent at `now`.
fn envelope(event: &Value, now: Timestamp) -> Vec<u8> {
    let payload = event.to_string();
    let header = json!({ "event_id": event["event_id"], "sent_at": now });
    let item = json!({
        "type": "event",
        "length": payload.len(),
        "content_type": "application/json",
    });
    format!("{header}\n{item}\n{payload}\n").into_bytes()
}

/// What the answer means: a 200 is empty or JSON without an error.
fn judge(answer: &Answer, now: Timestamp) -> Outcome {
    let taken = match serde_json::from_str::<Value>(&answer.body) {
        Ok(body) => body.get("detail").or(body.get("error")).is_none(),
        Err(_) => answer.body.trim().is_empty(),
    };
    classify_taken(answer, taken, now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sinks::testing::outcomes;

    #[test]
    fn a_dsn_says_where_to_and_with_which_key() {
        for (dsn, url, key) in [
            (
                "https://0123abcd@o1.ingest.sentry.io/42",
                "https://o1.ingest.sentry.io/api/42/envelope/",
                "0123abcd",
            ),
            (
                "http://k3y:old@sentry.local:9000/42/",
                "http://sentry.local:9000/api/42/envelope/",
                "k3y",
            ),
            (
                "https://k3y@example.com/in/sentry/7?x=y",
                "https://example.com/in/sentry/api/7/envelope/",
                "k3y",
            ),
        ] {
            let dsn = Dsn::parse(&Secret::from(dsn.to_owned())).unwrap();
            assert_eq!(dsn.url.as_str(), url);
            assert!(dsn.auth.is_sensitive());
            assert!(dsn.auth.to_str().unwrap().ends_with(&format!(", sentry_key={key}")));
        }
        for dsn in [
            "",
            "https://example.com/42",
            "https://k3y@example.com/",
            "k3y@example.com/42",
            "https://k%0a3y@example.com/42",
        ] {
            assert!(Dsn::parse(&Secret::from(dsn.to_owned())).is_err(), "{dsn}");
        }
    }

    #[test]
    fn an_envelope_is_three_lines_and_says_how_long_the_event_is() {
        let event = json!({ "event_id": "01a1", "message": "☃\n" });
        let text = String::from_utf8(envelope(&event, Timestamp::from_micros(0))).unwrap();
        let lines: Vec<_> = text.split('\n').collect();
        let [header, item, payload, ""] = lines[..] else { panic!("{lines:?}") };
        assert_eq!(header, r#"{"event_id":"01a1","sent_at":"1970-01-01T00:00:00.000000Z"}"#);
        assert_eq!(serde_json::from_str::<Value>(item).unwrap()["length"], payload.len());
        assert_eq!(serde_json::from_str::<Value>(payload).unwrap(), event);
    }

    #[test]
    fn an_answer_counts_by_its_body() {
        outcomes(
            judge,
            &[
                (200, r#"{"id":"01a1"}"#, "Delivered"),
                (200, "", "Delivered"),
                (200, r#"{"detail":"unknown project"}"#, "Rejected"),
                (200, "<html>a proxy's page</html>", "Rejected"),
                (400, r#"{"detail":"invalid envelope"}"#, "Refused"),
                (413, r#"{"detail":"too large"}"#, "Refused"),
                (403, r#"{"detail":"bad sentry DSN public key"}"#, "Parked"),
                (429, r#"{"detail":"rate limited"}"#, "Retry"),
            ],
        );
    }
}
