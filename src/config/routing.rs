//! The keys that every `[sink.KIND.NAME]` may have: which notices it is sent.

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::document::Document;
use super::problem::Problem;
use super::reading;
use super::words::{Loudness, ToldVerdict, every_job, jobs};
use crate::globs::JobGlobs;
use crate::routing::Routing;

/// Their names, which no kind of sink uses for anything else.
pub(super) const KEYS: [&str; 5] = ["jobs", "verdicts", "min_severity", "fold", "recovered"];

/// What every sink may say, of whatever kind: what it is told of. NAME is made of up to 64 letters,
/// digits, `-` and `_`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// Of which jobs; of all but some with a list of `"!GLOB"` only. Default: every job.
    #[serde(default = "every_job", deserialize_with = "jobs")]
    jobs: JobGlobs,
    /// After which verdicts. Default: all.
    #[serde(default, deserialize_with = "verdicts")]
    verdicts: Option<Vec<ToldVerdict>>,
    /// How loud it must be, at least. Default: everything.
    min_severity: Option<Loudness>,
    /// Whether crashes that repeat are told of together; otherwise each is told by itself. Default:
    /// `true`; of `file`, `otlp` and `sentry` `false`.
    fold: Option<bool>,
    /// Whether it is told that a job has recovered. Default: `true`; of `file`, `otlp` and `sentry`
    /// `false`.
    recovered: Option<bool>,
}

fn verdicts<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<ToldVerdict>>, D::Error> {
    let named = Vec::<ToldVerdict>::deserialize(deserializer)?;
    if named.is_empty() {
        let why = "`verdicts` names none; without it the sink is told of all";
        return Err(serde::de::Error::custom(why));
    }
    Ok(Some(named))
}

/// Takes these keys out of the table of a sink, and makes of them what it is sent, where `default`
/// is what a sink of its kind is sent. What is wrong with them goes to `problems`.
pub(super) fn take(
    document: &Document,
    table: &mut Spanned<DeValue<'_>>,
    default: Routing,
    problems: &mut Vec<Problem>,
) -> Option<Routing> {
    let span = table.span();
    // What is no table, the sink's own settings refuse.
    let DeValue::Table(sink) = table.get_mut() else { return None };
    let mut common = DeTable::new();
    for key in KEYS {
        common.extend(sink.remove_entry(key));
    }
    let common = Spanned::new(span, DeValue::Table(common));
    let Settings { jobs, verdicts, min_severity, fold, recovered } =
        reading::read(document, common, &[], problems).value?;
    Some(Routing {
        jobs,
        verdicts: verdicts
            .map(|named| named.into_iter().map(|ToldVerdict(kind)| kind).collect())
            .or(default.verdicts),
        min_severity: min_severity.map_or(default.min_severity, |Loudness(severity)| severity),
        fold: fold.unwrap_or(default.fold),
        recovered: recovered.unwrap_or(default.recovered),
        resolves: default.resolves,
    })
}
