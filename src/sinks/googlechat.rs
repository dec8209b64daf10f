//! `[sink.googlechat.NAME]`: a message by a space's incoming webhook, as a card.

mod layout;

use serde_json::Value;

use super::chat::{self, Chat};
use super::{Context, Sink};
use crate::message::Message;

pub use super::chat::Settings;

/// Makes the sink.
pub fn open(settings: Settings, context: &mut Context<'_>) -> Option<Box<dyn Sink>> {
    chat::open(GoogleChat, settings, context)
}

struct GoogleChat;

impl Chat for GoogleChat {
    const KIND: &'static str = "googlechat";

    fn full(&self, message: &Message) -> Value {
        layout::full(message)
    }

    fn minimal(&self, message: &Message) -> Value {
        layout::minimal(message)
    }
}
