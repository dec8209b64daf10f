//! What the chats have in common: a webhook, whose URL is the secret, takes a message as JSON.

use std::path::PathBuf;
use std::sync::Arc;

use reqwest::Url;
use reqwest::header::HeaderMap;
use serde::Deserialize;
use serde_json::Value;

use super::http::{Answer, Post, ProxyChoice, Transport, classify, read_url};
use super::{Attempt, Context, Fidelity, Outcome, Overrides, Period, Sink, fingerprint};
use crate::message::{Message, View};
use crate::secret::{Environment, Secret, SecretSource};
use crate::time::Timestamp;

/// The table `[sink.KIND.NAME]` of a chat.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The URL of the webhook, as the service shows it.
    webhook_url: Option<Secret>,
    /// The file that holds it.
    webhook_url_file: Option<PathBuf>,
    /// The variable that holds it.
    webhook_url_env: Option<String>,
    timeout: Option<Period>,
    proxy: Option<ProxyChoice>,
    ca_file: Option<PathBuf>,
}

/// What is particular about a chat.
pub(super) trait Chat: Send + Sync {
    /// As the config calls its kind.
    const KIND: &'static str;

    /// Where a message is posted to, by the webhook's URL.
    fn address(&self, webhook_url: Url) -> Url {
        webhook_url
    }

    /// The message as its webhook takes it.
    fn full(&self, message: &Message) -> Value;

    /// The same as plain text, for a webhook that has refused the full form.
    fn minimal(&self, message: &Message) -> Value;

    /// What its answer means.
    fn judge(&self, answer: &Answer, now: Timestamp) -> Outcome {
        classify(answer, now)
    }
}

/// Makes the sink.
pub(super) fn open(
    chat: impl Chat + 'static,
    settings: Settings,
    context: &mut Context<'_>,
) -> Option<Box<dyn Sink>> {
    let Settings { webhook_url, webhook_url_file, webhook_url_env, timeout, proxy, ca_file } =
        settings;
    let webhook_url = context.url("webhook_url", webhook_url, webhook_url_file, webhook_url_env);
    let transport = context.transport(Overrides { timeout, proxy, ca_file });
    Some(Box::new(Webhook {
        chat,
        webhook_url: context.guarded(webhook_url?),
        transport,
        environment: context.environment(),
        view: context.view(),
    }))
}

struct Webhook<C> {
    chat: C,
    webhook_url: SecretSource,
    transport: Transport,
    environment: Arc<Environment>,
    view: View,
}

impl<C: Chat> Sink for Webhook<C> {
    fn try_once(&self, attempt: &Attempt<'_>) -> Result<Outcome, Outcome> {
        let url = read_url("webhook_url", &self.webhook_url, &self.environment)?;
        let url = self.chat.address(url);
        let message = Message::of(attempt.notice, attempt.now, &self.view);
        let body = match attempt.fidelity {
            Fidelity::Full => self.chat.full(&message),
            Fidelity::Minimal => self.chat.minimal(&message),
        };
        let body = body.to_string().into_bytes();
        let answer = self.transport.post_json(Post { url, headers: HeaderMap::new(), body })?;
        Ok(self.chat.judge(&answer, attempt.now))
    }

    fn fingerprint(&self) -> String {
        let url = self.webhook_url.state(&self.environment);
        fingerprint(&[C::KIND, url.reveal(), self.transport.state().reveal()])
    }
}
