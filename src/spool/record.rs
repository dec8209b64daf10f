//! How the delivery of one notice to one sink stands: the content of `queue/SINK/ID.json`.

use serde::{Deserialize, Serialize};

use crate::incident::Account;
use crate::notice::Notice;
use crate::sinks::Fidelity;
use crate::time::Timestamp;

/// How the delivery of one notice to one sink stands.
///
/// Life cycle: made fresh when the notice is, rewritten after each try that failed, removed when
/// the sink has taken it, or moved to `dead/SINK/` with the reason inside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// What is told; null where it is the report with this name, by itself.
    #[serde(default)]
    pub notice: Option<Notice>,
    /// When the notifier made it.
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
    /// Why nothing more is tried; null while the notice is owed.
    #[serde(default)]
    pub given_up: Option<String>,
    /// What is written down elsewhere before the notice goes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<(String, Account)>,
}

impl Record {
    /// The record of a report that was taken at `now`, is told by itself, and was not tried yet.
    pub fn fresh(now: Timestamp) -> Self {
        Self {
            notice: None,
            queued_at: now,
            attempts: 0,
            tried_at: None,
            next_attempt_at: None,
            last_error: None,
            fidelity: Fidelity::Full,
            given_up: None,
            accounts: Vec::new(),
        }
    }

    /// The record of `notice`, which was made at `now` and was not tried yet. Before it goes,
    /// `accounts` are what its sink has been told of the incidents with these keys.
    pub fn of(notice: Notice, accounts: Vec<(String, Account)>, now: Timestamp) -> Self {
        Self { notice: Some(notice), accounts, ..Self::fresh(now) }
    }

    /// The record that `json` holds; where it was torn a fresh one: the report is owed, how often
    /// it was tried is lost.
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
