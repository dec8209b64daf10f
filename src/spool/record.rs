//! How the delivery of one report to one sink stands: the content of `queue/SINK/ID.json`.

use serde::{Deserialize, Serialize};

use crate::sinks::Fidelity;
use crate::time::Timestamp;

/// How the delivery of one report to one sink stands.
///
/// Life cycle: made fresh when the report is taken, rewritten after each try that failed, removed
/// when the sink has taken the report, or moved to `dead/SINK/` with the reason inside. One that
/// was torn by a power loss is a fresh one: the report is owed, how often it was tried is lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// When the notifier took the report.
    pub queued_at: Timestamp,
    /// How often it was tried.
    #[serde(default)]
    pub attempts: u32,
    /// When it was tried last.
    #[serde(default)]
    pub tried_at: Option<Timestamp>,
    /// When it is to be tried next; null is at once.
    #[serde(default)]
    pub next_attempt_at: Option<Timestamp>,
    /// What the sink said last.
    #[serde(default)]
    pub last_error: Option<String>,
    /// How much of the report is sent.
    #[serde(default = "full", with = "FidelityText")]
    pub fidelity: Fidelity,
    /// Why nothing more is tried; null while the report is owed.
    #[serde(default)]
    pub given_up: Option<String>,
}

impl Record {
    /// The record of a report that was taken at `now` and not tried yet.
    pub fn fresh(now: Timestamp) -> Self {
        Self {
            queued_at: now,
            attempts: 0,
            tried_at: None,
            next_attempt_at: None,
            last_error: None,
            fidelity: Fidelity::Full,
            given_up: None,
        }
    }

    /// The record that `json` holds, or a fresh one where it was torn.
    pub(super) fn parse(json: &[u8], now: Timestamp) -> Self {
        serde_json::from_slice(json).unwrap_or_else(|_| Self::fresh(now))
    }
}

/// Why a sink is sent nothing: the content of `queue/SINK/parked`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parked {
    /// The sink's fingerprint then: another one sets it free.
    pub fingerprint: String,
    /// What the service said.
    pub why: String,
    /// Since when.
    pub since: Timestamp,
}

/// [`Fidelity`] as it is written.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Fidelity", rename_all = "snake_case")]
enum FidelityText {
    Full,
    Minimal,
}

fn full() -> Fidelity {
    Fidelity::Full
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_read_as_it_was_written_and_afresh_where_it_was_torn() {
        let now = Timestamp::from_micros(1_795_232_537_123_456);
        let record = Record {
            attempts: 3,
            tried_at: Some(now),
            next_attempt_at: Some(now),
            last_error: Some("HTTP 503".to_owned()),
            fidelity: Fidelity::Minimal,
            ..Record::fresh(now)
        };
        let json = serde_json::to_vec(&record).unwrap();
        let later = Timestamp::from_micros(1_795_232_538_000_000);
        assert_eq!(Record::parse(&json, later), record);
        for length in 0..json.len() {
            assert_eq!(Record::parse(&json[..length], later), Record::fresh(later));
        }
    }
}
