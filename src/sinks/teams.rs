//! `[sink.teams.NAME]`: a message by the webhook of a workflow, as an Adaptive Card.

mod layout;

use reqwest::StatusCode;
use serde_json::Value;

use super::chat::{self, Chat};
use super::http::{Answer, classify_as};
use super::{Context, Outcome, Sink};
use crate::message::Message;
use crate::time::Timestamp;

pub use super::chat::Settings;

/// Before the status, in the body of a 200, with which Teams refused what another service took.
const INNER_STATUS: &str = "returned HTTP error ";

/// Makes the sink.
pub fn open(settings: Settings, context: &mut Context<'_>) -> Option<Box<dyn Sink>> {
    chat::open(Teams, settings, context)
}

struct Teams;

impl Chat for Teams {
    const KIND: &'static str = "teams";

    fn full(&self, message: &Message) -> Value {
        layout::full(message)
    }

    fn minimal(&self, message: &Message) -> Value {
        layout::minimal(message)
    }

    /// A workflow answers 202 without a word; what speaks of an error is one.
    fn judge(&self, answer: &Answer, now: Timestamp) -> Outcome {
        let failed = answer.status.is_success() && answer.body.to_lowercase().contains("error");
        let status = if failed { inner_status(&answer.body) } else { answer.status };
        classify_as(answer, status, now)
    }
}

/// The status in `body`; of an error without one, nothing is known but that it is for good.
fn inner_status(body: &str) -> StatusCode {
    let status = body.split_once(INNER_STATUS).and_then(|(_, rest)| rest.get(..3));
    let status = status.and_then(|status| status.parse().ok());
    status.filter(|status: &StatusCode| !status.is_success()).unwrap_or(StatusCode::CONFLICT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sinks::testing::outcomes;

    #[test]
    fn an_answer_that_speaks_of_an_error_is_one() {
        let failed = |status| {
            format!(
                "Webhook message delivery failed with error: Microsoft Teams endpoint returned \
                 HTTP error {status} with ContextId MS-CV=x"
            )
        };
        outcomes(
            |answer, now| Teams.judge(answer, now),
            &[
                (202, "", "Delivered"),
                (200, "1", "Delivered"),
                (200, &failed(413), "Refused"),
                (200, &failed(429), "Retry"),
                (200, &failed(200), "Rejected"),
                (200, "Summary or Text is required. Error", "Rejected"),
                (400, "Bad payload error", "Refused"),
                (404, "", "Parked"),
                (429, "", "Retry"),
            ],
        );
    }
}
