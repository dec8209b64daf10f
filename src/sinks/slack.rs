//! `[sink.slack.NAME]`: a message by an incoming webhook, laid out with Block Kit.

mod layout;

use reqwest::StatusCode;
use serde_json::Value;

use super::chat::{self, Chat};
use super::http::{Answer, classify, classify_as};
use super::{Context, Outcome, Sink};
use crate::message::Message;
use crate::time::Timestamp;

pub use super::chat::Settings;

/// Makes the sink.
pub fn open(settings: Settings, context: &mut Context<'_>) -> Option<Box<dyn Sink>> {
    chat::open(Slack, settings, context)
}

struct Slack;

impl Chat for Slack {
    const KIND: &'static str = "slack";

    fn full(&self, message: &Message) -> Value {
        layout::full(message)
    }

    fn minimal(&self, message: &Message) -> Value {
        layout::minimal(message)
    }

    /// A 200 counts only with the body `ok`.
    fn judge(&self, answer: &Answer, now: Timestamp) -> Outcome {
        if !answer.status.is_success() {
            return classify(answer, now);
        }
        match answer.body.trim() {
            "ok" => classify(answer, now),
            error => classify_as(answer, status_of(error), now),
        }
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
    use reqwest::header::HeaderMap;

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
            let outcome = format!("{:?}", Slack.judge(&answer, now));
            assert!(outcome.starts_with(expected), "{status} {body}: {outcome}");
        }
    }
}
