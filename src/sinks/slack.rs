//! `[sink.slack.NAME]`: a message by an incoming webhook, laid out with Block Kit.

mod layout;

use std::path::PathBuf;
use std::sync::Arc;

use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde::Deserialize;

use super::http::{Answer, Post, ProxyChoice, Transport, classify, classify_as, read_url};
use super::{Attempt, Context, Fidelity, Outcome, Overrides, Period, Sink, fingerprint};
use crate::message::Message;
use crate::secret::{Environment, Secret, SecretSource};
use crate::time::Timestamp;

/// The table `[sink.slack.NAME]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The webhook's URL, which is the secret.
    webhook_url: Option<Secret>,
    /// The file that holds it.
    webhook_url_file: Option<PathBuf>,
    /// The variable that holds it.
    webhook_url_env: Option<String>,
    timeout: Option<Period>,
    proxy: Option<ProxyChoice>,
    ca_file: Option<PathBuf>,
}

/// Makes the sink.
pub fn open(settings: Settings, context: &mut Context<'_>) -> Option<Box<dyn Sink>> {
    let Settings { webhook_url, webhook_url_file, webhook_url_env, timeout, proxy, ca_file } =
        settings;
    let webhook_url = context.url("webhook_url", webhook_url, webhook_url_file, webhook_url_env)?;
    Some(Box::new(Slack {
        webhook_url: context.guarded(webhook_url),
        transport: context.transport(Overrides { timeout, proxy, ca_file }),
        environment: context.environment(),
        log_lines: context.log_lines(),
    }))
}

struct Slack {
    webhook_url: SecretSource,
    transport: Transport,
    environment: Arc<Environment>,
    log_lines: usize,
}

impl Sink for Slack {
    fn deliver(&self, attempt: &Attempt<'_>) -> Outcome {
        self.try_once(attempt).unwrap_or_else(|outcome| outcome)
    }

    fn fingerprint(&self) -> String {
        let url = self.webhook_url.state(&self.environment);
        fingerprint(&["slack", url.reveal(), self.transport.state().reveal()])
    }
}

impl Slack {
    fn try_once(&self, attempt: &Attempt<'_>) -> Result<Outcome, Outcome> {
        let url = read_url("webhook_url", &self.webhook_url, &self.environment)?;
        let message = Message::of(attempt.notice, attempt.now, self.log_lines);
        let body = match attempt.fidelity {
            Fidelity::Full => layout::full(&message),
            Fidelity::Minimal => layout::minimal(&message),
        };
        let body = body.to_string().into_bytes();
        let answer = self.transport.post_json(Post { url, headers: HeaderMap::new(), body })?;
        Ok(judge(&answer, attempt.now))
    }
}

/// What Slack's answer means: a 200 counts only with the body `ok`.
fn judge(answer: &Answer, now: Timestamp) -> Outcome {
    if !answer.status.is_success() {
        return classify(answer, now);
    }
    match answer.body.trim() {
        "ok" => Outcome::Delivered,
        error => classify_as(answer, status_of(error), now),
    }
}

/// The status that Slack gives with `error`, for answers that give it with 200; an error that is
/// not known is for good.
fn status_of(error: &str) -> StatusCode {
    match error {
        "invalid_payload"
        | "invalid_blocks"
        | "no_text"
        | "too_many_attachments"
        | "user_not_found" => StatusCode::BAD_REQUEST,
        "action_prohibited" | "invalid_token" | "posting_to_general_channel_denied" => {
            StatusCode::FORBIDDEN
        }
        "channel_not_found" | "no_service" | "no_team" => StatusCode::NOT_FOUND,
        "channel_is_archived" => StatusCode::GONE,
        "rate_limited" => StatusCode::TOO_MANY_REQUESTS,
        "rollup_error" => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::CONFLICT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_counts_by_its_body() {
        let now = Timestamp::from_micros(0);
        for (status, body, expected) in [
            (200, "ok", "Delivered"),
            (200, "ok\n", "Delivered"),
            (200, "no_service", "Parked"),
            (200, "channel_is_archived", "Parked"),
            (200, "invalid_blocks", "Refused"),
            (200, "invalid_token", "Parked"),
            (200, "rate_limited", "Retry"),
            (200, "<html>a proxy's page</html>", "Rejected"),
            (200, "", "Rejected"),
            (404, "no_service", "Parked"),
            (400, "invalid_payload", "Refused"),
            (500, "rollup_error", "Retry"),
        ] {
            let answer = Answer {
                from: "https://hooks.slack.com".to_owned(),
                status: StatusCode::from_u16(status).unwrap(),
                headers: HeaderMap::new(),
                body: body.to_owned(),
            };
            let outcome = format!("{:?}", judge(&answer, now));
            assert!(outcome.starts_with(expected), "{status} {body}: {outcome}");
        }
    }
}
