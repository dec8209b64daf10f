//! The protocol: commands, and what a server answers (RFC 5321); encryption on the way (RFC 3207).
//!
//! What a server says before the encryption, anybody on the way may have said. So nothing of it is
//! believed behind it: neither what it can do, nor an answer that came too early.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

use crate::secret::Secret;
use crate::sinks::addresses::first_that;
use crate::sinks::http::is_about_trust;

/// The longest line of an answer, in bytes; the standard has 512.
const LINE: u64 = 1024;

/// The most lines that an answer has.
const LINES: usize = 100;

/// How a server encrypts.
pub(super) struct Tls {
    pub(super) config: Arc<ClientConfig>,
    /// Who must be at the other end.
    pub(super) name: ServerName<'static>,
}

/// What a server answers.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) code: u16,
    pub(super) words: String,
}

impl Answer {
    /// Whether another try would be answered the same.
    pub(super) fn is_for_good(&self) -> bool {
        self.code >= 500
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.words)
    }
}

/// Why a conversation does not go on.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The server says no.
    No(Answer),
    /// The server cannot do what is wanted of it.
    Lacks(&'static str),
    /// What is said is not what a server says.
    Strange(&'static str),
    /// The network, the encryption, or the time limit.
    Broken(io::Error),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::No(answer) => answer.fmt(f),
            Self::Lacks(what) | Self::Strange(what) => f.write_str(what),
            Self::Broken(error) if is_about_trust(error) => write!(
                f,
                "its certificate is not trusted (set ca_file, or look at the clock): {error}"
            ),
            Self::Broken(error) => error.fmt(f),
        }
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Broken(error)
    }
}

/// What a conversation is held over.
trait Stream: Read + Write {}

impl<T: Read + Write> Stream for T {}

/// A conversation with a server, up to a point in time.
pub(super) struct Connection {
    tcp: TcpStream,
    stream: BufReader<Box<dyn Stream>>,
    /// What the server can do, as it said last: `STARTTLS`, `AUTH PLAIN LOGIN`.
    abilities: Vec<String>,
    end: Instant,
}

impl Connection {
    /// Reaches the server on `port` of `host`, where everything is to be over before `end`; encrypted
    /// from the start, where `tls` is given.
    ///
    /// # Errors
    /// What kept it from saying that it is ready.
    pub(super) fn open(
        host: &str,
        port: u16,
        tls: Option<&Tls>,
        end: Instant,
    ) -> Result<Self, Trouble> {
        let tcp =
            first_that(&(host, port), |address| TcpStream::connect_timeout(&address, left(end)?))?;
        let stream = BufReader::new(Box::new(tcp.try_clone()?) as Box<dyn Stream>);
        let mut opened = Self { tcp, stream, abilities: Vec::new(), end };
        if let Some(tls) = tls {
            opened.encrypt(tls)?;
        }
        opened.answer()?;
        Ok(opened)
    }

    /// Says who we are, and hears what the server can do.
    ///
    /// # Errors
    /// What it said in place of that.
    pub(super) fn hello(&mut self, name: &str) -> Result<(), Trouble> {
        let answer = self.command(&format!("EHLO {name}"))?;
        // The first line is its name.
        self.abilities = answer.words.lines().skip(1).map(str::to_ascii_uppercase).collect();
        Ok(())
    }

    /// Encrypts what follows; the server is to be greeted anew then.
    ///
    /// # Errors
    /// That it cannot, or that it is not the one who answers.
    pub(super) fn start_tls(&mut self, tls: &Tls) -> Result<(), Trouble> {
        if !self.can("STARTTLS") {
            return Err(Trouble::Lacks(
                "it has no STARTTLS (for a server without: starttls = \"none\")",
            ));
        }
        self.command("STARTTLS")?;
        self.encrypt(tls)
    }

    fn encrypt(&mut self, tls: &Tls) -> Result<(), Trouble> {
        if !self.stream.buffer().is_empty() {
            return Err(Trouble::Strange(
                "it said more before the encryption than it was asked: somebody on the way may speak \
                 for it",
            ));
        }
        let client = ClientConnection::new(Arc::clone(&tls.config), tls.name.clone());
        let client = client.map_err(io::Error::other)?;
        self.stream = BufReader::new(Box::new(StreamOwned::new(client, self.tcp.try_clone()?)));
        self.abilities.clear();
        Ok(())
    }

    /// Says whom it deals with.
    ///
    /// # Errors
    /// That it does not know us, or of no way to say so that we know.
    pub(super) fn login(&mut self, username: &str, password: &Secret) -> Result<(), Trouble> {
        let password = password.reveal();
        if self.can("AUTH PLAIN") {
            let both = STANDARD.encode(format!("\0{username}\0{password}"));
            self.command(&format!("AUTH PLAIN {both}"))?;
        } else if self.can("AUTH LOGIN") {
            self.command("AUTH LOGIN")?;
            self.command(&STANDARD.encode(username))?;
            self.command(&STANDARD.encode(password))?;
        } else {
            return Err(Trouble::Lacks("it takes neither AUTH PLAIN nor AUTH LOGIN"));
        }
        Ok(())
    }

    /// Hands over a mail, each line of which ends with CRLF.
    ///
    /// # Errors
    /// Why the server does not take it.
    pub(super) fn mail(&mut self, mail: &[u8]) -> Result<Answer, Trouble> {
        self.command("DATA")?;
        let mut sent = Vec::with_capacity(mail.len() + 100);
        for line in mail.split_inclusive(|byte| *byte == b'\n') {
            // A dot alone would end it.
            if line.starts_with(b".") {
                sent.push(b'.');
            }
            sent.extend_from_slice(line);
        }
        sent.extend_from_slice(if sent.ends_with(b"\r\n") { b".\r\n" } else { b"\r\n.\r\n" });
        self.say(&sent)?;
        self.answer()
    }

    /// Takes leave within `limit`: what the server says to that changes nothing.
    pub(super) fn quit(mut self, limit: Duration) {
        self.end = Instant::now() + limit;
        let _ = self.command("QUIT");
    }

    /// Says one line and hears the answer, which is no `no`.
    ///
    /// # Errors
    /// What was answered in place of a yes.
    pub(super) fn command(&mut self, line: &str) -> Result<Answer, Trouble> {
        self.say(format!("{line}\r\n").as_bytes())?;
        self.answer()
    }

    /// Whether the server has said that it can do `what`: a word, or one of what stands behind a word.
    fn can(&self, what: &str) -> bool {
        let (word, choice) = what.split_once(' ').unwrap_or((what, ""));
        self.abilities.iter().any(|ability| {
            let mut words = ability.split(' ');
            words.next() == Some(word) && (choice.is_empty() || words.any(|known| known == choice))
        })
    }

    fn say(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.limit()?;
        let to = self.stream.get_mut();
        to.write_all(bytes)?;
        to.flush()
    }

    /// What is said or heard next takes no longer than there is time.
    fn limit(&self) -> io::Result<()> {
        let left = Some(left(self.end)?);
        self.tcp.set_read_timeout(left)?;
        self.tcp.set_write_timeout(left)
    }

    fn answer(&mut self) -> Result<Answer, Trouble> {
        let mut words = String::new();
        for _ in 0..LINES {
            let line = self.line()?;
            let code = line.get(..3).and_then(|code| code.parse().ok());
            let (Some(code @ 200..600), rest) = (code, line.get(3..).unwrap_or_default()) else {
                break;
            };
            words.push_str(rest.get(1..).unwrap_or_default());
            match rest.chars().next() {
                Some('-') => words.push('\n'),
                None | Some(' ') if code < 400 => return Ok(Answer { code, words }),
                None | Some(' ') => return Err(Trouble::No(Answer { code, words })),
                Some(_) => break,
            }
        }
        Err(Trouble::Strange("what it answers is no SMTP"))
    }

    fn line(&mut self) -> Result<String, Trouble> {
        self.limit()?;
        let mut line = Vec::new();
        Read::take(&mut self.stream, LINE).read_until(b'\n', &mut line)?;
        if !line.ends_with(b"\n") {
            return Err(Trouble::Strange("its answer breaks off, or has no end"));
        }
        Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
    }
}

/// The time that is left.
fn left(end: Instant) -> io::Result<Duration> {
    let left = end.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
}
