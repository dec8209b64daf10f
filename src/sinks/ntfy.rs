//! `[sink.ntfy.NAME]`: a push notification (docs.ntfy.sh/publish).
//!
//! Published as JSON: in headers nothing that others wrote has a place.

mod layout;

use std::path::PathBuf;
use std::sync::Arc;

use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderMap};
use serde::Deserialize;
use serde_json::Value;

use super::http::{Answer, Post, ProxyChoice, Transport, bearer, classify_taken};
use super::{Attempt, Context, Fidelity, Outcome, Overrides, Period, Sink, fingerprint};
use crate::message::{Message, View};
use crate::secret::{Environment, Secret, SecretSource};
use crate::time::Timestamp;

/// The public server.
const SERVER: &str = "https://ntfy.sh";

/// The table `[sink.ntfy.NAME]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The URL of the server, alone. Default: `"https://ntfy.sh"`.
    server: Option<String>,
    /// The topic. Who knows its name can read it, unless the server asks for a token.
    topic: Option<Secret>,
    /// The file that holds it.
    topic_file: Option<PathBuf>,
    /// The variable that holds it.
    topic_env: Option<String>,
    /// An access token, `tk_...`, for a topic that not everybody may write to. Default: none.
    token: Option<Secret>,
    /// The file that holds it.
    token_file: Option<PathBuf>,
    /// The variable that holds it.
    token_env: Option<String>,
    /// 1 to 5, the same for all messages. Default: by how loud each is.
    priority: Option<u8>,
    timeout: Option<Period>,
    proxy: Option<ProxyChoice>,
    ca_file: Option<PathBuf>,
}

/// Makes the sink.
pub fn open(settings: Settings, context: &mut Context<'_>) -> Option<Box<dyn Sink>> {
    let Settings { topic, topic_file, topic_env, token, token_file, token_env, .. } = settings;
    let server = context.server("server", settings.server.as_deref().unwrap_or(SERVER));
    let topic = context.unguarded_secret("topic", topic, topic_file, topic_env);
    let token = context.optional_secret("token", token, token_file, token_env);
    let priority = match settings.priority {
        Some(priority) if !(1..=5).contains(&priority) => Err("`priority` is 1 to 5".to_owned()),
        priority => Ok(priority),
    };
    let priority = context.noted(priority);
    // The topic lies in the body: a path would be taken for a topic of its own.
    let at_root = match &server {
        None => Ok(()),
        Some(server) if server.path() == "/" => Ok(()),
        Some(_) => {
            Err("`server`: the server's URL alone; what follows it is the `topic`".to_owned())
        }
    };
    context.noted(at_root);
    let (timeout, proxy, ca_file) = (settings.timeout, settings.proxy, settings.ca_file);
    let transport = context.transport(Overrides { timeout, proxy, ca_file });
    let (topic, token) = (topic?, token?);
    Some(Box::new(Ntfy {
        server: server?,
        topic: if token.is_none() { context.guarded(topic) } else { topic },
        token,
        priority: priority?,
        transport,
        environment: context.environment(),
        view: context.view(),
    }))
}

struct Ntfy {
    server: Url,
    topic: SecretSource,
    token: Option<SecretSource>,
    priority: Option<u8>,
    transport: Transport,
    environment: Arc<Environment>,
    view: View,
}

impl Sink for Ntfy {
    fn try_once(&self, attempt: &Attempt<'_>) -> Result<Outcome, Outcome> {
        let parked = |why| Outcome::Parked { why: format!("topic: {why}") };
        let topic = self.topic.read(&self.environment).and_then(checked).map_err(parked)?;
        let mut headers = HeaderMap::new();
        if let Some(token) = &self.token {
            headers.insert(AUTHORIZATION, bearer("token", token, &self.environment)?);
        }
        let message = Message::of(attempt.notice, attempt.now, &self.view);
        let mut body = layout::body(&message, attempt.fidelity);
        if let Some(fields) = body.as_object_mut() {
            let severity = attempt.notice.notice().severity;
            let priority = self.priority.unwrap_or_else(|| layout::priority(severity));
            fields.insert("topic".to_owned(), topic.reveal().into());
            fields.insert("priority".to_owned(), priority.into());
            let is_full = attempt.fidelity == Fidelity::Full;
            if let Some(link) = layout::click(&message).filter(|_| is_full) {
                fields.insert("click".to_owned(), link.into());
            }
        }
        let post = Post { url: self.server.clone(), headers, body: body.to_string().into_bytes() };
        let answer = self.transport.post_json(post)?;
        Ok(judge(&answer, attempt.now))
    }

    fn fingerprint(&self) -> String {
        let token = self.token.as_ref().map(|token| token.state(&self.environment));
        fingerprint(&[
            "ntfy",
            self.server.as_str(),
            self.topic.state(&self.environment).reveal(),
            token.as_ref().map_or("", Secret::reveal),
            self.transport.state().reveal(),
        ])
    }
}

/// `topic`, if a server would take it.
fn checked(topic: Secret) -> Result<Secret, String> {
    let is_usual = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    match topic.reveal() {
        text if (1..=64).contains(&text.len()) && text.chars().all(is_usual) => Ok(topic),
        _ => Err("1 to 64 letters, digits, `-` and `_` are meant".to_owned()),
    }
}

/// What the server's answer means: a 200 counts only with the id of the message.
fn judge(answer: &Answer, now: Timestamp) -> Outcome {
    let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    classify_taken(answer, body.get("id").is_some(), now)
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
                (200, r#"{"id":"xE73","time":1635528757,"event":"message"}"#, "Delivered"),
                (200, "<html>a proxy's page</html>", "Rejected"),
                (200, "", "Rejected"),
                (400, r#"{"code":40024,"http":400,"error":"invalid request"}"#, "Refused"),
                (401, r#"{"code":40101,"http":401,"error":"unauthorized"}"#, "Parked"),
                (403, r#"{"code":40301,"http":403,"error":"forbidden"}"#, "Parked"),
                (413, r#"{"code":41303,"http":413,"error":"too large"}"#, "Refused"),
                (429, r#"{"code":42901,"http":429,"error":"limit reached"}"#, "Retry"),
            ],
        );
    }

    #[test]
    fn a_topic_is_what_servers_take() {
        for (topic, taken) in [
            ("ops-crashes_1", true),
            (&"x".repeat(64), true),
            (&"x".repeat(65), false),
            ("", false),
            ("a/b", false),
            ("a b", false),
        ] {
            assert_eq!(checked(Secret::from(topic.to_owned())).is_ok(), taken, "{topic}");
        }
    }
}
