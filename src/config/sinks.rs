//! The one table that knows all kinds of sinks.

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeValue, Error, ValueDeserializer};

use super::words::list;
use crate::routing::Routing;
use crate::sinks::{
    Context, Sink, alertmanager, discord, email, exec, file, googlechat, matrix, mattermost, ntfy,
    otlp, pagerduty, rocketchat, sentry, slack, syslog, teams, telegram, webhook,
};

/// Makes a sink of its table; `None` where the context has noted why not.
type Open = fn(Spanned<DeValue<'_>>, &mut Context<'_>) -> Result<Option<Box<dyn Sink>>, Error>;

/// A kind of sink.
pub(super) struct Kind {
    /// As the config calls it.
    name: &'static str,
    /// How one is made.
    pub(super) open: Open,
    /// What one is sent that says nothing else.
    pub(super) routing: fn() -> Routing,
}

/// The kind that is called like its module.
macro_rules! kind {
    ($name:ident, $routing:path) => {
        Kind {
            name: stringify!($name),
            open: |table, context| Ok($name::open(read(table)?, context)),
            routing: $routing,
        }
    };
}

/// Each kind by the name that the config gives it.
const KINDS: [Kind; 18] = [
    kind!(alertmanager, Routing::of_alerts),
    kind!(discord, Routing::default),
    kind!(email, Routing::default),
    kind!(exec, Routing::default),
    kind!(file, Routing::of_a_feed),
    kind!(googlechat, Routing::default),
    kind!(matrix, Routing::default),
    kind!(mattermost, Routing::default),
    kind!(ntfy, Routing::default),
    kind!(otlp, Routing::of_a_feed),
    kind!(pagerduty, Routing::of_alerts),
    kind!(rocketchat, Routing::default),
    kind!(sentry, Routing::of_a_feed),
    kind!(slack, Routing::default),
    kind!(syslog, Routing::default),
    kind!(teams, Routing::default),
    kind!(telegram, Routing::default),
    kind!(webhook, Routing::default),
];

/// The kind that is called `name`.
///
/// # Errors
/// That there is no such kind, and which there are.
pub(super) fn kind(name: &str) -> Result<Kind, String> {
    KINDS.into_iter().find(|kind| kind.name == name).ok_or_else(|| {
        let names = list(KINDS.map(|kind| kind.name));
        format!("unknown kind of sink `{name}`, expected one of {names}")
    })
}

fn read<'de, T: Deserialize<'de>>(table: Spanned<DeValue<'de>>) -> Result<T, Error> {
    T::deserialize(ValueDeserializer::from(table))
}
