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
        name: "alertmanager",
        table: |url| format!("urls = [\"{url}\"]\nbearer_token = \"{SECRET}\"\n"),
        way: Way::Http(|| Answer::status(200)),
        read: json,
        idempotency_key: Some(|request| request.json()[0]["labels"].to_string()),
    },
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
        name: "matrix",
        table: |url| {
            format!(
                "homeserver = \"{url}\"\nroom_id = \"!room:example.com\"\n\
                 access_token = \"{SECRET}\"\n"
            )
        },
        way: Way::Http(|| Answer::status(200).body("{\"event_id\":\"$x\"}")),
        read: json,
        idempotency_key: Some(|request| request.path.clone()),
    },
    Kind {
        name: "mattermost",
        table: |url| format!("webhook_url = \"{url}/hooks/{SECRET}\"\n"),
        way: Way::Http(|| Answer::status(200).body("ok")),
        read: json,
        idempotency_key: None,
    },
    Kind {
        name: "ntfy",
        table: |url| format!("server = \"{url}\"\ntopic = \"crashes\"\ntoken = \"{SECRET}\"\n"),
        way: Way::Http(|| Answer::status(200).body("{\"id\":\"x\"}")),
        read: json,
        idempotency_key: None,
    },
    Kind {
        name: "otlp",
        table: |url| format!("endpoint = \"{url}\"\nheaders = \"api-key={SECRET}\"\n"),
        way: Way::Http(|| Answer::status(200).body("{\"partialSuccess\":{}}")),
        read: json,
        idempotency_key: Some(|request| {
            let record = &request.json()["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0];
            let attributes = record["attributes"].as_array().unwrap();
            let id = attributes.iter().find(|one| one["key"] == "log.record.uid");
            id.unwrap()["value"].to_string()
        }),
    },
    Kind {
        name: "pagerduty",
        table: |url| format!("url = \"{url}/v2/enqueue\"\nrouting_key = \"{SECRET}\"\n"),
        way: Way::Http(|| Answer::status(202).body("{\"status\":\"success\"}")),
        read: json,
        idempotency_key: Some(|request| request.json()["dedup_key"].to_string()),
    },
    Kind {
        name: "rocketchat",
        table: |url| format!("webhook_url = \"{url}/hooks/1/{SECRET}\"\n"),
        way: Way::Http(|| Answer::status(200).body("{\"success\":true}")),
        read: json,
        idempotency_key: None,
    },
    Kind {
        name: "sentry",
        table: |url| format!("dsn = \"{}/42\"\n", url.replace("://", &format!("://{SECRET}@"))),
        way: Way::Http(|| Answer::status(200).body("{\"id\":\"x\"}")),
        read: envelope,
        idempotency_key: Some(|request| {
            let text = request.text();
            let header = text.lines().next().unwrap();
            serde_json::from_str::<serde_json::Value>(header).unwrap()["event_id"].to_string()
        }),
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
        name: "telegram",
        table: |url| {
            format!("bot_token = \"123:{SECRET}\"\nchat_id = -1001\napi_url = \"{url}\"\n")
        },
        way: Way::Http(|| Answer::status(200).body("{\"ok\":true}")),
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

/// The event in an envelope of one item, behind the lines that frame it.
fn envelope(request: &Request) -> String {
    let text = request.text();
    let lines: Vec<_> = text.split('\n').collect();
    let [header, item, event, ""] = lines[..] else { panic!("not one item: {text}") };
    let value = |text| serde_json::from_str::<serde_json::Value>(text).unwrap();
    assert_eq!(value(item)["length"], event.len());
    assert_eq!(value(item)["type"], "event");
    assert_eq!(value(header)["event_id"], value(event)["event_id"]);
    format!("{header}\n{item}\n{:#}\n", value(event))
}

/// The body as JSON, with nothing escaped that is no control character.
fn json(request: &Request) -> String {
    request.json().to_string()
}

fn last_line(text: &str) -> Vec<u8> {
    let line = text.strip_suffix('\n').unwrap_or_else(|| panic!("torn: {text}"));
    line.rsplit('\n').next().unwrap_or_default().as_bytes().to_vec()
}
