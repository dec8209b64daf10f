//! `[sink.discord.NAME]`: a message by a channel's webhook, as embeds.

mod layout;

use reqwest::Url;
use serde_json::Value;

use super::chat::{self, Chat};
use super::{Context, Sink};
use crate::message::Message;

pub use super::chat::Settings;

/// Makes the sink.
pub fn open(settings: Settings, context: &mut Context<'_>) -> Option<Box<dyn Sink>> {
    chat::open(Discord, settings, context)
}

struct Discord;

impl Chat for Discord {
    const KIND: &'static str = "discord";

    /// Discord tells of a message that it could not save only who waits for that.
    fn address(&self, mut webhook_url: Url) -> Url {
        let others: Vec<_> = webhook_url.query_pairs().into_owned().collect();
        let others = others.iter().filter(|(key, _)| key != "wait");
        webhook_url.query_pairs_mut().clear().extend_pairs(others).append_pair("wait", "true");
        webhook_url
    }

    fn full(&self, message: &Message) -> Value {
        layout::full(message)
    }

    fn minimal(&self, message: &Message) -> Value {
        layout::minimal(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_waited_for_in_the_thread_that_the_url_names() {
        for (url, address) in [
            (
                "https://discord.com/api/webhooks/1/x",
                "https://discord.com/api/webhooks/1/x?wait=true",
            ),
            ("https://d.invalid/x?wait=false", "https://d.invalid/x?wait=true"),
            ("https://d.invalid/x?thread_id=17", "https://d.invalid/x?thread_id=17&wait=true"),
        ] {
            assert_eq!(Discord.address(Url::parse(url).unwrap()).as_str(), address);
        }
    }
}
