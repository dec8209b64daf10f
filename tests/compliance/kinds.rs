//! The table of kinds: how each is configured, and what its service takes.

use crate::support::{Answer, Host, Request};

/// What no text may show. Every key that is a secret, or may hold one, holds this.
pub(super) const SECRET: &str = "XXXXsecretXXXX";

/// A kind of sink.
pub(super) struct Kind {
    /// As the config calls it.
    pub(super) name: &'static str,
    /// What stands below `[sink.KIND.it]`, for a service at `url`, which ends in no slash.
    pub(super) table: fn(url: &str) -> String,
    /// Where it goes.
    pub(super) way: Way,
    /// What was told, as text that can be searched; fails where it is not in the format of its kind.
    pub(super) read: fn(&Request) -> String,
    /// What tells the service that a second try is one, if there is a place for that.
    pub(super) idempotency_key: Option<fn(&Request) -> String>,
}

/// Where a sink hands over what it is given.
pub(super) enum Way {
    /// To a service that speaks HTTP and says in this way that it took it.
    Http(fn() -> Answer),
    /// To the host itself: what came last lies here.
    Host(fn(&Host) -> Vec<u8>),
}

/// Each kind by the name that the config gives it.
pub(super) const KINDS: &[Kind] = &[
    Kind {
        name: "discord",
        table: |url| format!("webhook_url = \"{url}/api/webhooks/1/{SECRET}\"\n"),
        way: Way::Http(|| Answer::status(200).body("{}")),
        read: json,
        idempotency_key: None,
    },
    Kind {
        name: "file",
        table: |_| "path = \"/told.jsonl\"\n".to_owned(),
        way: Way::Host(|host| last_line(&host.read("/told.jsonl"))),
        read: json,
        idempotency_key: Some(|request| request.json()["id"].to_string()),
    },
    Kind {
        name: "googlechat",
        table: |url| {
            format!("webhook_url = \"{url}/v1/spaces/A/messages?key={SECRET}&token={SECRET}\"\n")
        },
        way: Way::Http(|| Answer::status(200).body("{}")),
        read: json,
        idempotency_key: None,
    },
    Kind {
        name: "mattermost",
        table: |url| format!("webhook_url = \"{url}/hooks/{SECRET}\"\n"),
        way: Way::Http(|| Answer::status(200).body("ok")),
        read: json,
        idempotency_key: None,
    },
    Kind {
        name: "rocketchat",
        table: |url| format!("webhook_url = \"{url}/hooks/1/{SECRET}\"\n"),
        way: Way::Http(|| Answer::status(200).body("{\"success\":true}")),
        read: json,
        idempotency_key: None,
    },
    Kind {
        name: "slack",
        table: |url| format!("webhook_url = \"{url}/services/T0/B0/{SECRET}\"\n"),
        way: Way::Http(|| Answer::status(200).body("ok")),
        read: json,
        idempotency_key: None,
    },
    Kind {
        name: "teams",
        table: |url| {
            format!(
                "webhook_url = \"{url}/workflows/x/triggers/manual/paths/invoke?sig={SECRET}\"\n"
            )
        },
        way: Way::Http(|| Answer::status(202)),
        read: json,
        idempotency_key: None,
    },
    Kind {
        name: "webhook",
        table: |url| {
            format!(
                "url = \"{url}/hook?token={SECRET}\"\nsecret = \"{SECRET}\"\n\
                 headers = {{ \"X-Api-Key\" = \"{SECRET}\" }}\n"
            )
        },
        way: Way::Http(|| Answer::status(204)),
        read: json,
        idempotency_key: Some(|request| request.header("webhook-id").unwrap().to_owned()),
    },
];

/// The body as JSON, with nothing escaped that is no control character.
fn json(request: &Request) -> String {
    request.json().to_string()
}

fn last_line(text: &str) -> Vec<u8> {
    let line = text.strip_suffix('\n').unwrap_or_else(|| panic!("torn: {text}"));
    line.rsplit('\n').next().unwrap_or_default().as_bytes().to_vec()
}
