//! `[job."NAME"]`: what the jobs that a glob names log to, and what their reports carry.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, de::Error};
use std::path::PathBuf;

use super::document::JobTable;
use super::problem::Problem;
use super::words::{Loudness, ToldVerdict, Word, word};
use super::{Placed, reading};
use crate::examine::{JOURNAL, JobLogs, LogSource};
use crate::job_settings::{JobSettings, OWN_LABELS, Setting};
use crate::sinks::parse_url;
use crate::verdict::{Severity, VerdictKind};

/// What holds for a job, or for all that a glob names. Several tables may name a job: all hold, and
/// of two that differ the later one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Job {
    /// Logs of a job that logs elsewhere than to its console. With systemd on the host, `"journal"` is
    /// the journal of the unit that is named like the job. Default: none.
    #[serde(default, deserialize_with = "sources")]
    log: Vec<LogSource>,
    /// How loud its reports are: one severity for all verdicts, or one for each, such as
    /// `{ crashed = "warning", gave_up = "critical" }`. Default: critical for `gave_up`, a warning for
    /// `unseen` and `unclear`, an error for the rest.
    #[serde(default, deserialize_with = "severities")]
    severity: BTreeMap<VerdictKind, Severity>,
    /// What its reports carry for services that route by labels: `{ team = "web" }`. Default: none.
    #[serde(default)]
    labels: BTreeMap<LabelName, String>,
    /// The URL of the page that says what is to be done. Default: none.
    #[serde(default, deserialize_with = "url")]
    runbook: Option<String>,
}

/// What all tables say together, in their order: for the examination, and for the reports. What is
/// wrong with one goes to `problems`.
pub(super) fn read(
    jobs: Vec<Placed<'_, JobTable<'_>>>,
    problems: &mut Vec<Problem>,
) -> (Vec<JobLogs>, JobSettings) {
    let (mut logs, mut settings) = (Vec::new(), JobSettings::default());
    let mut named = BTreeMap::new();
    for (document, job) in jobs {
        let JobTable { name, table, span } = job;
        if let Some(first) = named.insert(name.clone(), document.spot(&span)) {
            let text = format!("the job `{name}` stands at {first} already");
            problems.push(document.problem(&span, &text));
        }
        let read = reading::read(document, table, &[], problems);
        let Some(Job { log, severity, labels, runbook }) = read.value else { continue };
        if !log.is_empty() {
            logs.push(JobLogs { job: name.clone(), sources: log });
        }
        let labels = labels.into_iter().map(|(LabelName(name), value)| (name, value)).collect();
        settings.0.push(Setting { jobs: name, severity, labels, runbook });
    }
    (logs, settings)
}

fn sources<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<LogSource>, D::Error> {
    let named = Vec::<PathBuf>::deserialize(deserializer)?;
    let source = |path: PathBuf| match path.to_str() {
        Some(JOURNAL) => Ok(LogSource::Journal),
        _ if path.is_absolute() => Ok(LogSource::File(path)),
        _ => Err(D::Error::custom("each of `log` must be an absolute path, or \"journal\"")),
    };
    named.into_iter().map(source).collect()
}

/// One severity for all verdicts, or a table of them.
fn severities<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<VerdictKind, Severity>, D::Error> {
    struct Severities;

    impl<'de> serde::de::Visitor<'de> for Severities {
        type Value = BTreeMap<VerdictKind, Severity>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a severity, or a table with one for each verdict")
        }

        fn visit_str<E: Error>(self, word: &str) -> Result<Self::Value, E> {
            let Loudness(severity) = Loudness::parse(word).map_err(E::custom)?;
            Ok(VerdictKind::TOLD.map(|kind| (kind, severity)).into())
        }

        fn visit_map<A: serde::de::MapAccess<'de>>(
            self,
            mut map: A,
        ) -> Result<Self::Value, A::Error> {
            let mut severities = BTreeMap::new();
            while let Some((ToldVerdict(kind), Loudness(severity))) = map.next_entry()? {
                severities.insert(kind, severity);
            }
            Ok(severities)
        }
    }

    deserializer.deserialize_any(Severities)
}

/// The name of a label: what the services that route by labels take.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct LabelName(String);

impl Word for LabelName {
    fn parse(text: &str) -> Result<Self, String> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if OWN_LABELS.contains(&text) {
            return Err(format!("the label `{text}` is the report's own"));
        }
        if text.is_empty()
            || text.starts_with(|c: char| c.is_ascii_digit())
            || !text.chars().all(is_plain)
        {
            let why = "the name of a label is made of letters, digits and `_`, no digit first";
            return Err(why.to_owned());
        }
        Ok(Self(text.to_owned()))
    }
}

impl<'de> Deserialize<'de> for LabelName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        word(deserializer)
    }
}

fn url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_url(&text).map(|_| Some(text)).map_err(D::Error::custom)
}
