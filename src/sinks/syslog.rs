//! `[sink.syslog.NAME]`: a line a notice, to the host's own syslog or to one elsewhere.
//!
//! Nobody says that a line was taken: what the kernel took counts as delivered.

mod line;
mod target;

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use super::{Attempt, Context, Fidelity, Outcome, Period, Sink, Wait, fingerprint};
use crate::message::{Message, View};
use crate::secret::Environment;
use target::Target;

/// The names of facilities that a program may use, each at its number.
const FACILITIES: [(&str, u8); 14] = [
    ("user", 1),
    ("mail", 2),
    ("daemon", 3),
    ("auth", 4),
    ("cron", 9),
    ("authpriv", 10),
    ("local0", 16),
    ("local1", 17),
    ("local2", 18),
    ("local3", 19),
    ("local4", 20),
    ("local5", 21),
    ("local6", 22),
    ("local7", 23),
];

/// Which part of the system speaks, as syslog sorts its lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Facility(u8);

/// The table `[sink.syslog.NAME]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The socket of the host's own syslog, or another host's: `udp://HOST:PORT`, `tcp://HOST:PORT`.
    /// Default: `"/dev/log"`.
    target: Option<String>,
    /// `daemon`, `user`, `mail`, `auth`, `authpriv`, `cron`, `local0` to `local7`. Default: `"daemon"`.
    facility: Option<String>,
    timeout: Option<Period>,
}

/// Makes the sink.
pub fn open(settings: Settings, context: &mut Context<'_>) -> Option<Box<dyn Sink>> {
    let Settings { target, facility, timeout } = settings;
    let target = context.noted(Target::parse(target.as_deref().unwrap_or("/dev/log")));
    let facility = context.noted(Facility::parse(facility.as_deref().unwrap_or("daemon")));
    Some(Box::new(Syslog {
        target: target?,
        facility: facility?,
        timeout: context.timeout(timeout),
        environment: context.environment(),
        view: context.view(),
    }))
}

impl Facility {
    fn parse(name: &str) -> Result<Self, String> {
        let known = FACILITIES.into_iter().find(|(known, _)| *known == name);
        known.map(|(_, number)| Self(number)).ok_or_else(|| {
            let names = FACILITIES.map(|(known, _)| format!("`{known}`")).join(", ");
            format!("`facility` is none of {names}")
        })
    }
}

struct Syslog {
    target: Target,
    facility: Facility,
    timeout: Duration,
    environment: Arc<Environment>,
    view: View,
}

impl Sink for Syslog {
    fn try_once(&self, attempt: &Attempt<'_>) -> Result<Outcome, Outcome> {
        let sent = self.target.send(&self.line(attempt), self.timeout, &self.environment);
        let again =
            |why| Outcome::Retry { why: format!("{}: {why}", self.target), wait: Wait::BackOff };
        sent.map_err(again)?;
        Ok(Outcome::Delivered { answer: self.target.confirmation().to_owned() })
    }

    fn fingerprint(&self) -> String {
        fingerprint(&["syslog", &self.target.to_string(), &self.facility.0.to_string()])
    }
}

impl Syslog {
    fn line(&self, attempt: &Attempt<'_>) -> String {
        let Attempt { notice: told, fidelity, now } = *attempt;
        let message = Message::of(told, now, &self.view);
        let notice = told.notice();
        let text = |most| match fidelity {
            Fidelity::Full => line::full(&message, notice, most),
            Fidelity::Minimal => line::minimal(&message, notice, most),
        };
        let most = self.target.longest_line();
        match self.target {
            Target::Local(_) => {
                let ahead = self.view.zone.ahead_seconds(now);
                line::bsd(self.facility, notice, text, now, ahead, most)
            }
            Target::Udp(..) | Target::Tcp(..) => line::rfc_5424(self.facility, notice, text, most),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paths::Places;
    use crate::redaction::Redacted;
    use crate::sinks::{samples, testing};

    /// What `target` is sent of `told`.
    fn line(target: &str, told: &Redacted, fidelity: Fidelity) -> String {
        let environment = Environment::of(Places::under(b"")).into();
        let (target, facility) =
            (Target::parse(target).unwrap(), Facility::parse("daemon").unwrap());
        let view = samples::view(50);
        let syslog =
            Syslog { target, facility, timeout: Duration::from_secs(1), environment, view };
        syslog.line(&Attempt { notice: told, fidelity, now: told.notice().time })
    }

    #[test]
    fn every_line_keeps_the_limit_of_its_target_and_uses_its_room() {
        for (target, most) in [("/dev/log", 2048), ("tcp://x", 2048), ("udp://x", 1472)] {
            let mut longest = 0;
            for told in samples::all_told() {
                for fidelity in [Fidelity::Full, Fidelity::Minimal] {
                    let line = line(target, &told, fidelity);
                    assert!(line.len() <= most && testing::is_harmless(&line), "{line:?}");
                    longest = line.len().max(longest);
                }
            }
            assert!(longest > most / 100 * 90, "{target} has room for more: {longest}");
        }
    }
}
