//! What an answer means for the report: one table for all services.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};

use super::Answer;
use crate::message::{harmless, shortened};
use crate::sinks::Outcome;
use crate::time::Timestamp;

/// The longest time that a service may ask us to leave it alone.
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);

/// After "too many requests" without a word on how long.
const PAUSE: Duration = Duration::from_secs(30);

/// Between two tries of credentials that were not accepted.
const PROBE: Duration = Duration::from_secs(15 * 60);

/// Of a service's own words this many characters are kept.
const WORDS: usize = 200;

/// What `answer`, which came at `now`, means.
pub(crate) fn classify(answer: &Answer, now: Timestamp) -> Outcome {
    let Answer { from, status, headers, body } = answer;
    let why = |remark: &str| said(from, *status, remark, body);
    match status.as_u16() {
        200..=299 => Outcome::Delivered,
        300..=399 => Outcome::Rejected { why: why(" (redirects are not followed)") },
        400 | 413 | 422 => Outcome::Refused { why: why("") },
        401 | 403 | 407 => Outcome::Retry {
            why: why(" (authorisation failed: check the URL and the secret)"),
            after: Some(PROBE),
        },
        404 | 410 => Outcome::Parked { why: why("") },
        429 => Outcome::Retry {
            why: why(""),
            after: Some(retry_after(headers, body, now).unwrap_or(PAUSE)),
        },
        408 | 425 | 500..=599 => {
            Outcome::Retry { why: why(""), after: retry_after(headers, body, now) }
        }
        _ => Outcome::Rejected { why: why("") },
    }
}

/// `https://example.com answered 404 Not Found: no_service`.
fn said(from: &str, status: StatusCode, remark: &str, body: &str) -> String {
    let words = harmless(&body.split_whitespace().collect::<Vec<_>>().join(" "));
    let colon = if words.is_empty() { "" } else { ": " };
    format!("{from} answered {status}{remark}{colon}{}", shortened(&words, WORDS))
}

/// How long the service asks to be left alone: the header in seconds or as a date, or
/// `retry_after` in seconds in a JSON body.
fn retry_after(headers: &HeaderMap, body: &str, now: Timestamp) -> Option<Duration> {
    let header = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()).map(str::trim);
    let in_header = header.and_then(|text| match text.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => httpdate::parse_http_date(text).ok().map(|date| Timestamp::from(date).since(now)),
    });
    let in_body = || {
        let body: serde_json::Value = serde_json::from_str(body).ok()?;
        Duration::try_from_secs_f64(body.get("retry_after")?.as_f64()?).ok()
    };
    in_header.or_else(in_body).map(|pause| pause.min(LONGEST_PAUSE))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_795_232_537_000_000);

    /// One word an outcome, with the pause in seconds.
    fn word(outcome: &Outcome) -> (&'static str, Option<f64>) {
        match outcome {
            Outcome::Delivered => ("delivered", None),
            Outcome::Retry { after, .. } => ("retry", after.map(|after| after.as_secs_f64())),
            Outcome::Refused { .. } => ("refused", None),
            Outcome::Parked { .. } => ("parked", None),
            Outcome::Rejected { .. } => ("rejected", None),
        }
    }

    fn answer(status: u16, retry_after: Option<&str>, body: &str) -> Answer {
        let mut headers = HeaderMap::new();
        if let Some(value) = retry_after {
            headers.insert(RETRY_AFTER, value.parse().unwrap());
        }
        Answer {
            from: "https://example.com".to_owned(),
            status: StatusCode::from_u16(status).unwrap(),
            headers,
            body: body.to_owned(),
        }
    }

    #[test]
    fn the_status_decides() {
        for (statuses, expected) in [
            (&[200, 201, 202, 204][..], ("delivered", None)),
            (&[301, 302, 303, 304, 307, 308], ("rejected", None)),
            (&[400, 413, 422], ("refused", None)),
            (&[401, 403, 407], ("retry", Some(900.0))),
            (&[404, 410], ("parked", None)),
            (&[408, 425, 500, 502, 503, 504, 520, 599], ("retry", None)),
            (&[429], ("retry", Some(30.0))),
            (&[402, 405, 406, 409, 411, 414, 415, 418, 431, 451, 499, 600], ("rejected", None)),
        ] {
            for status in statuses {
                assert_eq!(word(&classify(&answer(*status, None, ""), NOW)), expected, "{status}");
            }
        }
    }

    #[test]
    fn a_service_may_say_how_long() {
        for (status, header, body, after) in [
            (429, Some("17"), "", Some(17.0)),
            (429, Some(" 17 "), "", Some(17.0)),
            (503, Some("120"), "", Some(120.0)),
            (500, Some("Sat, 21 Nov 2026 03:43:17 GMT"), "", Some(60.0)),
            (429, Some("Sat, 21 Nov 2026 03:00:00 GMT"), "", Some(0.0)),
            (429, None, r#"{"ok":false,"retry_after":1.5}"#, Some(1.5)),
            (429, Some("2"), r#"{"retry_after":9}"#, Some(2.0)),
            (429, Some("soon"), r#"{"retry_after":9}"#, Some(9.0)),
            (503, Some("-1"), r#"{"retry_after":-9}"#, None),
            (503, None, r#"{"retry_after":1e300}"#, None),
            (429, Some("99999999999999"), "", Some(3600.0)),
        ] {
            let outcome = classify(&answer(status, header, body), NOW);
            assert_eq!(word(&outcome), ("retry", after), "{status} {header:?} {body}");
        }
    }

    #[test]
    fn the_words_say_who_answered_what() {
        let long = "x".repeat(1000);
        for (status, body, words) in [
            (404, "no_service\n", "https://example.com answered 404 Not Found: no_service"),
            (500, "", "https://example.com answered 500 Internal Server Error"),
            (
                403,
                "<p>\n  no\u{1b}[31m </p>",
                "https://example.com answered 403 Forbidden (authorisation failed: check the URL \
                 and the secret): <p> no </p>",
            ),
            (
                307,
                "",
                "https://example.com answered 307 Temporary Redirect (redirects are not followed)",
            ),
        ] {
            let (Outcome::Retry { why, .. } | Outcome::Parked { why } | Outcome::Rejected { why }) =
                classify(&answer(status, None, body), NOW)
            else {
                panic!("{status} is no success");
            };
            assert_eq!(why, words);
        }
        let Outcome::Refused { why } = classify(&answer(400, None, &long), NOW) else { panic!() };
        assert!(why.chars().count() < 250 && why.ends_with('…'), "{why}");
    }
}
