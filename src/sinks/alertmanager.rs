//! `[sink.alertmanager.NAME]`: an alert by the API v2 of Prometheus Alertmanager.
//!
//! The replicas of a cluster share what they have told, not what they were told: every one of them
//! gets every alert, past any load balancer. One that took it is enough, because one that stays
//! down for a week must not hold up the queue, and the others do its work.

mod annotations;
mod credentials;
mod labels;
mod layout;
mod replicas;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderMap};
use serde::Deserialize;

use super::http::{Post, ProxyChoice, Transport, classify, parse_url};
use super::{Attempt, Context, Needed, Outcome, Overrides, Period, Sink, fingerprint};
use crate::message::{Message, View};
use crate::secret::{Environment, Secret};
use crate::verdict::Severity;
use credentials::Credentials;
use layout::Layout;
use replicas::{at_once, together};

/// As long as a job in trouble is watched for the all-clear: an alert that lapsed before would tell
/// people, falsely, that all is well.
const RESOLVE_AFTER: Duration = Duration::from_secs(24 * 3600);

/// The table `[sink.alertmanager.NAME]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The URLs of all replicas of a cluster, with no load balancer before them: each gets each alert.
    urls: Vec<String>,
    /// The user that Alertmanager, or a proxy in front of it, asks for. Default: none.
    username: Option<String>,
    /// That user's password. Default: none.
    password: Option<Secret>,
    /// The file that holds it.
    password_file: Option<PathBuf>,
    /// The variable that holds it.
    password_env: Option<String>,
    /// A token in place of both. Default: none.
    bearer_token: Option<Secret>,
    /// The file that holds it.
    bearer_token_file: Option<PathBuf>,
    /// The variable that holds it.
    bearer_token_env: Option<String>,
    /// When an alert ends that nobody has resolved, because the host is gone. Default: `"24h"`.
    resolve_after: Option<Period>,
    /// More labels of every alert. Default: `{}`.
    #[serde(default)]
    labels: BTreeMap<String, String>,
    /// The value of the label `severity` for a severity of ours, where that is another word. Default:
    /// `{}`.
    #[serde(default)]
    severity: BTreeMap<Severity, String>,
    timeout: Option<Period>,
    proxy: Option<ProxyChoice>,
    ca_file: Option<PathBuf>,
}

/// Makes the sink.
pub fn open(settings: Settings, context: &mut Context<'_>) -> Option<Box<dyn Sink>> {
    let Settings { password, password_file, password_env, .. } = settings;
    let password = context.optional_secret("password", password, password_file, password_env);
    let Settings { bearer_token, bearer_token_file, bearer_token_env, .. } = settings;
    let token =
        context.optional_secret("bearer_token", bearer_token, bearer_token_file, bearer_token_env);
    let credentials = password.zip(token);
    let credentials = credentials.and_then(|(password, token)| {
        context.noted(Credentials::of(settings.username, password, token))
    });
    let urls = context.noted(alerts_urls(&settings.urls));
    for url in urls.iter().flatten() {
        context.needs("urls", Needed::Service(url.clone()));
    }
    let labels = context.noted(labels::checked(settings.labels));
    let (timeout, proxy, ca_file) = (settings.timeout, settings.proxy, settings.ca_file);
    let transport = context.transport(Overrides { timeout, proxy, ca_file });
    Some(Box::new(Alertmanager {
        urls: urls?,
        credentials: credentials?,
        layout: Layout {
            labels: labels?,
            severity: settings.severity,
            resolve_after: settings.resolve_after.map_or(RESOLVE_AFTER, |period| period.0),
        },
        transport,
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

struct Alertmanager {
    urls: Vec<Url>,
    credentials: Credentials,
    layout: Layout,
    transport: Transport,
    environment: Arc<Environment>,
    view: View,
}

impl Sink for Alertmanager {
    fn try_once(&self, attempt: &Attempt<'_>) -> Result<Outcome, Outcome> {
        let message = Message::of(attempt.notice, attempt.now, &self.view);
        let alerts =
            self.layout.alerts(attempt.notice, &message, attempt.fidelity, attempt.now).to_string();
        let mut headers = HeaderMap::new();
        let value = self.credentials.header(&self.environment);
        let value = value.map_err(|why| Outcome::Parked { why })?;
        headers.extend(value.map(|value| (AUTHORIZATION, value)));
        let post = |url: &Url| {
            let (url, headers, body) = (url.clone(), headers.clone(), alerts.clone().into_bytes());
            let answer = self.transport.post_json(Post { url, headers, body });
            answer.map_or_else(|outcome| outcome, |answer| classify(&answer, attempt.now))
        };
        Ok(together(at_once(&self.urls, &post), attempt.fidelity))
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
