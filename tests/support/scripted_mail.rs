//! A mail server that does what a test tells it to: say no, hang, reset, break off, lie.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use nix::libc;
use nix::sys::socket::{setsockopt, sockopt};

use super::{Certified, GENEROUS};

/// What a command is met with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// These lines.
    Says(String),
    /// Nothing, and the connection stays open.
    Hang,
    /// A reset connection.
    Reset,
    /// A line that ends before it should, and the connection with it.
    CutOff,
}

impl From<&str> for Reply {
    fn from(lines: &str) -> Self {
        Self::Says(lines.to_owned())
    }
}

/// What is said to a command that begins with the word. The connection itself is `(greeting)`, the
/// end of a mail is `.`; what stands in no script is met as by a server that takes everything.
pub type Script = Vec<(&'static str, Reply)>;

/// From where on a connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    None,
    FromTheStart,
    /// After STARTTLS.
    OnDemand,
}

#[derive(Default)]
struct Heard {
    lines: Mutex<Vec<String>>,
    mails: Mutex<Vec<String>>,
    /// Connections that hang.
    open: Mutex<Vec<TcpStream>>,
}

/// A server on a free port of 127.0.0.1 that serves one connection after the other.
pub struct ScriptedMail {
    address: SocketAddr,
    encryption: Encryption,
    heard: Arc<Heard>,
    /// The certificate that vouches for the server's.
    pub ca_pem: String,
}

impl ScriptedMail {
    /// One without TLS.
    pub fn new(script: &[(&'static str, &str)]) -> Self {
        let script = script.iter().map(|(word, lines)| (*word, Reply::from(*lines)));
        Self::start(Encryption::None, script.collect())
    }

    pub fn start(encryption: Encryption, script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Arc::new(Heard::default());
        let Certified { ca_pem, server, .. } = Certified::here();
        std::thread::spawn({
            let heard = heard.clone();
            move || {
                for stream in listener.incoming().map_while(Result::ok) {
                    let talk = Talk { stream: &stream, script: &script, heard: &heard };
                    let _ = talk.over(encryption, &server);
                }
            }
        });
        Self { address, encryption, heard, ca_pem }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it is to be reached.
    pub fn url(&self) -> String {
        let scheme = if self.encryption == Encryption::FromTheStart { "smtps" } else { "smtp" };
        format!("{scheme}://{}", self.address)
    }

    /// All that was said to it, line by line.
    pub fn heard(&self) -> String {
        self.heard.lines.lock().unwrap().join("\n")
    }

    /// The mails that it has read to their ends.
    pub fn mails(&self) -> Vec<String> {
        self.heard.mails.lock().unwrap().clone()
    }

    /// The same, each once.
    pub fn take_mails(&self) -> Vec<String> {
        std::mem::take(&mut *self.heard.mails.lock().unwrap())
    }

    /// Whether there was a connection that hangs, and the other side has ended each.
    pub fn is_left_alone(&self) -> bool {
        let open = self.heard.open.lock().unwrap();
        !open.is_empty() && open.iter().all(is_ended)
    }
}

/// Whether the other side has ended `stream`, whatever it said before.
pub(super) fn is_ended(stream: &TcpStream) -> bool {
    stream.set_nonblocking(true).unwrap();
    let read = (&*stream).read_to_end(&mut Vec::new());
    !matches!(read, Err(error) if error.kind() == io::ErrorKind::WouldBlock)
}

struct Talk<'a> {
    stream: &'a TcpStream,
    script: &'a Script,
    heard: &'a Heard,
}

impl Talk<'_> {
    fn over(&self, encryption: Encryption, tls: &Arc<rustls::ServerConfig>) -> io::Result<()> {
        self.stream.set_read_timeout(Some(GENEROUS))?;
        // An answer is several small writes: not to be held back until the first one is confirmed.
        self.stream.set_nodelay(true)?;
        let encrypted = || {
            let connection = rustls::ServerConnection::new(tls.clone()).unwrap();
            BufReader::new(rustls::StreamOwned::new(connection, self.stream))
        };
        match encryption {
            Encryption::FromTheStart => self.greet(&mut encrypted()),
            Encryption::None => self.greet(&mut BufReader::new(self.stream)),
            Encryption::OnDemand => {
                let mut plain = BufReader::new(self.stream);
                self.answer(&mut plain, "(greeting)", "220 scripted ESMTP")?;
                self.listen(&mut plain, "250-scripted\r\n250 STARTTLS")?;
                self.listen(&mut encrypted(), KNOWN)
            }
        }
    }

    fn greet<S: Read + Write>(&self, stream: &mut BufReader<S>) -> io::Result<()> {
        self.answer(stream, "(greeting)", "220 scripted ESMTP")?;
        self.listen(stream, KNOWN)
    }

    /// Answers each command until the other side goes, or encryption is to begin.
    fn listen<S: Read + Write>(&self, stream: &mut BufReader<S>, hello: &str) -> io::Result<()> {
        while let Some(command) = self.line(stream)? {
            match command.split_whitespace().next().unwrap_or_default() {
                "EHLO" => self.answer(stream, &command, hello)?,
                "AUTH" => self.answer(stream, &command, "235 known")?,
                "STARTTLS" => return self.answer(stream, &command, "220 ready"),
                "DATA" => {
                    self.answer(stream, &command, "354 go on")?;
                    let mut mail = String::new();
                    while let Some(line) = self.line(stream)?.filter(|line| line != ".") {
                        // A dot before a dot is the protocol's.
                        mail += line.strip_prefix('.').unwrap_or(&line);
                        mail.push('\n');
                    }
                    self.heard.mails.lock().unwrap().push(mail);
                    self.answer(stream, ".", "250 taken")?;
                }
                _ => self.answer(stream, &command, "250 ok")?,
            }
        }
        Ok(())
    }

    fn line(&self, stream: &mut impl BufRead) -> io::Result<Option<String>> {
        let line = stream.lines().next().transpose()?;
        self.heard.lines.lock().unwrap().extend(line.clone());
        Ok(line)
    }

    /// Says what the script has for `command`, or else `otherwise`.
    fn answer<S: Read + Write>(
        &self,
        stream: &mut BufReader<S>,
        command: &str,
        otherwise: &str,
    ) -> io::Result<()> {
        let found = self.script.iter().find(|(word, _)| command.starts_with(word));
        let reply = found.map_or_else(|| otherwise.into(), |(_, reply)| reply.clone());
        let to = stream.get_mut();
        match reply {
            Reply::Says(lines) => {
                write!(to, "{lines}\r\n")?;
                return to.flush();
            }
            Reply::Hang => self.heard.open.lock().unwrap().push(self.stream.try_clone()?),
            Reply::Reset => {
                let at_once = libc::linger { l_onoff: 1, l_linger: 0 };
                setsockopt(self.stream, sockopt::Linger, &at_once)?;
            }
            Reply::CutOff => {
                write!(to, "250-as far as")?;
                to.flush()?;
            }
        }
        Err(io::Error::other("the connection is over"))
    }
}

/// The answer to EHLO of a server that knows people.
const KNOWN: &str = "250-scripted\r\n250 AUTH PLAIN LOGIN";
