//! A mail server, spoken to once a mail.

use std::fmt;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use humantime::format_duration;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{
    Certificate, CertificateStore, SmtpConnection, TlsParameters, TlsParametersBuilder,
};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use reqwest::Url;
use rustls::pki_types::ServerName;
use serde::Deserialize;

use super::letter::Letter;
use crate::message::{harmless, shortened};
use crate::secret::{Environment, Redactor, Secret};
use crate::sinks::http::{causes, is_about_trust, trusted};
use crate::sinks::time_limit::within;
use crate::sinks::{MENDING, Outcome, WORDS, Wait};

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

/// How a connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tls {
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
    tls: Tls,
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls == Tls::Implicit { "smtps" } else { "smtp" };
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
        let (tls, usual) = match (url.scheme(), starttls) {
            ("smtps", None) => (Tls::Implicit, 465),
            ("smtps", Some(_)) => return Err("`starttls` is not for smtps://".to_owned()),
            ("smtp", None | Some(Starttls::Required)) => (Tls::Starttls, 587),
            ("smtp", Some(Starttls::None)) => (Tls::None, 25),
            _ => return Err(wrong()),
        };
        Ok(Self { host, port: url.port().unwrap_or(usual), tls })
    }

    /// Whether nobody on the way can read what is sent.
    pub(super) fn is_encrypted(&self) -> bool {
        self.tls != Tls::None
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
        let talk = Talk { server: server.clone(), hello: ClientId::Domain(hello), tls, end };
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
    ) -> Result<Option<TlsParameters>, String> {
        if self.tls == Tls::None {
            return Ok(None);
        }
        let mut tls = TlsParametersBuilder::new(self.host.clone())
            .certificate_store(CertificateStore::WebpkiRoots);
        for certificate in trusted(environment, ca_file)? {
            let certificate = Certificate::from_der(certificate.to_vec());
            tls = tls.add_root_certificate(certificate.map_err(|error| error.to_string())?);
        }
        tls.build_rustls().map(Some).map_err(|error| error.to_string())
    }
}

/// One conversation with a server.
struct Talk {
    server: Server,
    hello: ClientId,
    tls: Option<TlsParameters>,
    end: Instant,
}

/// What was being done when the server said no, or nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// The connection, or its encryption.
    Connect,
    /// Who we are.
    Login,
    /// Who writes, and to whom.
    Envelope,
    /// The mail.
    Content,
}

/// Why a mail was not handed over.
#[derive(Debug)]
enum Failure {
    /// The server or the network said so.
    Said(Step, Error),
    /// Nobody is known there to whom the mail is; what the server said of each.
    Nobody(Vec<String>),
    /// The time limit.
    Late,
    /// What must not happen.
    Unwritten(String),
}

impl Talk {
    /// What the server said when it took the mail, and of those for whom it did not.
    fn hand_over(
        &self,
        letter: &Letter,
        login: Option<(String, Secret)>,
    ) -> Result<String, Failure> {
        let at = |step| move |error| Failure::Said(step, error);
        let address = (self.server.host.as_str(), self.server.port);
        let from_the_start = self.tls.as_ref().filter(|_| self.server.tls == Tls::Implicit);
        let (left, hello) = (Some(self.left()?), &self.hello);
        let mut connection = SmtpConnection::connect(address, left, hello, from_the_start, None)
            .map_err(at(Step::Connect))?;
        if let (Tls::Starttls, Some(tls)) = (self.server.tls, &self.tls) {
            self.limit(&mut connection)?;
            connection.starttls(tls, &self.hello).map_err(at(Step::Connect))?;
        }
        if let Some((username, password)) = login {
            let credentials = Credentials::new(username, password.reveal().to_owned());
            self.limit(&mut connection)?;
            connection
                .auth(&[Mechanism::Plain, Mechanism::Login], &credentials)
                .map_err(at(Step::Login))?;
        }
        self.limit(&mut connection)?;
        let from = Mail::new(Some(letter.from.email.clone()), Vec::new());
        connection.command(from).map_err(at(Step::Envelope))?;
        let mut refused = Vec::new();
        for to in &letter.to {
            self.limit(&mut connection)?;
            match connection.command(Rcpt::new(to.email.clone(), Vec::new())) {
                Ok(_) => {}
                Err(error) if error.is_permanent() => {
                    refused.push(format!("{}: {}", to.email, said(&error)));
                }
                Err(error) => return Err(Failure::Said(Step::Envelope, error)),
            }
        }
        if refused.len() == letter.to.len() {
            return Err(Failure::Nobody(refused));
        }
        let written = letter.written(&refused);
        let written = written.map_err(|error| Failure::Unwritten(error.to_string()))?;
        self.limit(&mut connection)?;
        connection.command(Data).map_err(at(Step::Content))?;
        self.limit(&mut connection)?;
        let answer = connection.message(&written).map_err(at(Step::Content))?;
        // It is the server's now, whatever becomes of the connection.
        let _ = connection.set_timeout(Some(FAREWELL));
        let _ = connection.quit();
        let words: Vec<_> = answer.message().collect();
        let but = if refused.is_empty() { "" } else { ", but not for " };
        Ok(format!("{} {}{but}{}", answer.code(), words.join(" "), refused.join("; ")))
    }

    /// The time that is left.
    fn left(&self) -> Result<Duration, Failure> {
        let left = self.end.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(Failure::Late) } else { Ok(left) }
    }

    fn limit(&self, connection: &mut SmtpConnection) -> Result<(), Failure> {
        let _ = connection.set_timeout(Some(self.left()?));
        Ok(())
    }
}

impl Failure {
    /// Whether the time limit is what ended the conversation.
    fn is_late(&self) -> bool {
        let Self::Said(_, error) = self else { return matches!(self, Self::Late) };
        causes(error).any(|cause| {
            let kind = cause.downcast_ref::<io::Error>().map(io::Error::kind);
            matches!(kind, Some(ErrorKind::WouldBlock | ErrorKind::TimedOut))
        })
    }

    /// What it means for the notice.
    fn outcome(&self, server: &Server, redactor: &Redactor) -> Outcome {
        let told = |why: &str| {
            let why = harmless(&redactor.redact(why));
            format!("{server}: {}", shortened(&why, WORDS))
        };
        let (step, error) = match self {
            Self::Said(step, error) => (*step, error),
            Self::Nobody(refused) => return Outcome::Parked { why: told(&refused.join("; ")) },
            Self::Unwritten(why) => return Outcome::Rejected { why: told(why) },
            Self::Late => return Outcome::Retry { why: told("too late"), wait: Wait::BackOff },
        };
        let why = match step {
            Step::Login => told(&format!("authorisation failed: {}", said(error))),
            _ if is_about_trust(error) => told(&format!(
                "its certificate is not trusted (set ca_file, or look at the clock): {}",
                said(error)
            )),
            _ => told(&said(error)),
        };
        // 530: it wants to know who we are, or wants TLS.
        let wants_more = error.status().is_some_and(|code| code.to_string() == "530");
        if is_about_trust(error) {
            Outcome::Retry { why, wait: MENDING }
        } else if error.is_permanent() && step == Step::Content && !wants_more {
            Outcome::Refused { why }
        } else if error.is_permanent() || error.is_client() {
            Outcome::Parked { why }
        } else {
            Outcome::Retry { why, wait: Wait::BackOff }
        }
    }
}

/// `550 5.1.1 no such user`, or what the network said.
fn said(error: &Error) -> String {
    let source = std::error::Error::source(error).map(ToString::to_string);
    match (error.status(), source) {
        (Some(code), Some(words)) => format!("{code} {words}"),
        (Some(code), None) => code.to_string(),
        (None, Some(words)) => words,
        (None, None) => error.to_string(),
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
            ("smtp://mail.example.com", None, Some(("smtp://mail.example.com:587", Tls::Starttls))),
            ("smtp://mail:2525", Some(Required), Some(("smtp://mail:2525", Tls::Starttls))),
            ("smtp://localhost", Some(Never), Some(("smtp://localhost:25", Tls::None))),
            ("smtps://mail/", None, Some(("smtps://mail:465", Tls::Implicit))),
            ("smtp://[::1]:25", None, Some(("smtp://[::1]:25", Tls::Starttls))),
            ("smtps://mail", Some(Required), None),
            ("smtp://user:word@mail", None, None),
            ("smtp://mail/path", None, None),
            ("http://mail", None, None),
            ("mail:25", None, None),
            ("smtp://a b", None, None),
            ("", None, None),
        ] {
            let server = Server::parse(url, starttls);
            let shown = server.as_ref().ok().map(|server| (server.to_string(), server.tls));
            let expected = expected.map(|(shown, tls)| (shown.to_owned(), tls));
            assert_eq!(shown, expected, "{url}: {server:?}");
            assert!(!format!("{server:?}").contains("word@"), "{server:?}");
        }
    }
}
