//! The table of kinds. A new one is one more entry here.

use super::super::{Answer, Request, readable};
use super::{Kind, SECRET, Way};

/// Each kind by the name that the config gives it.
pub const KINDS: &[Kind] = &[
    Kind {
        name: "alertmanager",
        way: Way::Http {
            table: |url| format!("urls = [\"{url}\"]\nbearer_token = \"{SECRET}\"\n"),
            success: || Answer::status(200),
        },
        read: json,
        idempotency_key: Some(|request| request.json()[0]["labels"].to_string()),
    },
    Kind {
        name: "discord",
        way: Way::Http {
            table: |url| format!("webhook_url = \"{url}/api/webhooks/1/{SECRET}\"\n"),
            success: || Answer::status(200).body("{}"),
        },
        read: json,
        idempotency_key: None,
    },
    Kind { name: "email", way: Way::Smtp, read: mail, idempotency_key: Some(mail_id) },
    Kind { name: "email", way: Way::Sendmail, read: mail, idempotency_key: Some(mail_id) },
    Kind {
        name: "exec",
        way: Way::Command,
        read: json,
        idempotency_key: Some(|request| request.json()["id"].to_string()),
    },
    Kind {
        name: "file",
        way: Way::File,
        read: json,
        idempotency_key: Some(|request| request.json()["id"].to_string()),
    },
    Kind {
        name: "googlechat",
        way: Way::Http {
            table: |url| {
                format!(
                    "webhook_url = \"{url}/v1/spaces/A/messages?key={SECRET}&token={SECRET}\"\n"
                )
            },
            success: || Answer::status(200).body("{}"),
        },
        read: json,
        idempotency_key: None,
    },
    Kind {
        name: "matrix",
        way: Way::Http {
            table: |url| {
                format!(
                    "homeserver = \"{url}\"\nroom_id = \"!room:example.com\"\n\
                 access_token = \"{SECRET}\"\n"
                )
            },
            success: || Answer::status(200).body("{\"event_id\":\"$x\"}"),
        },
        read: json,
        idempotency_key: Some(|request| request.path.clone()),
    },
    Kind {
        name: "mattermost",
        way: Way::Http {
            table: |url| format!("webhook_url = \"{url}/hooks/{SECRET}\"\n"),
            success: || Answer::status(200).body("ok"),
        },
        read: json,
        idempotency_key: None,
    },
    Kind {
        name: "ntfy",
        way: Way::Http {
            table: |url| format!("server = \"{url}\"\ntopic = \"crashes\"\ntoken = \"{SECRET}\"\n"),
            success: || Answer::status(200).body("{\"id\":\"x\"}"),
        },
        read: json,
        idempotency_key: None,
    },
    Kind {
        name: "otlp",
        way: Way::Http {
            table: |url| format!("endpoint = \"{url}\"\nheaders = \"api-key={SECRET}\"\n"),
            success: || Answer::status(200).body("{\"partialSuccess\":{}}"),
        },
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
        way: Way::Http {
            table: |url| format!("url = \"{url}/v2/enqueue\"\nrouting_key = \"{SECRET}\"\n"),
            success: || Answer::status(202).body("{\"status\":\"success\"}"),
        },
        read: json,
        idempotency_key: Some(|request| request.json()["dedup_key"].to_string()),
    },
    Kind {
        name: "rocketchat",
        way: Way::Http {
            table: |url| format!("webhook_url = \"{url}/hooks/1/{SECRET}\"\n"),
            success: || Answer::status(200).body("{\"success\":true}"),
        },
        read: json,
        idempotency_key: None,
    },
    Kind {
        name: "sentry",
        way: Way::Http {
            table: |url| format!("dsn = \"{}/42\"\n", url.replace("://", &format!("://{SECRET}@"))),
            success: || Answer::status(200).body("{\"id\":\"x\"}"),
        },
        read: envelope,
        idempotency_key: Some(|request| {
            let text = request.text();
            let header = text.lines().next().unwrap();
            serde_json::from_str::<serde_json::Value>(header).unwrap()["event_id"].to_string()
        }),
    },
    Kind {
        name: "slack",
        way: Way::Http {
            table: |url| format!("webhook_url = \"{url}/services/T0/B0/{SECRET}\"\n"),
            success: || Answer::status(200).body("ok"),
        },
        read: json,
        idempotency_key: None,
    },
    Kind { name: "syslog", way: Way::SyslogSocket, read: line, idempotency_key: Some(id_of_line) },
    Kind { name: "syslog", way: Way::SyslogUdp, read: line, idempotency_key: Some(id_of_line) },
    Kind { name: "syslog", way: Way::SyslogTcp, read: line, idempotency_key: Some(id_of_line) },
    Kind {
        name: "teams",
        way: Way::Http {
            table: |url| {
                format!(
                    "webhook_url = \"{url}/workflows/x/triggers/manual/paths/invoke?sig={SECRET}\"\n"
                )
            },
            success: || Answer::status(202),
        },
        read: json,
        idempotency_key: None,
    },
    Kind {
        name: "telegram",
        way: Way::Http {
            table: |url| {
                format!("bot_token = \"123:{SECRET}\"\nchat_id = -1001\napi_url = \"{url}\"\n")
            },
            success: || Answer::status(200).body("{\"ok\":true}"),
        },
        read: json,
        idempotency_key: None,
    },
    Kind {
        name: "webhook",
        way: Way::Http {
            table: |url| {
                format!(
                    "url = \"{url}/hook?token={SECRET}\"\nsecret = \"{SECRET}\"\n\
                 headers = {{ \"X-Api-Key\" = \"{SECRET}\" }}\n"
                )
            },
            success: || Answer::status(204),
        },
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

fn mail(request: &Request) -> String {
    readable(&request.text())
}

fn mail_id(request: &Request) -> String {
    let mail = mail(request);
    mail.lines().find(|line| line.starts_with("Message-ID: <")).unwrap().to_owned()
}

/// One line with its priority before it, in place of the number of our process `PID`.
fn line(request: &Request) -> String {
    let text = String::from_utf8(request.body.clone()).unwrap();
    // In a stream its length stands before it.
    let line = match text.split_once(" <") {
        Some((length, _)) if length.parse::<usize>().is_ok() => {
            let line = &text[length.len() + 1..];
            assert_eq!(length, line.len().to_string(), "{text}");
            line
        }
        _ => &text,
    };
    assert!(line.starts_with('<') && !line.contains(char::is_control), "{line:?}");
    let process = std::process::id().to_string();
    line.replacen(&format!("upstart-monitor[{process}]"), "upstart-monitor[PID]", 1).replacen(
        &format!("upstart-monitor {process} "),
        "upstart-monitor PID ",
        1,
    )
}

fn id_of_line(request: &Request) -> String {
    let line = line(request);
    let is_id = |word: &&str| word.starts_with("report=") || word.starts_with("notice=");
    line.split(' ').find(is_id).unwrap_or_else(|| panic!("no id: {line}")).to_owned()
}
