//! The one way to services that speak HTTP.
//!
//! It posts once, within a time limit, follows no redirect, trusts certificates of our own choice,
//! and its words name the service's scheme and host only: paths and queries of hooks are secrets.

mod classify;
mod hidden;
mod proxy;
mod retry_hint;
mod tls;

use std::error::Error;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use humantime::format_duration;
use reqwest::blocking::{Client, ClientBuilder};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Method, StatusCode, Url};

use classify::PROXY;
pub(crate) use classify::{classify, classify_as, classify_taken};
pub(crate) use hidden::percent_decoded;
pub use proxy::ProxyChoice;
pub(crate) use tls::{certificates_of, client as tls_client};

use super::{MENDING, Outcome, Wait};
use crate::secret::{Environment, Secret, SecretSource};

/// What most services take.
const JSON: &str = "application/json";

/// Of an answer this much is read, in bytes.
const ANSWER_LEN: u64 = 64 * 1024;

/// What hyper-util says, by no type of its own that we could know, of a proxy that answered 407.
const PROXY_REFUSED: &str = "tunnel error: proxy authorization required";

/// How to reach a service.
#[derive(Debug, Clone)]
pub(crate) struct Transport {
    /// How long one try may take, from the connection to the end of the answer.
    pub timeout: Duration,
    /// The way there.
    pub proxy: ProxyChoice,
    /// Hosts that no proxy stands before.
    pub no_proxy: Vec<String>,
    /// Certificates to trust besides the built-in ones and the system's.
    pub ca_file: Option<PathBuf>,
    /// The root and the variables.
    pub environment: Arc<Environment>,
}

/// What is posted.
pub(crate) struct Post {
    /// Where to.
    pub url: Url,
    /// With which headers, besides the usual ones; those marked sensitive are never shown.
    pub headers: HeaderMap,
    /// What.
    pub body: Vec<u8>,
}

/// What came back; its body holds no secret of ours.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Who answered: scheme and host.
    pub from: String,
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, as far as it is read.
    pub body: String,
}

impl Transport {
    /// Posts JSON once and returns the answer, whatever its status.
    ///
    /// # Errors
    /// The outcome, where there was no whole answer.
    pub(crate) fn post_json(&self, post: Post) -> Result<Answer, Outcome> {
        self.hand_over(Method::POST, JSON, post)
    }

    /// The same as [`Self::post_json`], of a body that is `content_type`.
    ///
    /// # Errors
    /// The outcome, where there was no whole answer.
    pub(crate) fn post(&self, content_type: &'static str, post: Post) -> Result<Answer, Outcome> {
        self.hand_over(Method::POST, content_type, post)
    }

    /// The same as [`Self::post_json`] by PUT, for services where the URL names what is handed over.
    ///
    /// # Errors
    /// The outcome, where there was no whole answer.
    pub(crate) fn put_json(&self, post: Post) -> Result<Answer, Outcome> {
        self.hand_over(Method::PUT, JSON, post)
    }

    fn hand_over(
        &self,
        method: Method,
        content_type: &'static str,
        post: Post,
    ) -> Result<Answer, Outcome> {
        let from = origin(&post.url);
        if let Some(why) = self.proxy.exposed(&self.environment) {
            return Err(Outcome::Parked { why });
        }
        let cannot = |why, wait| Outcome::Retry { why: format!("{from}: {why}"), wait };
        let proxies = self.proxy.urls(&self.environment).map_err(|why| cannot(why, MENDING))?;
        let redactor = hidden::redactor(&post, &proxies);
        let is_encrypted = proxies.iter().chain([&post.url]).any(|url| url.scheme() == "https");
        let client = self.client(is_encrypted).map_err(|why| cannot(why, MENDING))?;
        // What the host is short of at the moment: a thread, a descriptor, memory.
        let client = client.build();
        let client =
            client.map_err(|error| cannot(innermost(&error).to_string(), Wait::BackOff))?;
        let sent = self.send(&client, method, content_type, post);
        let_go(client);
        match sent {
            Ok((status, headers, body)) => {
                let body = redactor.redact(&String::from_utf8_lossy(&body));
                Ok(Answer { from, status, headers, body })
            }
            Err(error) => Err(Outcome::Retry {
                why: format!("{from}: {}", redactor.redact(&self.in_words(&*error))),
                wait: match &*error {
                    error if is_about_trust(error) => MENDING,
                    error if is_about_proxy(error) => PROXY,
                    _ => Wait::BackOff,
                },
            }),
        }
    }

    /// One request, and its answer as far as it is read.
    fn send(
        &self,
        client: &Client,
        method: Method,
        content_type: &'static str,
        post: Post,
    ) -> Result<(StatusCode, HeaderMap, Vec<u8>), Box<dyn Error>> {
        let request = client.request(method, post.url).timeout(self.timeout);
        let request = request.headers(post.headers).header(CONTENT_TYPE, content_type);
        let request = request.body(post.body);
        let answer = request.send().map_err(reqwest::Error::without_url)?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let mut body = Vec::new();
        answer.take(ANSWER_LEN).read_to_end(&mut body)?;
        Ok((status, headers, body))
    }

    /// What a post would be made with. Only for fingerprints.
    pub(crate) fn state(&self) -> Secret {
        Secret::from(format!("{self:?} {}", self.proxy.state(&self.environment).reveal()))
    }

    /// A client for one post: what it is made of may have changed since the last one. One
    /// that encrypts nothing need not read whom it may trust.
    ///
    /// # Errors
    /// What in our own set-up must be mended.
    fn client(&self, is_encrypted: bool) -> Result<ClientBuilder, String> {
        let tls = if is_encrypted {
            tls::client(&self.environment, self.ca_file.as_deref())?
        } else {
            tls::trusting_nobody()?
        };
        let mut client = Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(self.timeout)
            .user_agent(concat!("upstart-monitor/", env!("CARGO_PKG_VERSION")))
            .no_proxy();
        for proxy in self.proxy.proxies(&self.no_proxy, &self.environment)? {
            client = client.proxy(proxy);
        }
        Ok(client)
    }

    /// `cannot connect: Connection refused (os error 111)`.
    fn in_words(&self, error: &(dyn Error + 'static)) -> String {
        let reqwest = causes(error).find_map(|cause| cause.downcast_ref::<reqwest::Error>());
        if reqwest.is_some_and(reqwest::Error::is_timeout) {
            return format!("no whole answer within {}", format_duration(self.timeout));
        }
        let what = if is_about_trust(error) {
            "its certificate is not trusted (set ca_file, or look at the clock)"
        } else if is_about_proxy(error) {
            "the proxy does not let us through (check its URL and password)"
        } else if reqwest.is_some_and(reqwest::Error::is_connect) {
            "cannot connect"
        } else {
            "the connection broke"
        };
        format!("{what}: {}", innermost(error))
    }
}

/// Drops `client` where nobody waits for it: a resolver that gets no answer does not end at the
/// time limit, and the client's thread waits for it.
fn let_go(client: Client) {
    let _ = thread::Builder::new().spawn(move || drop(client));
}

/// The URL that `source`, the key `key` of the config, gives now.
///
/// # Errors
/// The outcome, where it gives none.
pub(crate) fn read_url(
    key: &str,
    source: &SecretSource,
    environment: &Environment,
) -> Result<Url, Outcome> {
    let url = source.read(environment).and_then(|url| parse_url(url.reveal()));
    url.map_err(|why| Outcome::Parked { why: format!("{key}: {why}") })
}

/// `Bearer TOKEN` with the token that `source`, the key `key` of the config, gives now.
///
/// # Errors
/// The outcome, where it gives none.
pub(crate) fn bearer(
    key: &str,
    source: &SecretSource,
    environment: &Environment,
) -> Result<HeaderValue, Outcome> {
    let value = source.read(environment).and_then(|token| {
        HeaderValue::try_from(format!("Bearer {}", token.reveal()))
            .map_err(|_| "cannot be sent in a header".to_owned())
    });
    let mut value = value.map_err(|why| Outcome::Parked { why: format!("{key}: {why}") })?;
    value.set_sensitive(true);
    Ok(value)
}

/// `text` as the URL of an HTTP service.
///
/// # Errors
/// That it is none, without the text.
pub(crate) fn parse_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    url.ok_or_else(|| "not an https:// or http:// URL".to_owned())
}

/// The scheme, the host and, where it is not the usual one, the port.
fn origin(url: &Url) -> String {
    let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
    format!("{}://{}{port}", url.scheme(), url.host_str().unwrap_or_default())
}

/// Whether the other side's certificate is what is wrong.
pub(crate) fn is_about_trust(error: &(dyn Error + 'static)) -> bool {
    causes(error)
        .any(|cause| matches!(cause.downcast_ref(), Some(rustls::Error::InvalidCertificate(_))))
}

/// Whether the proxy wants a name and a password, or others.
fn is_about_proxy(error: &(dyn Error + 'static)) -> bool {
    innermost(error).to_string() == PROXY_REFUSED
}

/// What lies at the bottom of `error`, which says it best.
fn innermost<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    causes(error).last().unwrap_or(error)
}

/// `error`, its cause, that one's cause, and so on; also those that an `io::Error` wraps, which
/// it does not call its source.
pub(crate) fn causes<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| {
        let error = *error;
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        wrapped.map(|inner| inner as &(dyn Error + 'static)).or_else(|| error.source())
    })
}

#[cfg(test)]
mod tests;
