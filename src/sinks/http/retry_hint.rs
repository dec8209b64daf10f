//! How long a service asks to be left alone: HTTP's own form, and those of single services.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde_json::Value;

use crate::time::Timestamp;

/// Discord: seconds with a fraction, until the limit that was hit is lifted.
const RATE_LIMIT_RESET: &str = "x-ratelimit-reset-after";

/// Sentry: `60:error:key, 2700:default;security:organization`, seconds and what they hold for.
const SENTRY_LIMITS: &str = "x-sentry-rate-limits";

/// What Sentry's limits may hold for and concern a report; the empty one is everything.
const SENTRY_CATEGORIES: [&str; 3] = ["", "default", "error"];

/// How long the service asks to be left alone, in an answer with `status` that came at `now`. The
/// longest counts of what it says; what is no number of seconds above zero is passed over.
///
/// A limit's header is sent with every answer, and counts only with "too many requests".
pub(super) fn retry_hint(
    headers: &HeaderMap,
    body: &str,
    status: StatusCode,
    now: Timestamp,
) -> Option<Duration> {
    let header = |name| headers.get(name)?.to_str().ok().map(str::trim);
    let limited = status == StatusCode::TOO_MANY_REQUESTS;
    let in_headers = [
        header(RETRY_AFTER.as_str()).and_then(|text| number(text).or_else(|| until(text, now))),
        header(RATE_LIMIT_RESET).filter(|_| limited).and_then(number),
        header(SENTRY_LIMITS).filter(|_| limited).and_then(of_sentry),
    ];
    in_headers.into_iter().chain(in_body(body)).flatten().max()
}

/// `text` as a number of seconds.
fn number(text: &str) -> Option<Duration> {
    seconds(text.parse().ok()?)
}

/// The time from `now` to a date, such as `Sat, 21 Nov 2026 03:43:17 GMT`.
fn until(date: &str, now: Timestamp) -> Option<Duration> {
    let date = httpdate::parse_http_date(date).ok()?;
    Some(Timestamp::from(date).since(now)).filter(|left| !left.is_zero())
}

/// The longest of Sentry's limits that concerns a report.
fn of_sentry(limits: &str) -> Option<Duration> {
    let one = |limit: &str| {
        let mut parts = limit.trim().split(':');
        let (left, categories) = (parts.next()?, parts.next()?);
        let concerns = categories.split(';').any(|one| SENTRY_CATEGORIES.contains(&one.trim()));
        number(left).filter(|_| concerns)
    };
    limits.split(',').filter_map(one).max()
}

/// What a JSON body says: `retry_after` (Discord, Slack) and `parameters.retry_after` (Telegram) in
/// seconds, `retry_after_ms` (Matrix) in milliseconds.
fn in_body(body: &str) -> [Option<Duration>; 3] {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let found = |path: &str| body.pointer(path).and_then(Value::as_f64);
    [
        found("/retry_after").and_then(seconds),
        found("/parameters/retry_after").and_then(seconds),
        found("/retry_after_ms").and_then(|milliseconds| seconds(milliseconds / 1000.0)),
    ]
}

/// A number of seconds, if it is above zero; one that is too large is the longest there is.
fn seconds(seconds: f64) -> Option<Duration> {
    let positive = seconds.is_finite() && seconds > 0.0;
    positive.then(|| Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_795_232_537_000_000);

    /// What is asked for by an answer with one header, `NAME: value`, and a body.
    fn asked(status: StatusCode, header: &str, body: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        if let Some((name, value)) = header.split_once(": ") {
            headers.insert(HeaderName::try_from(name).unwrap(), value.parse().unwrap());
        }
        retry_hint(&headers, body, status, NOW)
    }

    #[test]
    fn each_form_is_understood() {
        for (header, body, expected) in [
            ("Retry-After: 17", "", 17.0),
            ("Retry-After:  17 ", "", 17.0),
            ("Retry-After: 1.5", "", 1.5),
            ("Retry-After: Sat, 21 Nov 2026 03:43:17 GMT", "", 60.0),
            ("X-RateLimit-Reset-After: 64.57", "", 64.57),
            ("X-Sentry-Rate-Limits: 60:error:key, 2700:default;security:organization", "", 2700.0),
            ("X-Sentry-Rate-Limits: 60:transaction:key, 50::organization", "", 50.0),
            ("", r#"{"message":"limited","retry_after":1.5,"global":false}"#, 1.5),
            ("", r#"{"ok":false,"retry_after":30}"#, 30.0),
            ("", r#"{"ok":false,"error_code":429,"parameters":{"retry_after":35}}"#, 35.0),
            ("", r#"{"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":2500}"#, 2.5),
            ("Retry-After: 2", r#"{"retry_after":9}"#, 9.0),
            ("Retry-After: 9", r#"{"retry_after":2}"#, 9.0),
            ("Retry-After: soon", r#"{"retry_after":9}"#, 9.0),
        ] {
            let expected = Some(Duration::from_secs_f64(expected));
            let asked = asked(StatusCode::TOO_MANY_REQUESTS, header, body);
            assert_eq!(asked, expected, "{header} {body}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_passed_over() {
        for (header, body) in [
            ("", ""),
            ("Retry-After: 0", r#"{"retry_after":0}"#),
            ("Retry-After: -1", r#"{"retry_after":-9}"#),
            ("Retry-After: NaN", r#"{"retry_after":NaN}"#),
            ("Retry-After: inf", r#"{"retry_after":"17"}"#),
            ("Retry-After: Sat, 21 Nov 2026 03:00:00 GMT", r#"{"retry_after":[17]}"#),
            ("Retry-After: Sat, 99 Nov 2026 03:43:17 GMT", r#"{"retry_after":{"retry_after":17}}"#),
            ("X-Sentry-Rate-Limits: 60:transaction:key", r#"{"retry_after":1e999}"#),
            ("X-Sentry-Rate-Limits: 60, :error, x:error:key,,", r#"{"parameters":[17]}"#),
            ("X-RateLimit-Reset-After: -0.5", r#"[{"retry_after":17}]"#),
        ] {
            let asked = asked(StatusCode::TOO_MANY_REQUESTS, header, body);
            assert_eq!(asked, None, "{header} {body}");
        }
    }

    #[test]
    fn a_time_beyond_all_bounds_is_the_longest_there_is() {
        let endless = "9".repeat(300);
        for (header, body) in [
            (format!("Retry-After: {endless}"), String::new()),
            (String::new(), r#"{"retry_after":1e300}"#.to_owned()),
            (format!("X-Sentry-Rate-Limits: {endless}:error"), String::new()),
        ] {
            let asked = asked(StatusCode::TOO_MANY_REQUESTS, &header, &body);
            assert_eq!(asked, Some(Duration::MAX), "{header} {body}");
        }
    }

    #[test]
    fn a_limit_that_was_not_hit_does_not_count() {
        for header in ["X-RateLimit-Reset-After: 3000", "X-Sentry-Rate-Limits: 3000:error:key"] {
            assert_eq!(asked(StatusCode::SERVICE_UNAVAILABLE, header, ""), None, "{header}");
        }
    }

    proptest! {
        #[test]
        fn nothing_that_a_service_says_makes_trouble(
            value in prop::collection::vec(any::<u8>(), 0..64),
            likely in "(NaN|inf|-|[0-9]{0,40}|[0-9.eE:;, -]{0,20}|1e[0-9]{1,4})",
            body in any::<String>(),
        ) {
            let bodies = [
                body,
                format!(r#"{{"retry_after":{likely},"retry_after_ms":{likely}}}"#),
                format!(r#"{{"parameters":{{"retry_after":{likely}}}}}"#),
            ];
            for name in [RETRY_AFTER.as_str(), RATE_LIMIT_RESET, SENTRY_LIMITS] {
                for value in [&value, likely.as_bytes()] {
                    let Ok(value) = HeaderValue::from_bytes(value) else { continue };
                    let headers = [(HeaderName::from_static(name), value)].into_iter().collect();
                    for body in &bodies {
                        let asked = retry_hint(&headers, body, StatusCode::TOO_MANY_REQUESTS, NOW);
                        prop_assert!(asked != Some(Duration::ZERO));
                    }
                }
            }
        }
    }
}
