//! What a webhook is posted: the notice, or a CloudEvent around it.

use serde::Deserialize;
use serde_json::{Error, Value, json};

use crate::notice::Notice;
use crate::redaction::Redacted;
use crate::sinks::{Fidelity, json as notice_json};

/// The longest CloudEvent, in bytes: what all that pass events on must take (CloudEvents 1.0, "Size
/// Limits").
const EVENT: usize = 64 * 1024;

/// The form of a body.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Format {
    /// The notice (`docs/notice-v1.schema.json`).
    #[default]
    Notice,
    /// CloudEvents 1.0 (cloudevents.io) in its structured mode, with the notice as data.
    CloudEvents,
}

impl Format {
    /// How the body is called.
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Notice => "application/json",
            Self::CloudEvents => "application/cloudevents+json; charset=utf-8",
        }
    }

    /// The body.
    ///
    /// # Errors
    /// None that a test would not have found: what is told can be written.
    pub(super) fn body(self, told: &Redacted, fidelity: Fidelity) -> Result<Value, Error> {
        let minimal = || notice_json::minimal(told);
        match (self, fidelity) {
            (Self::Notice, Fidelity::Full) => notice_json::full(told),
            (Self::Notice, Fidelity::Minimal) => Ok(minimal()),
            (Self::CloudEvents, Fidelity::Full) => {
                let around = cloud_event(told.notice(), Value::Null).to_string().len();
                let data = notice_json::within(told, EVENT.saturating_sub(around))?;
                Ok(cloud_event(told.notice(), data))
            }
            (Self::CloudEvents, Fidelity::Minimal) => Ok(cloud_event(told.notice(), minimal())),
        }
    }
}

/// The event that `notice` is; its source and id name it, however often it comes.
fn cloud_event(notice: &Notice, data: Value) -> Value {
    let subject = &notice.subject;
    let job = subject.job();
    let mut source = format!("//{}/upstart", encoded(&notice.host));
    if let Some(job) = job {
        source = format!("{source}/{}", encoded(&job.name));
    }
    let mut event = json!({
        "specversion": "1.0",
        "id": notice.id,
        "source": source,
        "type": format!("io.upstart-monitor.{}.v1", subject.word()),
        "time": notice.time,
        "datacontenttype": "application/json",
        "data": data,
    });
    if let (Some(job), Some(fields)) = (job, event.as_object_mut()) {
        // No attribute holds a control character.
        let title = crate::message::harmless(&job.title());
        fields.insert("subject".to_owned(), title.into());
    }
    event
}

/// `text` as a part of a URI.
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let write = |byte: u8| {
        if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    text.bytes().map(write).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use reqwest::Url;

    use super::*;
    use crate::sinks::samples;
    use crate::sinks::testing::{hostile, is_harmless};

    #[test]
    fn a_cloud_event_is_the_notice_and_says_what_it_is() {
        let types = samples::all_told().into_iter().map(|told| {
            let told = &told;
            for fidelity in [Fidelity::Full, Fidelity::Minimal] {
                let notice = Format::Notice.body(told, fidelity).unwrap();
                let event = Format::CloudEvents.body(told, fidelity).unwrap();
                assert_eq!(event["specversion"], "1.0");
                assert_eq!(event["id"], notice["id"]);
                let is_long = notice.to_string().len() > 64_000;
                assert!(is_long || event["data"] == notice, "{event:#}");
                assert!(event.to_string().len() <= 65_536, "{}", event.to_string().len());
                assert!(event["subject"].is_string() || notice["job"].is_null(), "{event:#}");
            }
            Format::CloudEvents.body(told, Fidelity::Minimal).unwrap()["type"].to_string()
        });
        let types: Vec<_> = types.take(7).collect();
        assert_eq!(
            types,
            ["crash", "crash", "repeats", "recovered", "digest", "sink_failed", "test"]
                .map(|kind| format!("\"io.upstart-monitor.{kind}.v1\""))
        );
    }

    proptest! {
        #[test]
        fn a_source_is_a_uri_whatever_names_are(planted in hostile()) {
            for told in samples::hostile_told(&planted) {
                let event = Format::CloudEvents.body(&told, Fidelity::Full).unwrap();
                let source = event["source"].as_str().unwrap();
                prop_assert!(source.bytes().all(|b| b.is_ascii_graphic()), "{}", source);
                let base = Url::parse("https://example.com").unwrap();
                let path = base.join(source.trim_start_matches('/')).unwrap();
                prop_assert!(path.query().is_none() && path.fragment().is_none());
                prop_assert!(is_harmless(event["subject"].as_str().unwrap_or_default()));
            }
        }
    }
}
