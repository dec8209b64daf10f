//! `[sink.alertmanager.NAME]`: an alert by the API v2 of Prometheus Alertmanager.
//!
//! The replicas of a cluster share what they have told, not what they were told: every one of them
//! gets every alert, past any load balancer. One that took it is enough, because one that stays
//! down for a week must not hold up the queue, and the others do its work.

mod layout;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use serde::Deserialize;

use super::http::{Post, ProxyChoice, Transport, classify, parse_url};
use super::{Attempt, Context, Fidelity, Outcome, Overrides, Period, Sink, fingerprint};
use crate::message::{Message, View};
use crate::secret::{Environment, Secret, SecretSource};
use crate::verdict::Severity;
use layout::Layout;

/// As long as a job in trouble is watched for the all-clear: an alert that lapsed before would tell
/// people, falsely, that all is well.
const RESOLVE_AFTER: Duration = Duration::from_secs(24 * 3600);

/// The table `[sink.alertmanager.NAME]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The replicas; each gets everything.
    urls: Vec<String>,
    /// Whom a proxy in front of them lets through, with a password.
    username: Option<String>,
    /// The password.
    password: Option<Secret>,
    /// The file that holds it.
    password_file: Option<PathBuf>,
    /// The variable that holds it.
    password_env: Option<String>,
    /// What such a proxy takes instead of both.
    bearer_token: Option<Secret>,
    /// The file that holds it.
    bearer_token_file: Option<PathBuf>,
    /// The variable that holds it.
    bearer_token_env: Option<String>,
    /// When an alert ends that nobody has resolved.
    resolve_after: Option<Period>,
    /// More labels of every alert.
    #[serde(default)]
    labels: BTreeMap<String, String>,
    /// The value of the label `severity` for ours, where that is another word.
    #[serde(default)]
    severity: BTreeMap<Severity, String>,
    timeout: Option<Period>,
    proxy: Option<ProxyChoice>,
    ca_file: Option<PathBuf>,
}

/// Makes the sink.
pub fn open(settings: Settings, context: &mut Context<'_>) -> Option<Box<dyn Sink>> {
    let Settings { password, password_file, password_env, .. } = settings;
    let password = SecretSource::at_most_one_of("password", password, password_file, password_env);
    let password = context.noted(password);
    let Settings { bearer_token, bearer_token_file, bearer_token_env, .. } = settings;
    let token = SecretSource::at_most_one_of(
        "bearer_token",
        bearer_token,
        bearer_token_file,
        bearer_token_env,
    );
    let token = context.noted(token);
    let credentials = Credentials::of(settings.username, password?, token?);
    let credentials = context.noted(credentials);
    let urls = context.noted(alerts_urls(&settings.urls));
    let labels = context.noted(layout::checked(settings.labels));
    let (timeout, proxy, ca_file) = (settings.timeout, settings.proxy, settings.ca_file);
    Some(Box::new(Alertmanager {
        urls: urls?,
        credentials: credentials?.guarded(context),
        layout: Layout {
            labels: labels?,
            severity: settings.severity,
            resolve_after: settings.resolve_after.map_or(RESOLVE_AFTER, |period| period.0),
        },
        transport: context.transport(Overrides { timeout, proxy, ca_file }),
        environment: context.environment(),
        view: context.view(),
    }))
}

/// Where each replica takes alerts.
fn alerts_urls(bases: &[String]) -> Result<Vec<Url>, String> {
    if bases.is_empty() {
        return Err("`urls` names no Alertmanager".to_owned());
    }
    let url = |base: &String| {
        let url = parse_url(base).map_err(|why| format!("`urls`: {why}"))?;
        if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
            return Err("`urls`: no user, password or query; see `username`".to_owned());
        }
        let path = format!("{}/api/v2/alerts", url.as_str().trim_end_matches('/'));
        parse_url(&path).map_err(|why| format!("`urls`: {why}"))
    };
    bases.iter().map(url).collect()
}

/// What a proxy in front of Alertmanager asks for; Alertmanager itself may ask for it, too.
#[derive(Debug)]
enum Credentials {
    None,
    Basic(String, SecretSource),
    Bearer(SecretSource),
}

impl Credentials {
    fn of(
        username: Option<String>,
        password: Option<SecretSource>,
        token: Option<SecretSource>,
    ) -> Result<Self, String> {
        match (username, password, token) {
            (None, None, None) => Ok(Self::None),
            (Some(user), Some(password), None) => Ok(Self::Basic(user, password)),
            (None, None, Some(token)) => Ok(Self::Bearer(token)),
            (_, _, Some(_)) => {
                Err("`bearer_token` stands for `username` and `password`".to_owned())
            }
            _ => Err("`username` and `password` belong together".to_owned()),
        }
    }

    fn guarded(self, context: &Context<'_>) -> Self {
        match self {
            Self::None => Self::None,
            Self::Basic(user, password) => Self::Basic(user, context.guarded(password)),
            Self::Bearer(token) => Self::Bearer(context.guarded(token)),
        }
    }

    /// The header `Authorization`; `None` where there is nothing to be said.
    ///
    /// # Errors
    /// Why it cannot be had, without the secret.
    fn header(&self, environment: &Environment) -> Result<Option<HeaderValue>, String> {
        let (key, text) = match self {
            Self::None => return Ok(None),
            Self::Basic(user, password) => {
                let password = password.read(environment).map_err(|w| format!("password: {w}"))?;
                let both = STANDARD.encode(format!("{user}:{}", password.reveal()));
                ("password", format!("Basic {both}"))
            }
            Self::Bearer(token) => {
                let token = token.read(environment).map_err(|w| format!("bearer_token: {w}"))?;
                ("bearer_token", format!("Bearer {}", token.reveal()))
            }
        };
        let value = HeaderValue::try_from(text);
        let mut value = value.map_err(|_| format!("{key}: it cannot be sent in a header"))?;
        value.set_sensitive(true);
        Ok(Some(value))
    }

    /// What it is now. Only for fingerprints.
    fn state(&self, environment: &Environment) -> Secret {
        match self {
            Self::None => Secret::from(String::new()),
            Self::Basic(user, password) => {
                Secret::from(format!("{user}:{}", password.state(environment).reveal()))
            }
            Self::Bearer(token) => token.state(environment),
        }
    }
}

struct Alertmanager {
    urls: Vec<Url>,
    credentials: Credentials,
    layout: Layout,
    transport: Transport,
    environment: Arc<Environment>,
    view: View,
}

impl Sink for Alertmanager {
    fn deliver(&self, attempt: &Attempt<'_>) -> Outcome {
        let message = Message::of(attempt.notice, attempt.now, &self.view);
        let alerts =
            self.layout.alerts(attempt.notice, &message, attempt.fidelity, attempt.now).to_string();
        let mut headers = HeaderMap::new();
        match self.credentials.header(&self.environment) {
            Ok(value) => headers.extend(value.map(|value| (AUTHORIZATION, value))),
            Err(why) => return Outcome::Parked { why },
        }
        let post = |url: &Url| {
            let (url, headers, body) = (url.clone(), headers.clone(), alerts.clone().into_bytes());
            let answer = self.transport.post_json(Post { url, headers, body });
            answer.map_or_else(|outcome| outcome, |answer| classify(&answer, attempt.now))
        };
        together(at_once(&self.urls, &post), attempt.fidelity)
    }

    fn fingerprint(&self) -> String {
        fingerprint(&[
            "alertmanager",
            &format!("{:?}", self.urls),
            self.credentials.state(&self.environment).reveal(),
            &format!("{:?}", self.layout),
            self.transport.state().reveal(),
        ])
    }
}

/// What `post` comes to for each of `urls`, all at the same time: one that hangs does not hold up
/// the others.
fn at_once(urls: &[Url], post: &(dyn Fn(&Url) -> Outcome + Sync)) -> Vec<Outcome> {
    thread::scope(|scope| {
        let start = |url| thread::Builder::new().spawn_scoped(scope, move || post(url));
        let tries: Vec<_> = urls.iter().map(|url| (url, start(url))).collect();
        // Where the host has no thread to give, one after the other.
        let end = |(url, of): (_, std::io::Result<thread::ScopedJoinHandle<'_, _>>)| {
            of.ok().and_then(|thread| thread.join().ok()).unwrap_or_else(|| post(url))
        };
        tries.into_iter().map(end).collect()
    })
}

/// What the replicas' answers come to: the most hopeful of them. That the full form was refused is
/// acted on first, and that the minimal one was only when no replica is left to be asked again.
fn together(outcomes: Vec<Outcome>, fidelity: Fidelity) -> Outcome {
    let hope = |outcome: &Outcome| match outcome {
        Outcome::Delivered { .. } => 5,
        Outcome::Refused { .. } if fidelity == Fidelity::Full => 4,
        Outcome::Retry { .. } => 3,
        Outcome::Refused { .. } => 2,
        Outcome::Parked { .. } => 1,
        Outcome::Rejected { .. } => 0,
    };
    // The first of equals.
    let best = outcomes.into_iter().rev().max_by_key(hope);
    best.unwrap_or_else(|| Outcome::Rejected { why: "`urls` names no Alertmanager".to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sinks::Wait;

    #[test]
    fn one_replica_that_took_it_is_enough() {
        let of = |word: &str| {
            let why = word.to_owned();
            match word {
                "delivered" => Outcome::Delivered { answer: why },
                "retry" => Outcome::Retry { why, wait: Wait::BackOff },
                "refused" => Outcome::Refused { why },
                "parked" => Outcome::Parked { why },
                _ => Outcome::Rejected { why },
            }
        };
        for (outcomes, full, minimal) in [
            (&["delivered"][..], "delivered", "delivered"),
            (&["retry", "delivered"], "delivered", "delivered"),
            (&["parked", "rejected", "delivered"], "delivered", "delivered"),
            (&["retry", "refused"], "refused", "retry"),
            (&["refused", "parked"], "refused", "refused"),
            (&["parked", "retry"], "retry", "retry"),
            (&["rejected", "parked"], "parked", "parked"),
            (&["rejected", "rejected"], "rejected", "rejected"),
        ] {
            for (fidelity, expected) in [(Fidelity::Full, full), (Fidelity::Minimal, minimal)] {
                let outcomes = outcomes.iter().map(|word| of(word)).collect();
                assert_eq!(together(outcomes, fidelity), of(expected), "{fidelity:?}");
            }
        }
    }

    #[test]
    fn alerts_go_below_each_url() {
        let of = |base: &str| alerts_urls(&[base.to_owned()]).map(|urls| urls[0].to_string());
        for (base, expected) in [
            ("http://am1:9093", Ok("http://am1:9093/api/v2/alerts")),
            ("https://am1/alertmanager/", Ok("https://am1/alertmanager/api/v2/alerts")),
            ("http://u:p@am1:9093", Err("`urls`: no user, password or query; see `username`")),
            ("http://am1?x=y", Err("`urls`: no user, password or query; see `username`")),
            ("am1:9093", Err("`urls`: not an https:// or http:// URL")),
        ] {
            assert_eq!(of(base), expected.map(str::to_owned).map_err(str::to_owned), "{base}");
        }
        assert_eq!(alerts_urls(&[]).unwrap_err(), "`urls` names no Alertmanager");
    }

    #[test]
    fn credentials_are_of_one_kind() {
        let secret = || Some(SecretSource::Variable("X".to_owned()));
        let user = || Some("me".to_owned());
        for (user, password, token, taken) in [
            (None, None, None, true),
            (user(), secret(), None, true),
            (None, None, secret(), true),
            (user(), None, None, false),
            (None, secret(), None, false),
            (user(), secret(), secret(), false),
            (user(), None, secret(), false),
        ] {
            assert_eq!(Credentials::of(user, password, token).is_ok(), taken);
        }
    }
}
