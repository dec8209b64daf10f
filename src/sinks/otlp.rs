//! `[sink.otlp.NAME]`: a log record for an OpenTelemetry collector, by OTLP over HTTP as JSON
//! (opentelemetry.io/docs/specs/otlp).
//!
//! A feed: every crash is a record of its own. OTLP wants nothing sent again after a 500; a crash is
//! worth it, and `log.record.uid` tells a record that came twice.

mod record;

use std::path::PathBuf;
use std::sync::Arc;

use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::Value;

use super::http::{Answer, Post, ProxyChoice, Transport, classify_taken, percent_decoded};
use super::{Attempt, Context, Outcome, Overrides, Period, Sink, fingerprint};
use crate::message::View;
use crate::secret::{Environment, Secret, SecretSource};
use crate::time::Timestamp;

/// Where a collector takes logs.
const LOGS: [&str; 2] = ["v1", "logs"];

/// The table `[sink.otlp.NAME]`; its keys are those of the exporters (`OTEL_EXPORTER_OTLP_...`).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The URL of the collector, such as `http://127.0.0.1:4318`, without `/v1/logs`.
    endpoint: String,
    /// More headers of each request, `NAME=VALUE,NAME=VALUE`, as in `OTEL_EXPORTER_OTLP_HEADERS`.
    /// Default: none.
    headers: Option<Secret>,
    /// The file that holds them.
    headers_file: Option<PathBuf>,
    /// The variable that holds them.
    headers_env: Option<String>,
    timeout: Option<Period>,
    proxy: Option<ProxyChoice>,
    ca_file: Option<PathBuf>,
}

/// Makes the sink.
pub fn open(settings: Settings, context: &mut Context<'_>) -> Option<Box<dyn Sink>> {
    let Settings { endpoint, headers, headers_file, headers_env, timeout, proxy, ca_file } =
        settings;
    let url = context.server("endpoint", &endpoint).map(with_path);
    let headers = context.optional_secret("headers", headers, headers_file, headers_env);
    context.must_be("headers", |headers| parse_headers(headers).map(|_| ()));
    if let Some(Some(SecretSource::Inline(text))) = &headers {
        context.noted(parse_headers(text).map_err(|why| format!("`headers`: {why}")));
    }
    let transport = context.transport(Overrides { timeout, proxy, ca_file });
    Some(Box::new(Otlp {
        url: url?,
        headers: headers?,
        transport,
        environment: context.environment(),
        view: context.view(),
    }))
}

/// `endpoint` with the path that logs go to.
fn with_path(mut endpoint: Url) -> Url {
    if let Ok(mut path) = endpoint.path_segments_mut() {
        path.pop_if_empty().extend(LOGS);
    }
    endpoint
}

struct Otlp {
    url: Url,
    headers: Option<SecretSource>,
    transport: Transport,
    environment: Arc<Environment>,
    view: View,
}

impl Sink for Otlp {
    fn try_once(&self, attempt: &Attempt<'_>) -> Result<Outcome, Outcome> {
        let headers = match &self.headers {
            Some(headers) => headers.read(&self.environment).and_then(|text| parse_headers(&text)),
            None => Ok(HeaderMap::new()),
        };
        let headers = headers.map_err(|why| Outcome::Parked { why: format!("headers: {why}") })?;
        let body = record::request(attempt, &self.view).to_string().into_bytes();
        let answer = self.transport.post_json(Post { url: self.url.clone(), headers, body })?;
        Ok(judge(&answer, attempt.now))
    }

    fn fingerprint(&self) -> String {
        let headers = self.headers.as_ref().map(|headers| headers.state(&self.environment));
        fingerprint(&[
            "otlp",
            self.url.as_str(),
            headers.as_ref().map_or("", Secret::reveal),
            self.transport.state().reveal(),
        ])
    }
}

/// `NAME=VALUE,NAME=VALUE` as headers; what cannot stand there is written as `%2C`.
///
/// # Errors
/// That it is something else, without the text.
fn parse_headers(text: &Secret) -> Result<HeaderMap, String> {
    let wrong = || "not NAME=VALUE, with commas between several".to_owned();
    let pairs = text.reveal().split(',').map(str::trim).filter(|pair| !pair.is_empty());
    let header = |pair: &str| {
        let (name, value) = pair.split_once('=').ok_or_else(wrong)?;
        let name = HeaderName::try_from(name.trim()).map_err(|_| wrong())?;
        let mut value =
            HeaderValue::try_from(percent_decoded(value.trim())).map_err(|_| wrong())?;
        value.set_sensitive(true);
        Ok((name, value))
    };
    pairs.map(header).collect()
}

/// What the answer means: a 200 may tell that the record was not taken, which is for good.
fn judge(answer: &Answer, now: Timestamp) -> Outcome {
    let taken = match serde_json::from_str::<Value>(&answer.body) {
        Ok(body) => {
            let rejected = body.pointer("/partialSuccess/rejectedLogRecords");
            // 64-bit numbers are texts in the JSON of OTLP; not everybody knows.
            let none = |count: &Value| count.as_str() == Some("0") || count.as_u64() == Some(0);
            rejected.is_none_or(|count| count.is_null() || none(count))
        }
        Err(_) => answer.body.trim().is_empty(),
    };
    classify_taken(answer, taken, now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sinks::testing::outcomes;

    #[test]
    fn an_endpoint_has_the_path_of_logs_behind_its_own() {
        for (endpoint, url) in [
            ("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/logs"),
            ("https://example.com/otlp/", "https://example.com/otlp/v1/logs"),
            ("https://example.com/otlp", "https://example.com/otlp/v1/logs"),
        ] {
            assert_eq!(with_path(Url::parse(endpoint).unwrap()).as_str(), url);
        }
    }

    #[test]
    fn headers_are_written_as_exporters_take_them() {
        let text = "api-key=s3cret, Authorization=Basic%20dXNlcjp3b3Jk=,x-tenant = a%2Cb,";
        let headers = parse_headers(&Secret::from(text.to_owned())).unwrap();
        for (name, value) in
            [("api-key", "s3cret"), ("authorization", "Basic dXNlcjp3b3Jk="), ("x-tenant", "a,b")]
        {
            assert_eq!(headers[name], value);
            assert!(headers[name].is_sensitive());
        }
        assert_eq!(headers.len(), 3);
        for text in ["no value", "=x", "a b=x", "x=a%0d%0aX-Evil: 1"] {
            assert!(parse_headers(&Secret::from(text.to_owned())).is_err(), "{text}");
        }
    }

    #[test]
    fn an_answer_counts_by_its_body() {
        let rejected = r#"{"partialSuccess":{"rejectedLogRecords":"1","errorMessage":"no"}}"#;
        outcomes(
            judge,
            &[
                (200, "", "Delivered"),
                (200, "{}", "Delivered"),
                (200, r#"{"partialSuccess":{}}"#, "Delivered"),
                (200, r#"{"partialSuccess":{"errorMessage":"slow"}}"#, "Delivered"),
                (200, r#"{"partialSuccess":{"rejectedLogRecords":"0"}}"#, "Delivered"),
                (200, rejected, "Rejected"),
                (200, r#"{"partialSuccess":{"rejectedLogRecords":1}}"#, "Rejected"),
                (200, "<html>a proxy's page</html>", "Rejected"),
                (400, r#"{"code":3,"message":"bad"}"#, "Refused"),
                (401, "", "Parked"),
                (503, "", "Retry"),
            ],
        );
    }
}
