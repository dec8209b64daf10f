//! What an answer means for the report: one table for all services.

use std::time::Duration;

use reqwest::StatusCode;

use super::Answer;
use super::retry_hint::retry_hint;
use crate::message::{harmless, shortened};
use crate::sinks::{Outcome, WORDS, Wait};
use crate::time::Timestamp;

/// After "too many requests" without a word on how long.
const TOO_MANY: Wait = Wait::Doubling(Duration::from_secs(30));

/// For people to mend the way to the service.
pub(super) const PROXY: Wait = Wait::For(Duration::from_secs(15 * 60));

/// What is done about an answer.
enum Treatment {
    /// The service has the report.
    Take,
    /// Once more in the minimal form.
    Refuse,
    /// Again after the time that the service asks for, or else this wait.
    Retry(Wait),
    /// Nothing is sent until the config or the secret changes.
    Park,
    /// The report is given up.
    Reject,
}

/// What is done about an answer with `status`, and a remark for who reads of it.
fn treatment(status: u16) -> (Treatment, &'static str) {
    use Treatment::{Park, Refuse, Reject, Retry, Take};
    match status {
        200..=299 => (Take, ""),
        300..=399 => (Reject, " (redirects are not followed)"),
        400 | 413 | 422 => (Refuse, ""),
        401 | 403 => (Park, " (authorisation failed: check the URL and the secret)"),
        404 | 410 => (Park, ""),
        407 => (Retry(PROXY), " (so says the proxy: check its URL and password)"),
        408 | 425 | 500..=599 => (Retry(Wait::BackOff), ""),
        429 => (Retry(TOO_MANY), ""),
        _ => (Reject, ""),
    }
}

/// What `answer`, which came at `now`, means by its status.
pub(crate) fn classify(answer: &Answer, now: Timestamp) -> Outcome {
    classify_as(answer, answer.status, now)
}

/// What `answer`, which came at `now`, means where a success counts only if its body says that the
/// service has `taken` what it was sent: without that, somebody else has answered.
pub(crate) fn classify_taken(answer: &Answer, taken: bool, now: Timestamp) -> Outcome {
    let is_strange = answer.status.is_success() && !taken;
    classify_as(answer, if is_strange { StatusCode::CONFLICT } else { answer.status }, now)
}

/// What `answer`, which came at `now`, means where its body tells of an error that is as bad as
/// `status`: some services say so with a 200.
pub(crate) fn classify_as(answer: &Answer, status: StatusCode, now: Timestamp) -> Outcome {
    let (treatment, remark) = treatment(status.as_u16());
    let why = said(answer, remark);
    match treatment {
        Treatment::Take => Outcome::Delivered { answer: status.to_string() },
        Treatment::Refuse => Outcome::Refused { why },
        Treatment::Retry(otherwise) => {
            let asked = retry_hint(&answer.headers, &answer.body, status, now);
            Outcome::Retry { why, wait: asked.map_or(otherwise, Wait::For) }
        }
        Treatment::Park => Outcome::Parked { why },
        Treatment::Reject => Outcome::Rejected { why },
    }
}

/// `https://example.com answered 404 Not Found: no_service`.
fn said(answer: &Answer, remark: &str) -> String {
    let Answer { from, status, body, .. } = answer;
    let words = harmless(&body.split_whitespace().collect::<Vec<_>>().join(" "));
    let colon = if words.is_empty() { "" } else { ": " };
    format!("{from} answered {status}{remark}{colon}{}", shortened(&words, WORDS))
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderMap, RETRY_AFTER};

    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_795_232_537_000_000);

    /// One word an outcome, with the wait.
    fn word(outcome: &Outcome) -> (&'static str, Option<Wait>) {
        match outcome {
            Outcome::Delivered { .. } => ("delivered", None),
            Outcome::Retry { wait, .. } => ("retry", Some(*wait)),
            Outcome::Refused { .. } => ("refused", None),
            Outcome::Parked { .. } => ("parked", None),
            Outcome::Rejected { .. } => ("rejected", None),
        }
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
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
            (&[200, 201, 202, 204, 299][..], ("delivered", None)),
            (&[300, 301, 302, 303, 304, 307, 308, 399], ("rejected", None)),
            (&[400, 413, 422], ("refused", None)),
            (&[401, 403, 404, 410], ("parked", None)),
            (&[407], ("retry", Some(Wait::For(seconds(900))))),
            (&[408, 425, 500, 502, 503, 504, 520, 599], ("retry", Some(Wait::BackOff))),
            (&[429], ("retry", Some(Wait::Doubling(seconds(30))))),
            (&[100, 402, 405, 406, 409, 411, 414, 415, 418, 431, 451, 600], ("rejected", None)),
        ] {
            for status in statuses {
                assert_eq!(word(&classify(&answer(*status, None, ""), NOW)), expected, "{status}");
            }
        }
    }

    #[test]
    fn a_wait_that_is_asked_for_counts_where_a_report_is_tried_again() {
        let asked = ("retry", Some(Wait::For(seconds(17))));
        for (status, expected) in [
            (407, asked),
            (408, asked),
            (425, asked),
            (429, asked),
            (503, asked),
            (200, ("delivered", None)),
            (302, ("rejected", None)),
            (400, ("refused", None)),
            (403, ("parked", None)),
        ] {
            assert_eq!(word(&classify(&answer(status, Some("17"), ""), NOW)), expected, "{status}");
        }
    }

    #[test]
    fn a_200_can_be_an_error() {
        for (meant, body, expected) in [
            (401, r#"{"ok":false,"error_code":401}"#, ("parked", None)),
            (400, r#"{"ok":false,"error_code":400}"#, ("refused", None)),
            (
                429,
                r#"{"ok":false,"parameters":{"retry_after":35}}"#,
                ("retry", Some(Wait::For(seconds(35)))),
            ),
        ] {
            let meant = StatusCode::from_u16(meant).unwrap();
            let outcome = classify_as(&answer(200, None, body), meant, NOW);
            assert_eq!(word(&outcome), expected, "{meant} {body}");
            assert!(format!("{outcome:?}").contains("answered 200 OK"), "{outcome:?}");
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
