//! The one table that knows all kinds of sinks.

use toml::Spanned;
use toml::de::DeValue;

use super::document::Document;
use super::nearest::{nearest, unknown};
use super::problem::Problem;
use super::reading::{self, Read};
use super::routing::KEYS;
use crate::routing::Routing;
use crate::sinks::{
    Context, Sink, alertmanager, discord, email, exec, file, googlechat, matrix, mattermost, ntfy,
    otlp, pagerduty, rocketchat, sentry, slack, syslog, teams, telegram, webhook,
};

/// Makes a sink of its table in a document; `None` where the problems, or the context, say why not.
type Open =
    fn(&Document, Spanned<DeValue<'_>>, &mut Context<'_>, &mut Vec<Problem>) -> Read<Box<dyn Sink>>;

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
            open: |document, table, context, problems| {
                let Read { value, told } = reading::read(document, table, &KEYS, problems);
                Read { value: value.and_then(|settings| $name::open(settings, context)), told }
            },
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

/// The kind that is called `name`; or else what is wrong with that, and the kind that was meant.
pub(super) fn kind(name: &str) -> Result<Kind, (String, Option<Kind>)> {
    let called = |name: &str| KINDS.into_iter().find(|kind| kind.name == name);
    called(name).ok_or_else(|| {
        let names = KINDS.map(|kind| kind.name);
        let text = unknown(name, &names, &[], |name| format!("unknown kind of sink {name}"));
        (text, nearest(name, &names).and_then(called))
    })
}
