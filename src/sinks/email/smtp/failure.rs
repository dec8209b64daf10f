//! Why a server did not take a mail, and what that means for the notice.

use std::io::{self, ErrorKind};

use super::Server;
use super::connection::Trouble;
use crate::message::{harmless, shortened};
use crate::secret::Redactor;
use crate::sinks::http::{causes, is_about_trust};
use crate::sinks::{MENDING, Outcome, WORDS, Wait};

/// What was being done when the server said no, or nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// The connection, or its encryption.
    Connect,
    /// Who we are.
    Login,
    /// Who writes, and to whom.
    Envelope,
    /// The mail.
    Content,
}

/// Why a mail was not handed over.
#[derive(Debug)]
pub(super) enum Failure {
    /// The server or the network said so.
    Said(Step, Trouble),
    /// Nobody is known there to whom the mail is; what the server said of each.
    Nobody(Vec<String>),
    /// What must not happen.
    Unwritten(String),
}

impl Failure {
    /// Whether the time limit is what ended the conversation.
    pub(super) fn is_late(&self) -> bool {
        let Self::Said(_, Trouble::Broken(error)) = self else { return false };
        causes(error).any(|cause| {
            let kind = cause.downcast_ref::<io::Error>().map(io::Error::kind);
            matches!(kind, Some(ErrorKind::WouldBlock | ErrorKind::TimedOut))
        })
    }

    /// What it means for the notice. No word of it shows what `redactor` strikes out.
    pub(super) fn outcome(&self, server: &Server, redactor: &Redactor) -> Outcome {
        let told = |why: &str| {
            let why = harmless(&redactor.redact(why));
            format!("{server}: {}", shortened(&why, WORDS))
        };
        let (step, trouble) = match self {
            Self::Said(step, trouble) => (*step, trouble),
            Self::Nobody(refused) => return Outcome::Parked { why: told(&refused.join("; ")) },
            Self::Unwritten(why) => return Outcome::Rejected { why: told(why) },
        };
        let why = match step {
            Step::Login => told(&format!("authorisation failed: {trouble}")),
            _ => told(&trouble.to_string()),
        };
        match trouble {
            Trouble::Broken(error) if is_about_trust(error) => {
                Outcome::Retry { why, wait: MENDING }
            }
            // 530: it wants to know who we are, or wants TLS.
            Trouble::No(answer) if answer.is_for_good() && answer.code == 530 => {
                Outcome::Parked { why }
            }
            Trouble::No(answer) if answer.is_for_good() && step == Step::Content => {
                Outcome::Refused { why }
            }
            Trouble::No(answer) if answer.is_for_good() => Outcome::Parked { why },
            Trouble::Lacks(_) => Outcome::Parked { why },
            Trouble::No(_) | Trouble::Strange(_) | Trouble::Broken(_) => {
                Outcome::Retry { why, wait: Wait::BackOff }
            }
        }
    }
}
