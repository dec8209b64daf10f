//! The one table that knows all kinds of sinks.

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeValue, Error, ValueDeserializer};

use crate::sinks::{Context, Sink, file, slack, webhook};

/// Makes a sink of its table; `None` where the context has noted why not.
type Open = fn(Spanned<DeValue<'_>>, &mut Context<'_>) -> Result<Option<Box<dyn Sink>>, Error>;

/// Each kind by the name that the config gives it.
const KINDS: [(&str, Open); 3] = [
    ("file", |table, context| Ok(file::open(read(table)?, context))),
    ("slack", |table, context| Ok(slack::open(read(table)?, context))),
    ("webhook", |table, context| Ok(webhook::open(read(table)?, context))),
];

/// How sinks of `kind` are made.
///
/// # Errors
/// That there is no such kind, and which there are.
pub(super) fn kind(kind: &str) -> Result<Open, String> {
    let known = KINDS.iter().find(|(name, _)| *name == kind);
    known.map(|(_, open)| *open).ok_or_else(|| {
        let names = KINDS.map(|(name, _)| format!("`{name}`")).join(", ");
        format!("unknown kind of sink `{kind}`, expected one of {names}")
    })
}

fn read<'de, T: Deserialize<'de>>(table: Spanned<DeValue<'de>>) -> Result<T, Error> {
    T::deserialize(ValueDeserializer::from(table))
}
