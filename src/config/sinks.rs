//! The one table that knows all kinds of sinks.

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeValue, Error, ValueDeserializer};

use super::words::list;
use crate::routing::Routing;
use crate::sinks::{
    Context, Sink, alertmanager, email, exec, file, pagerduty, slack, syslog, webhook,
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

/// Each kind by the name that the config gives it.
const KINDS: [Kind; 8] = [
    Kind {
        name: "alertmanager",
        open: |table, context| Ok(alertmanager::open(read(table)?, context)),
        routing: Routing::of_alerts,
    },
    Kind {
        name: "email",
        open: |table, context| Ok(email::open(read(table)?, context)),
        routing: Routing::default,
    },
    Kind {
        name: "exec",
        open: |table, context| Ok(exec::open(read(table)?, context)),
        routing: Routing::default,
    },
    Kind {
        name: "file",
        open: |table, context| Ok(file::open(read(table)?, context)),
        routing: Routing::of_a_feed,
    },
    Kind {
        name: "pagerduty",
        open: |table, context| Ok(pagerduty::open(read(table)?, context)),
        routing: Routing::of_alerts,
    },
    Kind {
        name: "slack",
        open: |table, context| Ok(slack::open(read(table)?, context)),
        routing: Routing::default,
    },
    Kind {
        name: "syslog",
        open: |table, context| Ok(syslog::open(read(table)?, context)),
        routing: Routing::default,
    },
    Kind {
        name: "webhook",
        open: |table, context| Ok(webhook::open(read(table)?, context)),
        routing: Routing::default,
    },
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
