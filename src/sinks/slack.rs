//! `[sink.slack.NAME]`: a message by an incoming webhook, laid out with Block Kit.
//!
//! Limits are Slack's (api.slack.com/reference/block-kit/blocks) and hold for escaped text; what
//! does not fit is cut between characters before it is escaped, a log between lines.

use std::path::PathBuf;
use std::sync::Arc;

use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde::Deserialize;
use serde_json::{Value, json};

use super::http::{Answer, Post, ProxyChoice, Transport, classify, classify_as, read_url};
use super::mrkdwn::{escaped, escaped_within, width, within, without_fence};
use super::{Attempt, Context, Fidelity, Outcome, Overrides, Period, Sink, fingerprint};
use crate::message::{Log, Message, last_within};
use crate::secret::{Environment, Secret, SecretSource};
use crate::time::Timestamp;

/// The longest header, in characters; the only text that is not escaped.
const HEADER: usize = 150;
/// The longest text of a field (2000 are allowed), so that the log has room.
const FIELD: usize = 400;
/// The longest text of a section.
const SECTION: usize = 3000;
/// The longest list of reasons, so that the log has room.
const REASONS: usize = 1500;
/// The longest line below the message.
const CONTEXT: usize = 500;
/// The longest `text`, which notifications show.
const FALLBACK: usize = 3000;
/// All blocks together: about 13,200 are taken, which Slack does not document.
const BLOCKS: usize = 12_000;

/// The table `[sink.slack.NAME]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The webhook's URL, which is the secret.
    webhook_url: Option<Secret>,
    /// The file that holds it.
    webhook_url_file: Option<PathBuf>,
    /// The variable that holds it.
    webhook_url_env: Option<String>,
    timeout: Option<Period>,
    proxy: Option<ProxyChoice>,
    ca_file: Option<PathBuf>,
}

/// Makes the sink.
pub fn open(settings: Settings, context: &mut Context<'_>) -> Option<Box<dyn Sink>> {
    let Settings { webhook_url, webhook_url_file, webhook_url_env, timeout, proxy, ca_file } =
        settings;
    let webhook_url = context.url("webhook_url", webhook_url, webhook_url_file, webhook_url_env)?;
    Some(Box::new(Slack {
        webhook_url: context.guarded(webhook_url),
        transport: context.transport(Overrides { timeout, proxy, ca_file }),
        environment: context.environment(),
        log_lines: context.log_lines(),
    }))
}

struct Slack {
    webhook_url: SecretSource,
    transport: Transport,
    environment: Arc<Environment>,
    log_lines: usize,
}

impl Sink for Slack {
    fn deliver(&self, attempt: &Attempt<'_>) -> Outcome {
        self.try_once(attempt).unwrap_or_else(|outcome| outcome)
    }

    fn fingerprint(&self) -> String {
        let url = self.webhook_url.state(&self.environment);
        fingerprint(&["slack", url.reveal(), self.transport.state().reveal()])
    }
}

impl Slack {
    fn try_once(&self, attempt: &Attempt<'_>) -> Result<Outcome, Outcome> {
        let url = read_url("webhook_url", &self.webhook_url, &self.environment)?;
        let Some(report) = attempt.notice.report() else { return Ok(Outcome::Delivered) };
        let message = Message::of(report, self.log_lines);
        let body = match attempt.fidelity {
            Fidelity::Full => full(&message),
            Fidelity::Minimal => minimal(&message),
        };
        let body = body.to_string().into_bytes();
        let answer = self.transport.post_json(Post { url, headers: HeaderMap::new(), body })?;
        Ok(judge(&answer, attempt.now))
    }
}

/// What Slack's answer means: a 200 counts only with the body `ok`.
fn judge(answer: &Answer, now: Timestamp) -> Outcome {
    if !answer.status.is_success() {
        return classify(answer, now);
    }
    match answer.body.trim() {
        "ok" => Outcome::Delivered,
        error => classify_as(answer, status_of(error), now),
    }
}

/// The status that Slack gives with `error`, for answers that give it with 200; an error that is
/// not known is for good.
fn status_of(error: &str) -> StatusCode {
    match error {
        "invalid_payload"
        | "invalid_blocks"
        | "no_text"
        | "too_many_attachments"
        | "user_not_found" => StatusCode::BAD_REQUEST,
        "action_prohibited" | "invalid_token" | "posting_to_general_channel_denied" => {
            StatusCode::FORBIDDEN
        }
        "channel_not_found" | "no_service" | "no_team" => StatusCode::NOT_FOUND,
        "channel_is_archived" => StatusCode::GONE,
        "rate_limited" => StatusCode::TOO_MANY_REQUESTS,
        "rollup_error" => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::CONFLICT,
    }
}

/// The message as blocks.
fn full(message: &Message) -> Value {
    let fields = message
        .facts
        .iter()
        .map(|(label, value)| mrkdwn(&format!("*{label}*\n{}", escaped_within(value, FIELD))));
    let title = within(&message.title, HEADER, |c, title| title.push(c));
    let mut blocks = vec![
        json!({
            "type": "header",
            "text": { "type": "plain_text", "text": title, "emoji": false },
        }),
        json!({ "type": "section", "fields": fields.collect::<Vec<_>>() }),
    ];
    if !message.reasons.is_empty() {
        let reasons = escaped_within(&format!("• {}", message.reasons.join("\n• ")), REASONS);
        blocks.push(json!({ "type": "section", "text": mrkdwn(&format!("*Why*\n{reasons}")) }));
    }
    let context = json!({ "type": "context", "elements": [mrkdwn(&below(message))] });
    if let Some(log) = &message.log {
        let room = BLOCKS.saturating_sub(blocks.iter().chain([&context]).map(length).sum());
        let text = mrkdwn(&fenced(log, room.min(SECTION)));
        blocks.push(json!({ "type": "section", "text": text }));
    }
    blocks.push(context);
    json!({
        "text": escaped_within(&message.title, FALLBACK),
        "blocks": blocks,
        "unfurl_links": false,
        "unfurl_media": false,
    })
}

/// The message as plain text, for a webhook that does not take the blocks.
fn minimal(message: &Message) -> Value {
    let facts = message.facts.iter().map(|(label, value)| format!("{label}: {value}"));
    let lines: Vec<_> = std::iter::once(message.title.clone()).chain(facts).collect();
    let text = format!("{}\n{}", lines.join("\n"), message.command);
    json!({ "text": escaped_within(&text, FALLBACK), "unfurl_links": false, "unfurl_media": false })
}

/// The line below: how to see the rest, and what is missing.
fn below(message: &Message) -> String {
    let mut parts = vec![format!("report {}", message.short_id), format!("`{}`", message.command)];
    if !message.missing.is_empty() {
        parts.push(format!("not collected: {}", message.missing.join("; ")));
    }
    escaped_within(&parts.join(" · "), CONTEXT)
}

/// The end of the log in a fence that nothing in it closes, at most `room` characters.
fn fenced(log: &Log, room: usize) -> String {
    let title = format!("*Log* {}", escaped_within(&log.path, FIELD));
    let lines: Vec<_> = log.lines.iter().map(|line| escaped(&without_fence(line))).collect();
    let room = room.saturating_sub(width(&title) + "\n```\n```".len());
    let lines = last_within(&lines, room, |line| width(line) + 1);
    format!("{title}\n```\n{}\n```", lines.join("\n"))
}

fn mrkdwn(text: &str) -> Value {
    json!({ "type": "mrkdwn", "text": text })
}

/// All text in a block.
fn length(block: &Value) -> usize {
    match block {
        Value::String(text) => width(text),
        Value::Array(values) => values.iter().map(length).sum(),
        Value::Object(values) => values.values().map(length).sum(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sinks::mrkdwn::is_escaped;
    use crate::sinks::samples;

    /// Every text of a message with its path in the JSON.
    fn texts(value: &Value, path: &str) -> Vec<(String, String)> {
        match value {
            Value::String(text) => vec![(path.to_owned(), text.clone())],
            Value::Array(values) => {
                values.iter().flat_map(|value| texts(value, &format!("{path}[]"))).collect()
            }
            Value::Object(map) => {
                map.iter().flat_map(|(key, value)| texts(value, &format!("{path}.{key}"))).collect()
            }
            _ => Vec::new(),
        }
    }

    #[test]
    fn a_message_looks_like_this() {
        let message = full(&Message::of(&samples::report(), 2));
        let expected = json!({
            "text": "web-1: nginx (eu-1) crashed: SIGSEGV after 5 h 42 min, back after 0.4 s",
            "blocks": [
                { "type": "header", "text": {
                    "type": "plain_text",
                    "text": "web-1: nginx (eu-1) crashed: SIGSEGV after 5 h 42 min, back after 0.4 s",
                    "emoji": false,
                } },
                { "type": "section", "fields": [
                    { "type": "mrkdwn", "text": "*Host*\nweb-1" },
                    { "type": "mrkdwn", "text": "*Job*\nnginx (eu-1)" },
                    { "type": "mrkdwn", "text": "*Verdict*\ncrashed: SIGSEGV" },
                    { "type": "mrkdwn", "text": "*Time*\n2026-11-21 03:42:17 UTC" },
                    { "type": "mrkdwn", "text": "*Ran*\n5 h 42 min" },
                    { "type": "mrkdwn", "text": "*Load*\n8.42 3.10 1.05" },
                    { "type": "mrkdwn", "text": "*Memory free*\n0.2 GiB of 7.8 GiB" },
                    { "type": "mrkdwn",
                      "text": "*Left behind*\n4715 /usr/bin/worker --queue mail (tcp 8080)" },
                ] },
                { "type": "section", "text": { "type": "mrkdwn", "text":
                    "*Why*\n\
                     • init calls it a failure and respawns the job\n\
                     • init: main was killed by SIGSEGV\n\
                     • the marker that pre-start armed at 2026-11-20T22:00:00.000000Z was still there: \
                     pre-stop never ran" } },
                { "type": "section", "text": { "type": "mrkdwn", "text":
                    "*Log* /var/log/upstart/nginx-eu-1.log\n\
                     ```\nworker died\nAssertionError: a &lt; b &amp;&amp; b &gt; c\n```" } },
                { "type": "context", "elements": [{ "type": "mrkdwn", "text":
                    "report 6c1d8e40 · `upstart-crash show 6c1d8e40` · \
                     not collected: pressure: not �there" }] },
            ],
            "unfurl_links": false,
            "unfurl_media": false,
        });
        assert_eq!(message, expected, "{message:#}");
    }

    #[test]
    fn the_worst_report_keeps_every_limit() {
        let message = full(&Message::of(&samples::worst(), 50));
        for (path, text) in texts(&message, "") {
            let limit = match path.as_str() {
                ".text" => 40_000,
                ".blocks[].text.text" if !text.contains('*') => 150,
                ".blocks[].text.text" => 3000,
                ".blocks[].fields[].text" | ".blocks[].elements[].text" => 2000,
                _ => continue,
            };
            assert!((1..=limit).contains(&width(&text)), "{path}: {}", width(&text));
        }
        let blocks = message["blocks"].as_array().unwrap();
        assert!(blocks.iter().map(length).sum::<usize>() <= BLOCKS);
        assert!(blocks.len() <= 50 && blocks[1]["fields"].as_array().unwrap().len() <= 10);
        let log = blocks.iter().find(|block| block["text"]["text"].to_string().contains("*Log*"));
        assert!(length(log.unwrap()) > 1000, "the log had room: {log:?}");
        assert!(
            width(minimal(&Message::of(&samples::worst(), 50))["text"].as_str().unwrap())
                <= FALLBACK
        );
    }

    #[test]
    fn nobody_is_called_and_nothing_is_marked_up() {
        for report in [samples::report(), samples::worst()] {
            let message = Message::of(&report, 50);
            for message in [full(&message), minimal(&message)] {
                for (path, text) in texts(&message, "") {
                    let plain = message["blocks"][0]["text"]["text"] == text.as_str();
                    assert!(plain || is_escaped(&text), "{path}: {text}");
                }
            }
        }
        assert!(
            full(&Message::of(&samples::report(), 50))
                .to_string()
                .contains("&lt;!channel&gt; @here")
        );
    }

    #[test]
    fn nothing_in_a_log_ends_its_fence() {
        let lines = vec!["```".to_owned(), "``".to_owned(), "`".to_owned()];
        let text = fenced(&Log { path: "/x".to_owned(), lines }, SECTION);
        assert_eq!(text.matches("```").count(), 2, "{text}");
    }

    #[test]
    fn the_log_loses_its_front_in_whole_lines() {
        let lines: Vec<_> = (10..60).map(|n| format!("{n} {}", "<".repeat(60))).collect();
        let text = fenced(&Log { path: "/x".to_owned(), lines: lines.clone() }, 1000);
        assert!(width(&text) <= 1000, "{}", width(&text));

        let shown: Vec<_> = text.lines().skip(2).take_while(|line| *line != "```").collect();
        let escaped: Vec<_> = lines.iter().map(|line| escaped(line)).collect();
        assert_eq!(shown, escaped[50 - 4..50]);
    }

    #[test]
    fn an_answer_counts_by_its_body() {
        let now = Timestamp::from_micros(0);
        for (status, body, expected) in [
            (200, "ok", "Delivered"),
            (200, "ok\n", "Delivered"),
            (200, "no_service", "Parked"),
            (200, "channel_is_archived", "Parked"),
            (200, "invalid_blocks", "Refused"),
            (200, "invalid_token", "Parked"),
            (200, "rate_limited", "Retry"),
            (200, "<html>a proxy's page</html>", "Rejected"),
            (200, "", "Rejected"),
            (404, "no_service", "Parked"),
            (400, "invalid_payload", "Refused"),
            (500, "rollup_error", "Retry"),
        ] {
            let answer = Answer {
                from: "https://hooks.slack.com".to_owned(),
                status: StatusCode::from_u16(status).unwrap(),
                headers: HeaderMap::new(),
                body: body.to_owned(),
            };
            let outcome = format!("{:?}", judge(&answer, now));
            assert!(outcome.starts_with(expected), "{status} {body}: {outcome}");
        }
    }
}
