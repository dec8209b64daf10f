//! What a sink is made from besides its own table.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;

use super::http::{ProxyChoice, Transport, parse_url};
use super::need::{Need, Needed, Shape};
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
    needs: Vec<Need>,
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
        Self { environment, delivery, zone, exposed, problems: Vec::new(), needs: Vec::new() }
    }

    /// What was noted, once.
    pub fn take_problems(&mut self) -> Vec<String> {
        std::mem::take(&mut self.problems)
    }

    /// What the sink needs outside of the config, once.
    pub fn take_needs(&mut self) -> Vec<Need> {
        std::mem::take(&mut self.needs)
    }

    /// Takes note that `key` of the table needs `what`.
    pub(super) fn needs(&mut self, key: &str, what: Needed) {
        self.needs.push(Need { key: key.to_owned(), what });
    }

    fn needs_secret(&mut self, key: &str, source: &SecretSource, shape: Shape) {
        self.needs(key, Needed::Secret { source: source.clone(), shape });
    }

    /// Takes note of what the secret `key` must be, besides a line of text.
    pub(super) fn must_be(&mut self, key: &str, is_such: fn(&Secret) -> Result<(), String>) {
        for need in &mut self.needs {
            if let Needed::Secret { shape, .. } = &mut need.what
                && need.key == key
            {
                *shape = Shape::Such(is_such);
            }
        }
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
    pub(super) fn ca_file(&mut self, own: Option<PathBuf>) -> Option<PathBuf> {
        if let Some(own) = &own {
            self.needs("ca_file", Needed::Certificates(own.clone()));
        }
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
        let source = self.noted(source)?;
        self.needs_secret(key, &source, Shape::Url);
        Some(source)
    }

    /// Exactly one of `KEY`, `KEY_file`, `KEY_env`: a secret that no others can read.
    pub(super) fn secret(
        &mut self,
        key: &str,
        inline: Option<Secret>,
        file: Option<PathBuf>,
        variable: Option<String>,
    ) -> Option<SecretSource> {
        let source = self.unguarded_secret(key, inline, file, variable)?;
        Some(self.guarded(source))
    }

    /// Exactly one of `KEY`, `KEY_file`, `KEY_env`: what is a secret only under circumstances, and is
    /// [guarded](Self::guarded) then.
    pub(super) fn unguarded_secret(
        &mut self,
        key: &str,
        inline: Option<Secret>,
        file: Option<PathBuf>,
        variable: Option<String>,
    ) -> Option<SecretSource> {
        let source = SecretSource::one_of(key, inline, file, variable);
        let source = self.noted(source)?;
        self.needs_secret(key, &source, Shape::Line);
        Some(source)
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
        let Some(source) = self.noted(source)? else { return Some(None) };
        self.needs_secret(key, &source, Shape::Line);
        Some(Some(self.guarded(source)))
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
        let url = self.noted(url.map_err(|why| format!("`{key}`: {why}")))?;
        self.needs(key, Needed::Service(url.clone()));
        Some(url)
    }

    /// Why what is secret under `key` of this file is not used, if others can read it.
    pub(super) fn exposed(&mut self, key: &str) -> Option<String> {
        let why = self.exposed?.to_owned();
        self.needs(key, Needed::Privacy(why.clone()));
        Some(why)
    }

    /// `source`, which gives no secret that stands where others can read it.
    pub(super) fn guarded(&mut self, given: SecretSource) -> SecretSource {
        let (SecretSource::Inline(_), Some(why)) = (&given, self.exposed) else { return given };
        let exposed = SecretSource::Exposed(why.to_owned());
        for need in &mut self.needs {
            if let Needed::Secret { source, .. } = &mut need.what
                && *source == given
            {
                *source = exposed.clone();
            }
        }
        exposed
    }

    /// The way to an HTTP service.
    pub(super) fn transport(&mut self, overrides: Overrides) -> Transport {
        let delivery = self.delivery.clone();
        let proxy = overrides.proxy.map_or(delivery.proxy, |proxy| proxy.guarded(self.exposed));
        self.needs("proxy", Needed::Proxy(proxy.clone()));
        Transport {
            timeout: self.timeout(overrides.timeout),
            proxy,
            no_proxy: delivery.no_proxy,
            ca_file: self.ca_file(overrides.ca_file),
            environment: self.environment(),
        }
    }
}
