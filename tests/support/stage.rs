//! Sinks of every kind, as the config makes them, each on a host of its own with a service for it.

use std::collections::BTreeSet;
use std::sync::LazyLock;
use std::time::Duration;

use serde_json::Value;

use super::kinds::{Day, KINDS, Kind, SECRET, Service};
use super::{Answer, GENEROUS, Host, Request, configure, told, wait_until};
use upstart_monitor::config::Config;
use upstart_monitor::notice::{Notice, Subject};
use upstart_monitor::paths::Places;
use upstart_monitor::redaction::{Redacted, Redaction};
use upstart_monitor::report::CrashReport;
use upstart_monitor::sinks::{Attempt, Fidelity, Outcome};
use upstart_monitor::time::Timestamp;

/// A notice of each kind, as they lie in a queue; those that name a report name
/// `data/report-v1.json`.
pub fn notices() -> Vec<Value> {
    serde_json::from_str(include_str!("../data/notices.json")).unwrap()
}

/// The kinds that the config knows, by what it says of one that it does not know.
pub fn known_kinds() -> BTreeSet<String> {
    let host = Host::new();
    host.config("[sink.nonsense.it]\n");
    let Err(errors) = load(&host) else { panic!("`nonsense` is no kind") };
    let text = format!("{errors:?}");
    let (_, names) = text.split_once("expected one of ").unwrap_or_else(|| panic!("{text}"));
    names.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn load(host: &Host) -> Result<Config, String> {
    let root = Vec::leak(host.path("").as_os_str().as_encoded_bytes().to_vec());
    Config::load(Places::under(root)).map_err(|errors| format!("{:#?}", errors.0))
}

/// A kind of sink on a host of its own, with a service for it.
pub struct Stage {
    pub kind: &'static Kind,
    pub service: Box<dyn Service>,
    _host: Host,
    config: Config,
}

impl Stage {
    /// How long a service that never ends is waited for.
    pub const SHORT: Duration = Duration::from_secs(1);

    /// With a service that has a day such as this.
    pub fn new(kind: &'static Kind, day: Day) -> Self {
        let timeout = if day == Day::Silent { Self::SHORT } else { GENEROUS };
        Self::with(kind, timeout, |host| kind.service(host, day))
    }

    /// With a service that gives this answer to every request; for kinds over HTTP.
    pub fn answering(kind: &'static Kind, answer: Answer) -> Self {
        let timeout = if matches!(answer, Answer::Hang) { Self::SHORT } else { GENEROUS };
        Self::with(kind, timeout, |_| kind.answering(answer))
    }

    fn with(
        kind: &'static Kind,
        timeout: Duration,
        service: impl FnOnce(&Host) -> Box<dyn Service>,
    ) -> Self {
        let host = Host::new();
        host.live_by("CET-1");
        let service = service(&host);
        let (name, table) = (kind.name, service.table());
        configure(&host, &format!("timeout = \"{timeout:?}\"\n[sink.{name}.it]\n{table}"));
        let config = load(&host).unwrap_or_else(|errors| panic!("{name}: {errors}"));
        Self { kind, service, _host: host, config }
    }

    /// One try. No word of its outcome shows a secret.
    pub fn try_once(&self, notice: &Redacted, fidelity: Fidelity) -> Outcome {
        let [named] = &self.config.sinks[..] else { panic!("one sink is configured") };
        let now = Timestamp::from_micros(notice.notice().time.micros() + 1_000_000);
        let outcome = named.sink.deliver(&Attempt { notice, fidelity, now });
        let shown = format!("{outcome:?}{}", named.sink.fingerprint());
        assert!(!shown.contains(SECRET), "{}: {shown}", self.kind.label());
        outcome
    }

    /// What a service that takes everything is told.
    pub fn told(&self, notice: &Redacted, fidelity: Fidelity) -> Request {
        let (label, mut taken) = (self.kind.label(), Vec::new());
        assert!(self.service.take().is_empty(), "{label}: what was told before was not looked at");
        let (outcome, _, why) = told(self.try_once(notice, fidelity));
        assert_eq!(outcome, "delivered", "{label}: {why}");
        wait_until(&format!("{label}: what was told"), || {
            taken.extend(self.service.take());
            !taken.is_empty()
        });
        // The alert of a test is resolved at once.
        let is_closed =
            label == "pagerduty" && matches!(notice.notice().subject, Subject::Test { .. });
        assert_eq!(taken.len(), if is_closed { 2 } else { 1 }, "{label}: {taken:#?}");
        taken.remove(0)
    }

    /// `notice` as it is handed over where the config says nothing of redaction.
    pub fn redacted(notice: &Notice, report: Option<&CrashReport>) -> Redacted {
        DEFAULT.redact_notice(notice, report)
    }

    /// `notice` as it is handed over where nothing is redacted.
    pub fn unredacted(notice: &Notice, report: Option<&CrashReport>) -> Redacted {
        Redaction::off().redact_notice(notice, report)
    }
}

/// What is removed where the config says nothing of it. To make it takes long.
static DEFAULT: LazyLock<Redaction> = LazyLock::new(|| Redaction::new(Vec::new()).unwrap());

/// A sink of each kind, with the default redaction.
pub struct Sinks(Vec<Stage>);

impl Sinks {
    /// Of the kinds whose name `is_meant`.
    pub fn of(is_meant: impl Fn(&str) -> bool) -> Self {
        let meant = KINDS.iter().filter(|kind| is_meant(kind.name));
        Self(meant.map(|kind| Stage::new(kind, Day::Good)).collect())
    }

    /// What each of them tells of `notice` and the report that it names.
    pub fn tell(
        &self,
        notice: &Notice,
        report: Option<&CrashReport>,
        fidelity: Fidelity,
    ) -> Vec<(&'static Kind, Request)> {
        let notice = Stage::redacted(notice, report);
        self.0.iter().map(|stage| (stage.kind, stage.told(&notice, fidelity))).collect()
    }
}
