//! `[sink.matrix.NAME]`: a message in a room (spec.matrix.org, client-server API).
//!
//! The notice's id is the transaction's, so a server that has taken a message does not take it again.

mod layout;

use std::path::PathBuf;
use std::sync::Arc;

use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderMap};
use serde::Deserialize;
use serde_json::Value;

use super::http::{Answer, Post, ProxyChoice, Transport, bearer, classify_taken};
use super::{Attempt, Context, Outcome, Overrides, Period, Sink, fingerprint};
use crate::message::{Message, View};
use crate::secret::{Environment, Secret, SecretSource};
use crate::time::Timestamp;

/// The table `[sink.matrix.NAME]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The URL of the server that the user who posts is at home on.
    homeserver: String,
    /// `!id:server` of a room that the user has joined.
    room_id: String,
    /// That user's access token.
    access_token: Option<Secret>,
    /// The file that holds it.
    access_token_file: Option<PathBuf>,
    /// The variable that holds it.
    access_token_env: Option<String>,
    timeout: Option<Period>,
    proxy: Option<ProxyChoice>,
    ca_file: Option<PathBuf>,
}

/// Makes the sink.
pub fn open(settings: Settings, context: &mut Context<'_>) -> Option<Box<dyn Sink>> {
    let Settings { access_token, access_token_file, access_token_env, .. } = settings;
    let token = context.secret("access_token", access_token, access_token_file, access_token_env);
    let homeserver = context.server("homeserver", &settings.homeserver);
    let room =
        match settings.room_id {
            id if id.starts_with('!') => Ok(id),
            _ => Err("`room_id`: the room's id is meant, which begins with `!`; an alias is none"
                .to_owned()),
        };
    let room = context.noted(room);
    let (timeout, proxy, ca_file) = (settings.timeout, settings.proxy, settings.ca_file);
    let transport = context.transport(Overrides { timeout, proxy, ca_file });
    Some(Box::new(Matrix {
        homeserver: homeserver?,
        room: room?,
        token: token?,
        transport,
        environment: context.environment(),
        view: context.view(),
    }))
}

struct Matrix {
    homeserver: Url,
    room: String,
    token: SecretSource,
    transport: Transport,
    environment: Arc<Environment>,
    view: View,
}

impl Sink for Matrix {
    fn try_once(&self, attempt: &Attempt<'_>) -> Result<Outcome, Outcome> {
        let token = bearer("access_token", &self.token, &self.environment)?;
        let message = Message::of(attempt.notice, attempt.now, &self.view);
        let body = layout::body(&message, attempt.fidelity).to_string().into_bytes();
        let url = self.url(&attempt.notice.notice().id.text());
        let headers = HeaderMap::from_iter([(AUTHORIZATION, token)]);
        let answer = self.transport.put_json(Post { url, headers, body })?;
        Ok(judge(&answer, attempt.now))
    }

    fn fingerprint(&self) -> String {
        fingerprint(&[
            "matrix",
            self.homeserver.as_str(),
            &self.room,
            self.token.state(&self.environment).reveal(),
            self.transport.state().reveal(),
        ])
    }
}

impl Matrix {
    /// `https://matrix.example.com/_matrix/client/v3/rooms/ROOM/send/m.room.message/TRANSACTION`.
    fn url(&self, transaction: &str) -> Url {
        let mut url = self.homeserver.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["_matrix", "client", "v3", "rooms", &self.room]);
            path.extend(["send", "m.room.message", transaction]);
        }
        url
    }
}

/// What the server's answer means: a 200 counts only with the id of the event.
fn judge(answer: &Answer, now: Timestamp) -> Outcome {
    let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    classify_taken(answer, body.get("event_id").is_some(), now)
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
                (200, r#"{"event_id":"$x"}"#, "Delivered"),
                (200, "<html>a proxy's page</html>", "Rejected"),
                (200, "{}", "Rejected"),
                (400, r#"{"errcode":"M_BAD_JSON","error":"Bad JSON value: float"}"#, "Refused"),
                (413, r#"{"errcode":"M_TOO_LARGE"}"#, "Refused"),
                (401, r#"{"errcode":"M_UNKNOWN_TOKEN"}"#, "Parked"),
                (403, r#"{"errcode":"M_FORBIDDEN","error":"not in room"}"#, "Parked"),
                (
                    429,
                    r#"{"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":3537}"#,
                    "Retry { why: \"https://example.com answered 429 Too Many Requests: \
                  {\\\"errcode\\\":\\\"M_LIMIT_EXCEEDED\\\",\\\"retry_after_ms\\\":3537}\", \
                  wait: For(3.537s) }",
                ),
            ],
        );
    }
}
