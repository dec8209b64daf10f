//! What a sink is made from besides its own table.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;

use super::http::{ProxyChoice, Transport, parse_url};
use super::{Delivery, Period};
use crate::message::View;
use crate::secret::{Environment, Secret, SecretSource};
use crate::zone::Zone;

/// What holds for the sink being made; takes note of what is wrong with its table.
pub struct Context<'a> {
    environment: &'a Arc<Environment>,
    delivery: &'a Delivery,
    zone: &'a Zone,
    exposed: Option<&'a str>,
    problems: Vec<String>,
}

/// What a sink that speaks HTTP may say otherwise than `[delivery]`.
#[derive(Debug, Default)]
pub struct Overrides {
    /// How long one try may take.
    pub timeout: Option<Period>,
    /// The way to the service.
    pub proxy: Option<ProxyChoice>,
    /// Certificates to trust besides the built-in ones and the system's.
    pub ca_file: Option<PathBuf>,
}

impl<'a> Context<'a> {
    /// The context of a sink of a host in `zone`, in a file of which others can read the secrets if
    /// it is `exposed`.
    pub fn new(
        environment: &'a Arc<Environment>,
        delivery: &'a Delivery,
        zone: &'a Zone,
        exposed: Option<&'a str>,
    ) -> Self {
        Self { environment, delivery, zone, exposed, problems: Vec::new() }
    }

    /// What was noted, once.
    pub fn take_problems(&mut self) -> Vec<String> {
        std::mem::take(&mut self.problems)
    }

    /// What was `checked`; why it does not do goes to the problems.
    pub(super) fn noted<T>(&mut self, checked: Result<T, String>) -> Option<T> {
        checked.map_err(|problem| self.problems.push(problem)).ok()
    }

    /// The root and the variables.
    pub(super) fn environment(&self) -> Arc<Environment> {
        Arc::clone(self.environment)
    }

    /// How long one try may take, unless the sink's table says so itself.
    pub(super) fn timeout(&self, own: Option<Period>) -> Duration {
        own.unwrap_or(self.delivery.timeout).0
    }

    /// Certificates to trust besides the built-in ones and the system's.
    pub(super) fn ca_file(&self, own: Option<PathBuf>) -> Option<PathBuf> {
        own.or_else(|| self.delivery.ca_file.clone())
    }

    /// How a message shows what it tells.
    pub(super) fn view(&self) -> View {
        View { log_lines: self.delivery.log_lines, zone: self.zone.clone() }
    }

    /// Exactly one of `KEY`, `KEY_file`, `KEY_env`: the URL of an HTTP service.
    pub(super) fn url(
        &mut self,
        key: &str,
        inline: Option<Secret>,
        file: Option<PathBuf>,
        variable: Option<String>,
    ) -> Option<SecretSource> {
        let source = SecretSource::one_of(key, inline, file, variable);
        let source = source.and_then(|source| match &source {
            SecretSource::Inline(url) => match parse_url(url.reveal()) {
                Ok(_) => Ok(source),
                Err(why) => Err(format!("`{key}`: {why}")),
            },
            _ => Ok(source),
        });
        self.noted(source)
    }

    /// Exactly one of `KEY`, `KEY_file`, `KEY_env`: a secret that no others can read.
    pub(super) fn secret(
        &mut self,
        key: &str,
        inline: Option<Secret>,
        file: Option<PathBuf>,
        variable: Option<String>,
    ) -> Option<SecretSource> {
        let source = SecretSource::one_of(key, inline, file, variable);
        self.noted(source).map(|source| self.guarded(source))
    }

    /// At most one of `KEY`, `KEY_file`, `KEY_env`: the same, where it may be left out.
    pub(super) fn optional_secret(
        &mut self,
        key: &str,
        inline: Option<Secret>,
        file: Option<PathBuf>,
        variable: Option<String>,
    ) -> Option<Option<SecretSource>> {
        let source = SecretSource::at_most_one_of(key, inline, file, variable);
        self.noted(source).map(|source| source.map(|source| self.guarded(source)))
    }

    /// The URL of a server, under which its services lie; it holds no secret.
    pub(super) fn server(&mut self, key: &str, url: &str) -> Option<Url> {
        let plain = |url: &Url| {
            url.username().is_empty() && url.password().is_none() && url.query().is_none()
        };
        let url = parse_url(url).and_then(|url| match url {
            url if plain(&url) => Ok(url),
            _ => Err("a URL without a user, a password and a query is meant".to_owned()),
        });
        self.noted(url.map_err(|why| format!("`{key}`: {why}")))
    }

    /// Why a secret that stands in this file is not used, if others can read it.
    pub(super) fn exposed(&self) -> Option<&str> {
        self.exposed
    }

    /// `source`, which gives no secret that stands where others can read it.
    pub(super) fn guarded(&self, source: SecretSource) -> SecretSource {
        match (source, self.exposed) {
            (SecretSource::Inline(_), Some(why)) => SecretSource::Exposed(why.to_owned()),
            (source, _) => source,
        }
    }

    /// The way to an HTTP service.
    pub(super) fn transport(&self, overrides: Overrides) -> Transport {
        let delivery = self.delivery.clone();
        Transport {
            timeout: self.timeout(overrides.timeout),
            proxy: overrides.proxy.map_or(delivery.proxy, |proxy| proxy.guarded(self.exposed)),
            no_proxy: delivery.no_proxy,
            ca_file: self.ca_file(overrides.ca_file),
            environment: self.environment(),
        }
    }
}
