//! `[sink.rocketchat.NAME]`: a message by an incoming webhook, as the attachments of Mattermost.

use reqwest::StatusCode;
use serde_json::Value;

use super::chat::{self, Chat};
use super::http::{Answer, classify_as, classify_taken};
use super::mattermost::layout;
use super::{Context, Outcome, Sink};
use crate::message::Message;
use crate::time::Timestamp;

pub use super::chat::Settings;

/// All attachments together: as long as a message may be where nobody has changed
/// `Message_MaxAllowedSize`.
const MESSAGE: usize = 5000;

/// Makes the sink.
pub fn open(settings: Settings, context: &mut Context<'_>) -> Option<Box<dyn Sink>> {
    chat::open(RocketChat, settings, context)
}

struct RocketChat;

impl Chat for RocketChat {
    const KIND: &'static str = "rocketchat";

    fn full(&self, message: &Message) -> Value {
        layout::full(message, MESSAGE)
    }

    fn minimal(&self, message: &Message) -> Value {
        layout::minimal(message)
    }

    /// A 200 with `"success": false` is an error; one without a word of success is a stranger's.
    fn judge(&self, answer: &Answer, now: Timestamp) -> Outcome {
        let said: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        match said.get("success").and_then(Value::as_bool) {
            Some(false) if answer.status.is_success() => {
                classify_as(answer, StatusCode::BAD_REQUEST, now)
            }
            success => classify_taken(answer, success == Some(true), now),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sinks::testing::{go_len, messages, outcomes};

    #[test]
    fn every_message_keeps_the_limit_and_uses_its_room() {
        let attachments = |message| go_len(&RocketChat.full(message)["attachments"]);
        let longest = messages().iter().map(attachments).max().unwrap();
        assert!((4600..=5000).contains(&longest), "{longest}");
    }

    #[test]
    fn an_answer_counts_by_its_body() {
        let judge = |answer: &Answer, now| RocketChat.judge(answer, now);
        outcomes(
            judge,
            &[
                (200, r#"{"success":true}"#, "Delivered"),
                (200, r#"{"success":false,"error":"error-action-not-allowed"}"#, "Refused"),
                (200, "<html>log in first</html>", "Rejected"),
                (
                    400,
                    r#"{"success":false,"error":"Invalid integration id or token provided."}"#,
                    "Refused",
                ),
                (401, "", "Parked"),
            ],
        );
    }
}
