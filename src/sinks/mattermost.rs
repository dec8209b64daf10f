//! `[sink.mattermost.NAME]`: a message by an incoming webhook, as attachments.

pub(super) mod layout;

use serde_json::Value;

use super::chat::{self, Chat};
use super::http::{Answer, classify_taken};
use super::{Context, Outcome, Sink};
use crate::message::Message;
use crate::time::Timestamp;

pub use super::chat::Settings;

/// Makes the sink.
pub fn open(settings: Settings, context: &mut Context<'_>) -> Option<Box<dyn Sink>> {
    chat::open(Mattermost, settings, context)
}

struct Mattermost;

impl Chat for Mattermost {
    const KIND: &'static str = "mattermost";

    fn full(&self, message: &Message) -> Value {
        layout::full(message, layout::PROPS)
    }

    fn minimal(&self, message: &Message) -> Value {
        layout::minimal(message)
    }

    /// A 200 counts only with the body `ok`: whatever else says so is no Mattermost.
    fn judge(&self, answer: &Answer, now: Timestamp) -> Outcome {
        classify_taken(answer, answer.body.trim() == "ok", now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sinks::testing::{go_len, messages, outcomes};

    #[test]
    fn every_message_keeps_the_limit_and_uses_its_room() {
        let attachments = |message| go_len(&Mattermost.full(message)["attachments"]);
        let longest = messages().iter().map(attachments).max().unwrap();
        assert!((7000..7900).contains(&longest), "{longest}");
    }

    #[test]
    fn a_page_of_somebody_else_is_no_success() {
        let judge = |answer: &Answer, now| Mattermost.judge(answer, now);
        outcomes(
            judge,
            &[
                (200, "ok", "Delivered"),
                (200, "<html>log in first</html>", "Rejected"),
                (400, r#"{"id":"web.incoming_webhook.text.length.app_error"}"#, "Refused"),
                (403, r#"{"id":"web.incoming_webhook.permissions.app_error"}"#, "Parked"),
                (500, "", "Retry"),
            ],
        );
    }
}
