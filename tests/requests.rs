//! What each service with an address, a key or a format of its own is asked: the method, the path,
//! the headers, and where in the body the message lies.
#![cfg(feature = "deliver")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod support;

use serde_json::Value;
use support::{Answer, Host, Receiver, Request, configure, notices};
use upstart_monitor::config::Config;
use upstart_monitor::notice::Notice;
use upstart_monitor::paths::Places;
use upstart_monitor::redaction::Redaction;
use upstart_monitor::sinks::{Attempt, Fidelity, Outcome};

/// The id of the notice that is told here.
const ID: &str = "01a1fc32-9a23-7d21-bf55-3b2f6c1d8e40";

fn crash() -> Notice {
    serde_json::from_value(notices().remove(0)).unwrap()
}

/// What the sink `[sink.KIND.it]` made of `table` says to a service that answers so.
fn told(kind: &str, table: impl Fn(&str) -> String, answer: Answer) -> (Outcome, Vec<Request>) {
    let (host, receiver) = (Host::new(), Receiver::new([answer]));
    configure(&host, &format!("[sink.{kind}.it]\n{}", table(&receiver.url(""))));
    let root = Vec::leak(host.path("").as_os_str().as_encoded_bytes().to_vec());
    let config = Config::load(Places::under(root)).unwrap_or_else(|error| panic!("{:#?}", error.0));
    let report = serde_json::from_str(include_str!("data/report-v1.json")).unwrap();
    let notice = &Redaction::off().redact_notice(&crash(), Some(&report));
    let attempt = Attempt { notice, fidelity: Fidelity::Full, now: notice.notice().time };
    (config.sinks[0].sink.deliver(&attempt), receiver.requests())
}

/// The one request of a sink that a service takes with this answer.
fn request(kind: &str, table: impl Fn(&str) -> String, answer: &str) -> Request {
    let (outcome, mut requests) = told(kind, table, Answer::status(200).body(answer));
    assert!(matches!(outcome, Outcome::Delivered { .. }), "{outcome:?}");
    assert_eq!(requests.len(), 1);
    requests.remove(0)
}

/// Why the config does not do.
fn problem(config: &str) -> String {
    let host = Host::new();
    configure(&host, config);
    let root = Vec::leak(host.path("").as_os_str().as_encoded_bytes().to_vec());
    let error = Config::load(Places::under(root)).err().unwrap_or_else(|| panic!("{config}"));
    format!("{:?}", error.0)
}

#[test]
fn telegram_has_the_token_in_the_path_and_the_chat_in_the_body() {
    for (chat, sent) in
        [("-1001234567890", Value::from(-1_001_234_567_890_i64)), ("\"@ops\"", "@ops".into())]
    {
        let table = |url: &str| {
            format!(
                "bot_token = \"123456:ABC-DEF_g\"\nchat_id = {chat}\nmessage_thread_id = 7\n\
                 api_url = \"{url}\"\n"
            )
        };
        let request = request("telegram", table, r#"{"ok":true,"result":{}}"#);
        assert_eq!(
            (&*request.method, &*request.path),
            ("POST", "/bot123456:ABC-DEF_g/sendMessage")
        );
        let body = request.json();
        assert_eq!((&body["chat_id"], &body["message_thread_id"]), (&sent, &7.into()));
        assert_eq!(body["parse_mode"], "HTML");
        assert!(body["text"].as_str().unwrap().starts_with("<b>🔴 web-1: nginx (eu-1) crashed"));
    }
}

#[test]
fn a_token_that_would_change_the_path_is_not_sent() {
    let table =
        |url: &str| format!("bot_token = \"1:x/../..\"\nchat_id = 1\napi_url = \"{url}\"\n");
    let (outcome, requests) = told("telegram", table, Answer::status(200));
    assert!(matches!(outcome, Outcome::Parked { .. }) && requests.is_empty(), "{outcome:?}");
}

#[test]
fn matrix_puts_a_transaction_that_is_the_notice() {
    let table = |url: &str| {
        format!(
            "homeserver = \"{url}/base/\"\nroom_id = \"!a/b?c:example.com\"\n\
             access_token = \"syt_secret\"\n"
        )
    };
    let request = request("matrix", table, r#"{"event_id":"$x"}"#);
    let path =
        format!("/base/_matrix/client/v3/rooms/!a%2Fb%3Fc:example.com/send/m.room.message/{ID}");
    assert_eq!((&*request.method, request.path.as_str()), ("PUT", &*path));
    assert_eq!(request.header("authorization"), Some("Bearer syt_secret"));
    assert_eq!(request.header("content-type"), Some("application/json"));
    let body = request.json();
    assert_eq!((&body["msgtype"], &body["m.mentions"]), (&"m.text".into(), &serde_json::json!({})));
    assert!(body["body"].as_str().unwrap().starts_with("🔴 web-1: nginx (eu-1) crashed"));
}

#[test]
fn ntfy_has_everything_in_the_body_but_the_token() {
    for (more, priority) in [("", 4), ("priority = 2\n", 2)] {
        let table = |url: &str| {
            format!("server = \"{url}\"\ntopic = \"ops\"\ntoken = \"tk_secret\"\n{more}")
        };
        let request = request("ntfy", table, r#"{"id":"x","event":"message"}"#);
        assert_eq!((&*request.method, &*request.path), ("POST", "/"));
        assert_eq!(request.header("authorization"), Some("Bearer tk_secret"));
        let body = request.json();
        assert_eq!((&body["topic"], &body["priority"]), (&"ops".into(), &priority.into()));
        assert!(body["title"].as_str().unwrap().starts_with("🔴 web-1: nginx (eu-1) crashed"));
        assert!(body["message"].as_str().unwrap().starts_with("Host: web-1\n"));
    }
}

#[test]
fn sentry_is_sent_an_envelope_with_the_event_of_the_notice() {
    let table = |url: &str| {
        let dsn = format!("{}/sub/42", url.replace("://", "://0123456789abcdef@"));
        format!("dsn = \"{dsn}\"\nenvironment = \"production\"\n")
    };
    let request = request("sentry", table, r#"{"id":"x"}"#);
    assert_eq!((&*request.method, &*request.path), ("POST", "/sub/api/42/envelope/"));
    assert_eq!(request.header("content-type"), Some("application/x-sentry-envelope"));
    assert_eq!(request.header("authorization"), None);
    let auth = request.header("x-sentry-auth").unwrap();
    assert!(
        auth.starts_with("Sentry sentry_version=7, ")
            && auth.contains("sentry_key=0123456789abcdef")
    );
    let event: Value = serde_json::from_str(request.text().lines().nth(2).unwrap()).unwrap();
    assert_eq!(event["event_id"], ID.replace('-', ""));
    assert_eq!(event["environment"], "production");
    let exception = &event["exception"]["values"][0];
    assert_eq!(exception["type"], "SIGSEGV");
    assert!(exception["value"].as_str().unwrap().starts_with("web-1: nginx (eu-1) crashed"));
}

#[test]
fn otlp_goes_to_the_logs_of_a_collector_with_the_headers_of_an_exporter() {
    let table = |url: &str| {
        format!("endpoint = \"{url}/otlp\"\nheaders = \"api-key=secret,x-tenant=a%20b\"\n")
    };
    let request = request("otlp", table, r#"{"partialSuccess":{}}"#);
    assert_eq!((&*request.method, &*request.path), ("POST", "/otlp/v1/logs"));
    assert_eq!(request.header("api-key"), Some("secret"));
    assert_eq!(request.header("x-tenant"), Some("a b"));
    let logs = &request.json()["resourceLogs"][0];
    let record = &logs["scopeLogs"][0]["logRecords"][0];
    let attribute = |attributes: &Value, name: &str| {
        let attributes = attributes.as_array().unwrap().clone();
        attributes.into_iter().find(|one| one["key"] == name).unwrap()["value"].clone()
    };
    let text = |text: &str| serde_json::json!({ "stringValue": text });
    assert_eq!(attribute(&logs["resource"]["attributes"], "service.name"), text("nginx"));
    assert_eq!(attribute(&logs["resource"]["attributes"], "host.name"), text("web-1"));
    assert_eq!(attribute(&record["attributes"], "log.record.uid"), text(ID));
    assert_eq!(record["timeUnixNano"], "1795232537123456000");
    assert_eq!((&record["severityNumber"], &record["severityText"]), (&17.into(), &"ERROR".into()));
}

#[test]
fn a_webhook_speaks_cloudevents_and_signs_as_github_where_it_is_asked_to() {
    let table = |url: &str| {
        format!(
            "url = \"{url}/hook\"\nformat = \"cloudevents\"\nsecret = \"It's a Secret\"\n\
             signature = \"github\"\n"
        )
    };
    let request = request("webhook", table, "");
    assert_eq!(request.header("content-type"), Some("application/cloudevents+json; charset=utf-8"));
    assert_eq!(
        (request.header("webhook-id"), request.header("webhook-signature")),
        (Some(ID), None)
    );
    let signature = request.header("x-hub-signature-256").unwrap();
    assert_eq!(signature.len(), "sha256=".len() + 64, "{signature}");
    let event = request.json();
    assert_eq!((&event["specversion"], &event["id"]), (&"1.0".into(), &ID.into()));
    assert_eq!(event["source"], "//web-1/upstart/nginx");
    assert_eq!(event["type"], "io.upstart-monitor.crash.v1");
    assert_eq!(event["subject"], "nginx (eu-1)");
    assert_eq!(event["time"], "2026-11-21T03:42:17.123456Z");
    assert_eq!((&event["data"]["kind"], &event["data"]["id"]), (&"crash".into(), &ID.into()));
}

#[test]
fn what_would_go_to_the_wrong_place_is_refused() {
    for (config, told_so) in [
        (
            "[sink.matrix.it]\nhomeserver = \"https://x\"\nroom_id = \"#ops:x\"\naccess_token = \"x\"",
            "`room_id`: the room's id is meant",
        ),
        (
            "[sink.matrix.it]\nhomeserver = \"https://u:p@x\"\nroom_id = \"!o:x\"\naccess_token = \"x\"",
            "`homeserver`: a URL without a user, a password and a query is meant",
        ),
        (
            "[sink.ntfy.it]\nserver = \"https://ntfy.sh/ops\"\ntopic = \"ops\"",
            "`server`: the server's URL alone; what follows it is the `topic`",
        ),
        ("[sink.ntfy.it]\ntopic = \"ops\"\npriority = 6", "`priority` is 1 to 5"),
        ("[sink.ntfy.it]\npriority = 5", "one of `topic`, `topic_file`, `topic_env` must be set"),
        (
            "[sink.sentry.it]\ndsn = \"https://example.com/42\"",
            "`dsn`: not https://KEY@HOST/PROJECT",
        ),
        ("[sink.otlp.it]\nendpoint = \"x:4317\"", "`endpoint`: not an https:// or http:// URL"),
        ("[sink.otlp.it]\nendpoint = \"http://x\"\nheaders = \"key\"", "`headers`: not NAME=VALUE"),
        ("[sink.telegram.it]\nbot_token = \"1:x\"\nchat_id = 1.5", "not the number of a chat"),
        (
            "[sink.webhook.it]\nurl = \"https://x\"\nsignature = \"github\"",
            "`signature` takes a `secret` to sign with",
        ),
    ] {
        let why = problem(config);
        assert!(why.contains(told_so), "{config}: {why}");
    }
}
