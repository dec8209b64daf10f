//! `[sink.telegram.NAME]`: a message by a bot (core.telegram.org/bots/api#sendmessage).

mod layout;

use std::path::PathBuf;
use std::sync::Arc;

use reqwest::header::HeaderMap;
use reqwest::{StatusCode, Url};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::http::{Answer, Post, ProxyChoice, Transport, classify, classify_as};
use super::{Attempt, Context, Outcome, Overrides, Period, Sink, fingerprint};
use crate::message::{Message, View};
use crate::secret::{Environment, Secret, SecretSource};
use crate::time::Timestamp;

/// Where bots are served, unless by a server of one's own.
const API: &str = "https://api.telegram.org";

/// What Telegram says with 400 of a chat that takes nothing from us, whatever the message.
const WRONG_CHAT: [&str; 7] = [
    "chat not found",
    "chat_restricted",
    "chat_write_forbidden",
    "not enough rights",
    "no rights to send",
    "message thread not found",
    "topic_closed",
];

/// The table `[sink.telegram.NAME]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The bot's token, as BotFather gave it out, `123456:ABC-DEF...`.
    bot_token: Option<Secret>,
    /// The file that holds it.
    bot_token_file: Option<PathBuf>,
    /// The variable that holds it.
    bot_token_env: Option<String>,
    /// The chat: its number, below zero for a group, or `@name` of a public channel.
    chat_id: Chat,
    /// The topic, in a group that has topics. Default: none.
    message_thread_id: Option<i64>,
    /// A Bot API server of your own. Default: `"https://api.telegram.org"`.
    api_url: Option<String>,
    timeout: Option<Period>,
    proxy: Option<ProxyChoice>,
    ca_file: Option<PathBuf>,
}

/// A user, a group or a channel.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(untagged, expecting = "not the number of a chat, or \"@name\" of a public channel")]
enum Chat {
    /// The number of any of them.
    Id(i64),
    /// `@name` of a public channel.
    Name(String),
}

/// Makes the sink.
pub fn open(settings: Settings, context: &mut Context<'_>) -> Option<Box<dyn Sink>> {
    let Settings { bot_token, bot_token_file, bot_token_env, .. } = settings;
    let token = context.secret("bot_token", bot_token, bot_token_file, bot_token_env);
    context.must_be("bot_token", is_token);
    let api = context.server("api_url", settings.api_url.as_deref().unwrap_or(API));
    let (timeout, proxy, ca_file) = (settings.timeout, settings.proxy, settings.ca_file);
    let transport = context.transport(Overrides { timeout, proxy, ca_file });
    Some(Box::new(Telegram {
        token: token?,
        api: api?,
        chat: settings.chat_id,
        topic: settings.message_thread_id,
        transport,
        environment: context.environment(),
        view: context.view(),
    }))
}

struct Telegram {
    token: SecretSource,
    api: Url,
    chat: Chat,
    topic: Option<i64>,
    transport: Transport,
    environment: Arc<Environment>,
    view: View,
}

impl Sink for Telegram {
    fn try_once(&self, attempt: &Attempt<'_>) -> Result<Outcome, Outcome> {
        let url = self.url().map_err(|why| Outcome::Parked { why: format!("bot_token: {why}") })?;
        let message = Message::of(attempt.notice, attempt.now, &self.view);
        let mut body = layout::body(&message, attempt.fidelity);
        if let Some(fields) = body.as_object_mut() {
            fields
                .insert("chat_id".to_owned(), serde_json::to_value(&self.chat).unwrap_or_default());
            if let Some(topic) = self.topic {
                fields.insert("message_thread_id".to_owned(), topic.into());
            }
        }
        let body = body.to_string().into_bytes();
        let answer = self.transport.post_json(Post { url, headers: HeaderMap::new(), body })?;
        Ok(judge(&answer, attempt.now))
    }

    fn fingerprint(&self) -> String {
        fingerprint(&[
            "telegram",
            self.token.state(&self.environment).reveal(),
            self.api.as_str(),
            &format!("{:?} {:?}", self.chat, self.topic),
            self.transport.state().reveal(),
        ])
    }
}

impl Telegram {
    /// `https://api.telegram.org/botTOKEN/sendMessage`.
    fn url(&self) -> Result<Url, String> {
        let token = self.token.read(&self.environment)?;
        is_token(&token)?;
        let mut url = self.api.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().push(&format!("bot{}", token.reveal())).push("sendMessage");
        }
        Ok(url)
    }
}

/// Whether `token` can stand in a URL as the token of a bot.
fn is_token(token: &Secret) -> Result<(), String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_:".contains(c);
    let why = "not like 123456:ABC-DEF, as BotFather gives it";
    if token.reveal().chars().all(is_plain) { Ok(()) } else { Err(why.to_owned()) }
}

/// What Telegram's answer means: a 200 counts only with `"ok": true`.
fn judge(answer: &Answer, now: Timestamp) -> Outcome {
    let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    let said = |key: &str| body.pointer(key);
    if answer.status.is_success() && said("/ok") == Some(&Value::Bool(true)) {
        return classify(answer, now);
    }
    if let Some(id) = said("/parameters/migrate_to_chat_id").and_then(Value::as_i64) {
        let from = &answer.from;
        return Outcome::Parked {
            why: format!("{from}: the group has become a supergroup: set chat_id = {id}"),
        };
    }
    let code =
        said("/error_code").and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok());
    let code = code.and_then(|code| StatusCode::from_u16(code).ok());
    let status = match code {
        _ if !answer.status.is_success() => answer.status,
        Some(code) if !code.is_success() => code,
        _ => StatusCode::CONFLICT,
    };
    let why = said("/description").and_then(Value::as_str).unwrap_or_default().to_lowercase();
    if status == StatusCode::BAD_REQUEST && WRONG_CHAT.iter().any(|known| why.contains(known)) {
        return classify_as(answer, StatusCode::NOT_FOUND, now);
    }
    classify_as(answer, status, now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sinks::testing::outcomes;

    #[test]
    fn an_answer_counts_by_its_body() {
        outcomes(
            judge,
            &[
                (200, r#"{"ok":true,"result":{"message_id":7}}"#, "Delivered"),
                (200, r#"{"ok":false,"error_code":401,"description":"Unauthorized"}"#, "Parked"),
                (200, r#"{"ok":false,"error_code":400,"description":"can't parse"}"#, "Refused"),
                (200, r#"{"ok":false,"error_code":429,"parameters":{"retry_after":9}}"#, "Retry"),
                (200, r#"{"ok":false,"error_code":200}"#, "Rejected"),
                (200, r#"{"ok":false}"#, "Rejected"),
                (200, "<html>a proxy's page</html>", "Rejected"),
                (200, "", "Rejected"),
                (400, r#"{"ok":false,"error_code":400,"description":"can't parse"}"#, "Refused"),
                (400, r#"{"ok":false,"description":"Bad Request: chat not found"}"#, "Parked"),
                (400, r#"{"ok":false,"description":"Bad Request: TOPIC_CLOSED"}"#, "Parked"),
                (401, r#"{"ok":false,"description":"Unauthorized"}"#, "Parked"),
                (403, r#"{"ok":false,"description":"bot was kicked"}"#, "Parked"),
                (404, r#"{"ok":false,"description":"Not Found"}"#, "Parked"),
                (429, r#"{"ok":false,"parameters":{"retry_after":35}}"#, "Retry"),
                (502, "<html>Bad Gateway</html>", "Retry"),
            ],
        );
    }

    #[test]
    fn a_group_that_moved_says_where_to() {
        let body = r#"{"ok":false,"error_code":400,"parameters":{"migrate_to_chat_id":-1001234}}"#;
        outcomes(
            judge,
            &[(
                400,
                body,
                "Parked { why: \"https://example.com: the group has become \
                                       a supergroup: set chat_id = -1001234\" }",
            )],
        );
    }
}
