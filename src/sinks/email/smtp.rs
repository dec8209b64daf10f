//! A mail server, spoken to once a mail.

mod connection;
mod failure;

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use humantime::format_duration;
use reqwest::Url;
use rustls::pki_types::ServerName;
use serde::Deserialize;

use super::letter::Letter;
use crate::message::{harmless, shortened};
use crate::secret::{Environment, Redactor, Secret};
use crate::sinks::http::tls_client;
use crate::sinks::time_limit::within;
use crate::sinks::{MENDING, Outcome, WORDS, Wait};
use connection::{Connection, Tls, Trouble};
use failure::{Failure, Step};

/// How long the server has for its farewell, when it has the mail already.
const FAREWELL: Duration = Duration::from_secs(1);

/// Whether a connection that begins as plain text is encrypted before anything is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Starttls {
    /// Or else nothing is sent.
    Required,
    /// Never.
    None,
}

/// From where on a connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encryption {
    /// From its beginning.
    Implicit,
    /// By STARTTLS.
    Starttls,
    /// Not at all.
    None,
}

/// A mail server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Server {
    host: String,
    port: u16,
    encryption: Encryption,
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.encryption == Encryption::Implicit { "smtps" } else { "smtp" };
        let (left, right) = if self.host.contains(':') { ("[", "]") } else { ("", "") };
        write!(f, "{scheme}://{left}{}{right}:{}", self.host, self.port)
    }
}

impl Server {
    /// The server at `url`.
    ///
    /// # Errors
    /// That it names none, without the text: a password may stand there.
    pub(super) fn parse(url: &str, starttls: Option<Starttls>) -> Result<Self, String> {
        let wrong = || {
            "`smtp` must be smtp://HOST:PORT or smtps://HOST:PORT; who we are stands in `username` \
             and `password`"
                .to_owned()
        };
        let url = Url::parse(url).map_err(|_| wrong())?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(wrong)?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let rest = [url.path().trim_matches('/'), url.query().unwrap_or_default(), url.username()];
        let bare = rest.iter().all(|part| part.is_empty()) && url.password().is_none();
        if !bare || ServerName::try_from(host.as_str()).is_err() {
            return Err(wrong());
        }
        let (encryption, usual) = match (url.scheme(), starttls) {
            ("smtps", None) => (Encryption::Implicit, 465),
            ("smtps", Some(_)) => return Err("`starttls` is not for smtps://".to_owned()),
            ("smtp", None | Some(Starttls::Required)) => (Encryption::Starttls, 587),
            ("smtp", Some(Starttls::None)) => (Encryption::None, 25),
            _ => return Err(wrong()),
        };
        Ok(Self { host, port: url.port().unwrap_or(usual), encryption })
    }

    /// Whether nobody on the way can read what is sent.
    pub(super) fn is_encrypted(&self) -> bool {
        self.encryption != Encryption::None
    }

    /// Hands over `letter` within `timeout`; we are `hello` to the server, and `login`, where it
    /// wants to know.
    pub(super) fn send(
        &self,
        letter: Letter,
        hello: String,
        login: Option<(String, Secret)>,
        ca_file: Option<&Path>,
        environment: &Environment,
        timeout: Duration,
    ) -> Outcome {
        let again = |why: String, wait| Outcome::Retry { why: format!("{self}: {why}"), wait };
        let tls = match self.tls(environment, ca_file) {
            Ok(tls) => tls,
            Err(why) => return again(why, MENDING),
        };
        let redactor = redactor(login.as_ref());
        let server = self.clone();
        let end = Instant::now() + timeout;
        let talk = Talk { server: server.clone(), hello, tls, end };
        match within(timeout + FAREWELL, move || talk.hand_over(&letter, login)) {
            Ok(Some(Ok(answer))) => {
                let answer = harmless(&redactor.redact(&answer));
                Outcome::Delivered { answer: shortened(&answer, WORDS) }
            }
            Ok(Some(Err(failure))) if !failure.is_late() => failure.outcome(&server, &redactor),
            Ok(Some(Err(_)) | None) => {
                again(format!("no whole answer within {}", format_duration(timeout)), Wait::BackOff)
            }
            Err(error) => again(error.to_string(), Wait::BackOff),
        }
    }

    /// The client's side of TLS; `None` for a server that has none.
    fn tls(
        &self,
        environment: &Environment,
        ca_file: Option<&Path>,
    ) -> Result<Option<Tls>, String> {
        if self.encryption == Encryption::None {
            return Ok(None);
        }
        let name = ServerName::try_from(self.host.clone()).map_err(|error| error.to_string())?;
        let config = Arc::new(tls_client(environment, ca_file)?);
        Ok(Some(Tls { config, name }))
    }
}

/// One conversation with a server.
struct Talk {
    server: Server,
    hello: String,
    tls: Option<Tls>,
    end: Instant,
}

impl Talk {
    /// What the server said when it took the mail, and of those for whom it did not.
    fn hand_over(
        &self,
        letter: &Letter,
        login: Option<(String, Secret)>,
    ) -> Result<String, Failure> {
        let at = |step| move |trouble| Failure::Said(step, trouble);
        let mut connection = self.connect().map_err(at(Step::Connect))?;
        if let Some((username, password)) = login {
            connection.login(&username, &password).map_err(at(Step::Login))?;
        }
        let from = format!("MAIL FROM:<{}>", letter.from.email);
        connection.command(&from).map_err(at(Step::Envelope))?;
        let mut refused = Vec::new();
        for to in &letter.to {
            match connection.command(&format!("RCPT TO:<{}>", to.email)) {
                Ok(_) => {}
                Err(Trouble::No(answer)) if answer.is_for_good() => {
                    refused.push(format!("{}: {answer}", to.email));
                }
                Err(trouble) => return Err(Failure::Said(Step::Envelope, trouble)),
            }
        }
        if refused.len() == letter.to.len() {
            return Err(Failure::Nobody(refused));
        }
        let written = letter.written(&refused);
        let written = written.map_err(|error| Failure::Unwritten(error.to_string()))?;
        let answer = connection.mail(&written).map_err(at(Step::Content))?;
        // It is the server's now, whatever becomes of the connection.
        connection.quit(FAREWELL);
        let but = if refused.is_empty() { "" } else { ", but not for " };
        Ok(format!("{answer}{but}{}", refused.join("; ")))
    }

    /// A conversation in which both sides have said who they are.
    fn connect(&self) -> Result<Connection, Trouble> {
        let Server { host, port, encryption } = &self.server;
        let from_the_start = self.tls.as_ref().filter(|_| *encryption == Encryption::Implicit);
        let mut connection = Connection::open(host, *port, from_the_start, self.end)?;
        connection.hello(&self.hello)?;
        if let (Encryption::Starttls, Some(tls)) = (encryption, &self.tls) {
            connection.start_tls(tls)?;
            connection.hello(&self.hello)?;
        }
        Ok(connection)
    }
}

/// Strikes out the password, in each form that a server is sent it.
fn redactor(login: Option<&(String, Secret)>) -> Redactor {
    let mut redactor = Redactor::default();
    if let Some((username, password)) = login {
        let password = password.reveal();
        redactor.add(&STANDARD.encode(format!("\0{username}\0{password}")));
        redactor.add(&STANDARD.encode(password));
        redactor.add(password);
    }
    redactor
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_has_a_name_a_port_and_tls() {
        use Starttls::{None as Never, Required};
        for (url, starttls, expected) in [
            (
                "smtp://mail.example.com",
                None,
                Some(("smtp://mail.example.com:587", Encryption::Starttls)),
            ),
            ("smtp://mail:2525", Some(Required), Some(("smtp://mail:2525", Encryption::Starttls))),
            ("smtp://localhost", Some(Never), Some(("smtp://localhost:25", Encryption::None))),
            ("smtps://mail/", None, Some(("smtps://mail:465", Encryption::Implicit))),
            ("smtp://[::1]:25", None, Some(("smtp://[::1]:25", Encryption::Starttls))),
            ("smtps://mail", Some(Required), None),
            ("smtp://user:word@mail", None, None),
            ("smtp://mail/path", None, None),
            ("http://mail", None, None),
            ("mail:25", None, None),
            ("smtp://a b", None, None),
            ("", None, None),
        ] {
            let server = Server::parse(url, starttls);
            let shown = server.as_ref().ok().map(|server| (server.to_string(), server.encryption));
            let expected = expected.map(|(shown, tls)| (shown.to_owned(), tls));
            assert_eq!(shown, expected, "{url}: {server:?}");
            assert!(!format!("{server:?}").contains("word@"), "{server:?}");
        }
    }
}
