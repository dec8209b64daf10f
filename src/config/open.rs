//! From the tables `[sink.KIND.NAME]` to sinks.

use std::collections::BTreeMap;
use std::sync::Arc;

use toml::Spanned;
use toml::de::DeValue;

use super::document::{Document, SinkTable};
use super::findings::{Findings, Found};
use super::problem::Problem;
use super::{Placed, routing, sinks};
use crate::secret::Environment;
use crate::sinks::{Context, Delivery, NamedSink, Need};
use crate::zone::Zone;

/// The longest name of a sink, in characters: `KIND.NAME` is a file name.
const NAME_LEN: usize = 64;

/// The sinks in the order of their names. What is wrong with them, and what they need, goes to
/// `findings`.
pub(super) fn open_all(
    tables: Vec<Placed<'_, SinkTable<'_>>>,
    environment: &Arc<Environment>,
    delivery: &Delivery,
    zone: &Zone,
    findings: &mut Findings,
) -> Vec<NamedSink> {
    let mut named = BTreeMap::new();
    let mut opened = Vec::new();
    for (document, sink) in tables {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let has_name = (1..=NAME_LEN).contains(&sink.name.len()) && sink.name.chars().all(is_plain);
        if !has_name {
            let text = "a sink's name is made of up to 64 letters, digits, `_` and `-`";
            findings.problems.push(document.problem(&sink.span, text));
        }
        let name = format!("{}.{}", sink.kind, sink.name);
        if let Some(first) = named.insert(name.clone(), document.spot(&sink.span))
            && has_name
        {
            let text = format!("the sink `{name}` stands at {first} already");
            findings.problems.push(document.problem(&sink.span, &text));
        }
        let context = Context::new(environment, delivery, zone, document.exposed.as_deref());
        let sink = open(document, name, sink, context, findings);
        opened.extend(sink.filter(|_| has_name));
    }
    opened.sort_by(|one, other| one.name.cmp(&other.name));
    opened
}

/// The sink of one table; `None` where something is wrong with it.
fn open(
    document: &Document,
    name: String,
    sink: SinkTable<'_>,
    mut context: Context<'_>,
    findings: &mut Findings,
) -> Option<NamedSink> {
    let SinkTable { kind, span, mut table, .. } = sink;
    let kind = match sinks::kind(&kind) {
        Ok(kind) => Some(kind),
        Err((text, meant)) => {
            findings.problems.push(document.problem(&span, &text));
            meant
        }
    }?;
    // What others say of a key is said at its value.
    let keys = keys(&table);
    let place_of = |key: &str| keys.iter().find(|(name, _)| name == key).map(|(_, span)| span);
    let routing = (kind.routing)();
    let routing = routing::take(document, &mut table, routing, &mut findings.problems);
    let opened = (kind.open)(document, table, &mut context, &mut findings.problems);
    for text in context.take_problems() {
        let at = first_quoted(&text).and_then(place_of).unwrap_or(&span);
        findings.problems.extend(opened.told.unless_told(document.problem(at, &text)));
    }
    for need in context.take_needs() {
        let at = place_of(&need.written_key()).unwrap_or(&span);
        let spot = document.spot(at);
        let is_told = |need: &Need| {
            let text = format!("`{}`", need.written_key());
            opened.told.unless_told(Problem { spot: spot.clone(), text }).is_none()
        };
        if !is_told(&need) {
            findings.needs.push(Found { sink: Some(name.clone()), need, spot });
        }
    }
    Some(NamedSink { name, routing: routing?, sink: opened.value? })
}

/// The keys of `table`, each with the place of its value.
fn keys(table: &Spanned<DeValue<'_>>) -> Vec<(String, std::ops::Range<usize>)> {
    let DeValue::Table(table) = table.get_ref() else { return Vec::new() };
    table.iter().map(|(key, value)| (key.get_ref().to_string(), value.span())).collect()
}

/// The first word in `text` that stands in backquotes.
fn first_quoted(text: &str) -> Option<&str> {
    text.split('`').nth(1)
}
