//! `[sink.pagerduty.NAME]`: an alert by the Events API v2, which the all-clear resolves.
//!
//! What belongs to one job has one `dedup_key`: however often a post is repeated, there is one open
//! alert. A queue keeps its order, so nothing that is handed over again opens what was resolved.

mod layout;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use reqwest::header::HeaderMap;
use reqwest::{StatusCode, Url};
use serde::Deserialize;
use serde_json::Value;

use super::http::{Answer, Post, ProxyChoice, Transport, classify_as, classify_taken, parse_url};
use super::{Attempt, Context, Needed, Outcome, Overrides, Period, Sink, fingerprint};
use crate::message::{Message, View};
use crate::notice::Subject;
use crate::secret::{Environment, Redactor, Secret, SecretSource};
use crate::time::Timestamp;
use crate::verdict::Severity;

/// Where events go, unless the account is in the EU: `https://events.eu.pagerduty.com/v2/enqueue`.
const URL: &str = "https://events.pagerduty.com/v2/enqueue";

/// The table `[sink.pagerduty.NAME]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The Integration Key of the service, 32 letters and digits.
    routing_key: Option<Secret>,
    /// The file that holds it.
    routing_key_file: Option<PathBuf>,
    /// The variable that holds it.
    routing_key_env: Option<String>,
    /// Where events go. Default: `"https://events.pagerduty.com/v2/enqueue"`.
    url: Option<String>,
    /// PagerDuty's severity for ours, where that is another word: `{ error = "critical" }`. Default:
    /// `{}`.
    #[serde(default)]
    severity: BTreeMap<Severity, Severity>,
    /// The part of the infrastructure that the host is in, `group` in PagerDuty. Default: none.
    group: Option<String>,
    timeout: Option<Period>,
    proxy: Option<ProxyChoice>,
    ca_file: Option<PathBuf>,
}

/// Makes the sink.
pub fn open(settings: Settings, context: &mut Context<'_>) -> Option<Box<dyn Sink>> {
    let Settings { routing_key, routing_key_file, routing_key_env, .. } = settings;
    let key = context.secret("routing_key", routing_key, routing_key_file, routing_key_env);
    context.must_be("routing_key", is_routing_key);
    let url = parse_url(settings.url.as_deref().unwrap_or(URL));
    let url = context.noted(url.map_err(|why| format!("`url`: {why}")));
    if let Some(url) = &url {
        context.needs("url", Needed::Service(url.clone()));
    }
    let (timeout, proxy, ca_file) = (settings.timeout, settings.proxy, settings.ca_file);
    let transport = context.transport(Overrides { timeout, proxy, ca_file });
    Some(Box::new(PagerDuty {
        routing_key: key?,
        url: url?,
        severity: settings.severity,
        group: settings.group,
        transport,
        environment: context.environment(),
        view: context.view(),
    }))
}

/// Whether `key` is like the Integration Key of an Events API v2 integration.
fn is_routing_key(key: &Secret) -> Result<(), String> {
    let key = key.reveal();
    let is_key = key.len() == 32 && key.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let why = "not 32 letters and digits, as the Integration Key of PagerDuty is";
    if is_key { Ok(()) } else { Err(why.to_owned()) }
}

struct PagerDuty {
    routing_key: SecretSource,
    url: Url,
    severity: BTreeMap<Severity, Severity>,
    group: Option<String>,
    transport: Transport,
    environment: Arc<Environment>,
    view: View,
}

impl Sink for PagerDuty {
    fn try_once(&self, attempt: &Attempt<'_>) -> Result<Outcome, Outcome> {
        let key = self.routing_key.read(&self.environment);
        let key = key.map_err(|why| Outcome::Parked { why: format!("routing_key: {why}") })?;
        let notice = attempt.notice.notice();
        let severity = self.severity.get(&notice.severity).copied();
        let event = layout::Event {
            told: attempt.notice,
            message: &Message::of(attempt.notice, attempt.now, &self.view),
            severity: severity.unwrap_or(notice.severity),
            group: self.group.as_deref(),
        };
        let outcome = self.post(event.json(attempt.fidelity), &key, attempt.now)?;
        match (&notice.subject, outcome) {
            // Nobody is to stay paged by a test. What it tells is what the trigger was answered.
            (Subject::Test { .. }, Outcome::Delivered { answer }) => {
                match self.post(event.resolve(), &key, attempt.now)? {
                    Outcome::Delivered { .. } => Ok(Outcome::Delivered { answer }),
                    unresolved => Ok(unresolved),
                }
            }
            (_, outcome) => Ok(outcome),
        }
    }

    fn fingerprint(&self) -> String {
        fingerprint(&[
            "pagerduty",
            self.routing_key.state(&self.environment).reveal(),
            self.url.as_str(),
            &format!("{:?} {:?}", self.severity, self.group),
            self.transport.state().reveal(),
        ])
    }
}

impl PagerDuty {
    /// Hands over one `event`, completed with the routing key `key`.
    fn post(&self, mut event: Value, key: &Secret, now: Timestamp) -> Result<Outcome, Outcome> {
        if let Some(fields) = event.as_object_mut() {
            fields.insert("routing_key".to_owned(), key.reveal().into());
        }
        let body = event.to_string().into_bytes();
        let post = Post { url: self.url.clone(), headers: HeaderMap::new(), body };
        let mut answer = self.transport.post_json(post)?;
        let mut redactor = Redactor::default();
        redactor.add(key.reveal());
        answer.body = redactor.redact(&answer.body);
        Ok(judge(&answer, now))
    }
}

/// What PagerDuty's answer means: success says so in its body, and a 400 that is about the key is
/// about every event.
fn judge(answer: &Answer, now: Timestamp) -> Outcome {
    let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    let is_success = body.get("status").is_some_and(|status| status == "success");
    let is_about_key = || {
        let words = answer.body.to_lowercase();
        words.contains("routing key") || words.contains("routing_key")
    };
    match answer.status {
        StatusCode::BAD_REQUEST if is_about_key() => {
            classify_as(answer, StatusCode::FORBIDDEN, now)
        }
        _ => classify_taken(answer, is_success, now),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_counts_by_its_body() {
        let now = Timestamp::from_micros(0);
        let success = r#"{"status":"success","message":"Event processed","dedup_key":"web-1/x"}"#;
        let invalid = r#"{"status":"invalid event","message":"Event object is invalid",
            "errors":["Length of 'summary' should be between 1 and 1024 characters"]}"#;
        let wrong_key = r#"{"status":"invalid event","message":"Event object is invalid",
            "errors":["Length of 'routing_key' is incorrect (should be 32 characters)"]}"#;
        for (status, body, expected) in [
            (202, success, "Delivered"),
            (200, success, "Delivered"),
            (202, "", "Rejected"),
            (200, "<html>a proxy's page</html>", "Rejected"),
            (202, invalid, "Rejected"),
            (400, invalid, "Refused"),
            (400, wrong_key, "Parked"),
            (400, "Invalid Routing Key", "Parked"),
            (403, "", "Parked"),
            (404, "", "Parked"),
            (413, "", "Refused"),
            (429, r#"{"status":"throttle exceeded"}"#, "Retry"),
            (500, "", "Retry"),
        ] {
            let answer = Answer {
                from: "https://events.pagerduty.com".to_owned(),
                status: StatusCode::from_u16(status).unwrap(),
                headers: HeaderMap::new(),
                body: body.to_owned(),
            };
            let outcome = format!("{:?}", judge(&answer, now));
            assert!(outcome.starts_with(expected), "{status} {body}: {outcome}");
        }
    }
}
