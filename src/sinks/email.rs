//! `[sink.email.NAME]`: a mail, handed to the host's own mail system or to a server that speaks SMTP.

mod body;
mod letter;
mod sendmail;
mod smtp;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use lettre::Address;
use lettre::message::Mailbox;
use serde::Deserialize;

use super::{Attempt, Context, Needed, Outcome, Period, Sink, fingerprint};
use crate::message::View;
use crate::secret::{Environment, Secret, SecretSource};
use letter::Letter;
use smtp::{Server, Starttls};

/// The table `[sink.email.NAME]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Who is told: addresses such as `ops@example.com` or `Operations <ops@example.com>`.
    to: Vec<String>,
    /// Who tells it. Default: `upstart-monitor@HOST`.
    from: Option<String>,
    /// The program that takes mails for the host's own mail system. Default: `"/usr/sbin/sendmail"`.
    sendmail: Option<PathBuf>,
    /// A server in its place: `smtp://HOST:PORT`, encrypted by STARTTLS, or `smtps://HOST:PORT`,
    /// encrypted from the beginning. Default: none.
    smtp: Option<String>,
    /// Whether `smtp://` is encrypted; `"none"` is for a server without TLS, and sends no password.
    /// Default: `"required"`.
    starttls: Option<Starttls>,
    /// The user that the server asks for, with a password. Default: none.
    username: Option<String>,
    /// That user's password. Default: none.
    password: Option<Secret>,
    /// The file that holds it.
    password_file: Option<PathBuf>,
    /// The variable that holds it.
    password_env: Option<String>,
    timeout: Option<Period>,
    ca_file: Option<PathBuf>,
}

/// Makes the sink.
pub fn open(settings: Settings, context: &mut Context<'_>) -> Option<Box<dyn Sink>> {
    let to: Vec<_> =
        settings.to.iter().map(|address| context.noted(mailbox("to", address))).collect();
    let from = settings.from.as_deref().map(|address| context.noted(mailbox("from", address)));
    let some = !settings.to.is_empty();
    context.noted(if some { Ok(()) } else { Err("`to` names nobody".to_owned()) });
    let password = context.optional_secret(
        "password",
        settings.password,
        settings.password_file,
        settings.password_env,
    );
    let login = password.and_then(|it| context.noted(login(settings.username, it))).flatten();
    let way = match (settings.smtp, settings.sendmail) {
        (Some(_), Some(_)) => Err("only one of `smtp`, `sendmail` may be set".to_owned()),
        (Some(url), None) => Server::parse(&url, settings.starttls).and_then(|server| {
            match (&login, server.is_encrypted()) {
                (Some(_), false) => Err("a password is not sent without TLS".to_owned()),
                _ => Ok(Way::Smtp(server, login)),
            }
        }),
        (None, _) if login.is_some() || settings.starttls.is_some() => {
            Err("`username`, `password` and `starttls` are for `smtp`".to_owned())
        }
        (None, Some(path)) if !path.is_absolute() => Err("`sendmail` must be absolute".to_owned()),
        (None, path) => Ok(Way::Sendmail(path.unwrap_or_else(|| PathBuf::from(SENDMAIL)))),
    };
    let way = context.noted(way);
    if let Some(Way::Sendmail(path)) = &way {
        context.needs("sendmail", Needed::Program(path.clone()));
    }
    let from = match from {
        Some(from) => Some(from?),
        None => None,
    };
    let ca_file = context.ca_file(settings.ca_file);
    Some(Box::new(Email {
        to: to.into_iter().collect::<Option<_>>()?,
        from,
        way: way?,
        timeout: context.timeout(settings.timeout),
        ca_file,
        environment: context.environment(),
        view: context.view(),
    }))
}

/// Where every mail system has its door.
const SENDMAIL: &str = "/usr/sbin/sendmail";

/// `text` as an address that every mail system takes.
fn mailbox(key: &str, text: &str) -> Result<Mailbox, String> {
    let mailbox: Option<Mailbox> = text.parse().ok();
    let plain = mailbox.filter(|mailbox| {
        let address: &str = mailbox.email.as_ref();
        address.is_ascii() && !address.starts_with('-') && !text.chars().any(char::is_control)
    });
    // What stands there may be a secret in the wrong place.
    plain.ok_or_else(|| format!("`{key}`: no address, such as \"ops@example.com\""))
}

/// Who we are to the server; `None` where it does not ask.
fn login(
    username: Option<String>,
    password: Option<SecretSource>,
) -> Result<Option<(String, SecretSource)>, String> {
    match (username, password) {
        (Some(username), Some(password)) => Ok(Some((username, password))),
        (None, None) => Ok(None),
        _ => Err("`username` and `password` go together".to_owned()),
    }
}

/// The way of a mail out of this process.
enum Way {
    /// This program.
    Sendmail(PathBuf),
    /// This server, which may want to know who we are.
    Smtp(Server, Option<(String, SecretSource)>),
}

struct Email {
    to: Vec<Mailbox>,
    from: Option<Mailbox>,
    way: Way,
    timeout: Duration,
    ca_file: Option<PathBuf>,
    environment: Arc<Environment>,
    view: View,
}

impl Sink for Email {
    fn try_once(&self, attempt: &Attempt<'_>) -> Result<Outcome, Outcome> {
        let host = domain(&attempt.notice.notice().host);
        let from = match &self.from {
            Some(from) => Ok(from.clone()),
            None => Address::new("upstart-monitor", &host).map(|from| Mailbox::new(None, from)),
        };
        let from = from.map_err(|error| Outcome::Parked { why: format!("from: {error}") })?;
        let letter = Letter::new(attempt, &host, from, self.to.clone(), &self.view);
        match &self.way {
            Way::Sendmail(program) => Ok(sendmail::send(program, &letter, self.timeout)),
            Way::Smtp(server, login) => self.post(server, login.as_ref(), letter, host),
        }
    }

    fn fingerprint(&self) -> String {
        let to: Vec<_> = self.to.iter().map(Mailbox::to_string).collect();
        let from = self.from.as_ref().map(Mailbox::to_string).unwrap_or_default();
        let (way, password) = match &self.way {
            Way::Sendmail(program) => (program.display().to_string(), None),
            Way::Smtp(server, login) => {
                let (username, password) = login.as_ref().map(|(name, word)| (name, word)).unzip();
                let password = password.map(|source| source.state(&self.environment));
                (format!("{server} {}", username.map_or("", String::as_str)), password)
            }
        };
        let password = password.as_ref().map_or("", Secret::reveal);
        let ca_file = self.ca_file.as_ref().map(|path| path.display().to_string());
        fingerprint(&["email", &to.join(", "), &from, &way, password, &ca_file.unwrap_or_default()])
    }
}

impl Email {
    /// Hands `letter` to `server`, to which we are `hello`.
    fn post(
        &self,
        server: &Server,
        login: Option<&(String, SecretSource)>,
        letter: Letter,
        hello: String,
    ) -> Result<Outcome, Outcome> {
        let login = login.map(|(username, password)| {
            let password = password.read(&self.environment);
            password.map(|password| (username.clone(), password))
        });
        let login = login.transpose();
        let login = login.map_err(|why| Outcome::Parked { why: format!("password: {why}") })?;
        let ca_file = self.ca_file.as_deref();
        Ok(server.send(letter, hello, login, ca_file, &self.environment, self.timeout))
    }
}

/// `host` as the domain of an address; `localhost` where it cannot be one.
fn domain(host: &str) -> String {
    let is_label = |label: &str| {
        let of_letters = label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        (1..=63).contains(&label.len())
            && of_letters
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let is_domain = host.len() <= 253 && host.split('.').all(is_label);
    if is_domain { host.to_owned() } else { "localhost".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_address() {
        for text in ["ops@example.com", "Operations <ops@example.com>", "root@localhost"] {
            assert!(mailbox("to", text).is_ok(), "{text}");
        }
        for text in [
            "",
            "ops",
            "a@b, c@d",
            "-f@example.com",
            "ops@example.com\nBcc: x@y",
            "\"a\nb\" <ops@example.com>",
            "ops@ex\u{e4}mple.com",
        ] {
            assert!(mailbox("to", text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_host_that_can_be_no_domain_is_localhost() {
        for (host, shown) in [
            ("web-1", "web-1"),
            ("web-1.example.com", "web-1.example.com"),
            ("", "localhost"),
            ("web_1", "localhost"),
            ("a b", "localhost"),
            ("x>\r\nBcc: y", "localhost"),
            ("-", "localhost"),
            ("a..b", "localhost"),
        ] {
            assert_eq!(domain(host), shown, "{host:?}");
            assert!(Address::new("upstart-monitor", domain(host)).is_ok(), "{host:?}");
        }
    }
}
