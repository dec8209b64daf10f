//! Where reports go. One file a service; a sink tries once and answers with an [`Outcome`].
//!
//! Retry, order, back-off and folding are the policy's; a sink knows nothing of the spool.

mod addresses;
pub mod alertmanager;
mod chat;
mod context;
mod delivery;
pub mod discord;
pub mod email;
pub mod exec;
pub mod file;
mod fit;
pub mod googlechat;
mod http;
mod json;
mod markdown;
pub mod matrix;
pub mod mattermost;
mod mrkdwn;
mod need;
pub mod ntfy;
pub mod otlp;
mod outline;
pub mod pagerduty;
pub mod rocketchat;
#[cfg(test)]
pub(crate) mod samples;
pub mod sentry;
pub mod slack;
pub mod syslog;
pub mod teams;
pub mod telegram;
#[cfg(test)]
mod testing;
mod text;
mod time_limit;
pub mod webhook;

use std::time::Duration;

use sha2::{Digest, Sha256};

pub use context::{Context, Overrides};
pub use delivery::{Delivery, Period};
pub use http::ProxyChoice;
pub(crate) use http::parse_url;
pub use need::{Flaw, Need, Needed, Shape};

use crate::message::{harmless, shortened};
use crate::redaction::Redacted;
use crate::routing::Routing;
use crate::time::Timestamp;

/// One try to hand one notice to one sink.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// What is to be handed over: nothing that must not leave the host is in it.
    pub notice: &'a Redacted,
    /// How much of it.
    pub fidelity: Fidelity,
    /// When the try is made.
    pub now: Timestamp,
}

/// How much of a report a message carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fidelity {
    /// Everything that fits.
    Full,
    /// Title and key facts as plain text: after the service refused the full form.
    Minimal,
}

/// What became of one try. The texts name no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The service took it.
    Delivered {
        /// What it answered, in a few harmless words: `200 OK`.
        answer: String,
    },
    /// Not now; later it may.
    Retry {
        /// What the service or the network said.
        why: String,
        /// How long the whole sink is left alone.
        wait: Wait,
    },
    /// The service does not take this message in this form.
    Refused {
        /// What the service said.
        why: String,
    },
    /// The service takes nothing from us until its config or secret changes.
    Parked {
        /// What the service said.
        why: String,
    },
    /// The service will never take this.
    Rejected {
        /// What the service said.
        why: String,
    },
}

/// How long a sink is left alone after a try that may be made again. The policy spreads it by
/// chance and bounds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// Nobody said: a back-off.
    BackOff,
    /// This long, as the service asked, or as people need to mend what is wrong.
    For(Duration),
    /// This long after the first try, twice as long after each further one.
    Doubling(Duration),
}

/// A place that reports are handed to.
pub trait Sink: Send + Sync {
    /// Tries once. Bounded in time; follows no redirect; never panics.
    fn deliver(&self, attempt: &Attempt<'_>) -> Outcome {
        self.try_once(attempt).unwrap_or_else(|outcome| outcome)
    }

    /// The same, for sinks to write: where a step fails, the outcome is known.
    ///
    /// # Errors
    /// The outcome, where nothing was handed over.
    fn try_once(&self, attempt: &Attempt<'_>) -> Result<Outcome, Outcome>;

    /// Changes when the config or the secret does: a parked sink is tried again then.
    fn fingerprint(&self) -> String;
}

/// A sink and its name, `KIND.NAME` as in the config; the name is a file name too.
pub struct NamedSink {
    /// `slack.ops`.
    pub name: String,
    /// What it is sent.
    pub routing: Routing,
    /// The sink.
    pub sink: Box<dyn Sink>,
}

/// How long a service is left alone whose certificate, or our own set-up, must be mended first.
const MENDING: Wait = Wait::For(Duration::from_secs(5 * 60));

/// Of what others say, this many characters are told.
const WORDS: usize = 200;

/// `: no such topic`: what a command said last, which says it best; empty where it said nothing.
fn said_last(output: &str) -> String {
    let last = output.lines().rev().map(str::trim).find(|line| !line.is_empty());
    last.map_or_else(String::new, |line| format!(": {}", shortened(&harmless(line), WORDS)))
}

/// A fingerprint of `parts`, in which none of them can be read.
fn fingerprint(parts: &[&str]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.len().to_le_bytes());
        digest.update(part);
    }
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
