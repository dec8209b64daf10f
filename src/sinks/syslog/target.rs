//! Where lines go, and the way there.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpStream, ToSocketAddrs, UdpSocket};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use humantime::format_duration;
use reqwest::Url;

use crate::secret::Environment;
use crate::sinks::addresses::first_that;
use crate::sinks::time_limit::within;
use crate::sys::{self, Deadline, Errno};

/// The port of syslog, where none is named.
const PORT: u16 = 514;

/// The longest line where nothing less is known: older syslogs take no more.
const LONGEST: usize = 2048;

/// The longest one in a packet that no network on the way takes apart.
const LONGEST_UDP: usize = 1400;

/// How long is waited for the other side to end a connection that we have ended.
const CLOSING: Duration = Duration::from_secs(1);

/// Where lines go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// A socket of this host.
    Local(PathBuf),
    /// A packet a line: host and port.
    Udp(String, u16),
    /// A connection a line: host and port.
    Tcp(String, u16),
}

impl Target {
    /// What `text` names.
    ///
    /// # Errors
    /// That it names nothing, in words.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.starts_with('/') {
            return Ok(Self::Local(PathBuf::from(text)));
        }
        let wrong = || {
            "`target` must be the path of a socket, udp://HOST:PORT or tcp://HOST:PORT".to_owned()
        };
        let url = Url::parse(text).map_err(|_| wrong())?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(wrong)?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let rest = [url.path().trim_matches('/'), url.query().unwrap_or_default(), url.username()];
        if rest.iter().any(|part| !part.is_empty()) || url.password().is_some() {
            return Err(wrong());
        }
        let port = url.port().unwrap_or(PORT);
        match url.scheme() {
            "udp" => Ok(Self::Udp(host, port)),
            "tcp" => Ok(Self::Tcp(host, port)),
            _ => Err(wrong()),
        }
    }

    /// How many bytes a line may have.
    pub(super) fn longest_line(&self) -> usize {
        match self {
            Self::Local(_) | Self::Tcp(..) => LONGEST,
            Self::Udp(..) => LONGEST_UDP,
        }
    }

    /// What it means that a line was sent.
    pub(super) fn confirmation(&self) -> &'static str {
        match self {
            Self::Local(_) => "the socket took it",
            Self::Udp(..) => "sent by UDP, which nobody confirms",
            Self::Tcp(..) => "sent by TCP, and no syslog confirms a line",
        }
    }

    /// Sends `line` once, within `timeout`.
    ///
    /// # Errors
    /// What the system or the network says.
    pub(super) fn send(
        &self,
        line: &str,
        timeout: Duration,
        environment: &Environment,
    ) -> Result<(), String> {
        if let Self::Local(path) = self {
            return send_local(&environment.path(path), line, timeout);
        }
        let (target, line) = (self.clone(), line.to_owned());
        let sent = within(timeout + CLOSING, move || match &target {
            Self::Udp(host, port) => send_udp(&(host.as_str(), *port), &line, timeout),
            Self::Tcp(host, port) => send_tcp(&(host.as_str(), *port), &line, timeout),
            Self::Local(_) => Ok(()),
        });
        match sent {
            Ok(Some(sent)) => sent.map_err(|error| error.to_string()),
            Ok(None) => Err(format!("not sent within {}", format_duration(timeout))),
            Err(error) => Err(error.to_string()),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, host, port) = match self {
            Self::Local(path) => return path.display().fmt(f),
            Self::Udp(host, port) => ("udp", host, port),
            Self::Tcp(host, port) => ("tcp", host, port),
        };
        if host.contains(':') {
            write!(f, "{scheme}://[{host}]:{port}")
        } else {
            write!(f, "{scheme}://{host}:{port}")
        }
    }
}

/// One datagram; a stream, where the other side listens for those.
fn send_local(path: &Path, line: &str, timeout: Duration) -> Result<(), String> {
    let socket = UnixDatagram::unbound().and_then(|socket| {
        socket.set_write_timeout(Some(timeout))?;
        socket.connect(path)?;
        Ok(socket)
    });
    match socket.and_then(|socket| socket.send(line.as_bytes())) {
        Ok(_) => Ok(()),
        Err(error) if error.raw_os_error() == Some(libc::EPROTOTYPE) => {
            send_stream(path, line, timeout).map_err(|errno| errno.desc().to_owned())
        }
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
            Err(format!("not taken within {}", format_duration(timeout)))
        }
        Err(error) => Err(error.to_string()),
    }
}

/// A line in a stream ends with NUL there, as the C library does it.
fn send_stream(path: &Path, line: &str, timeout: Duration) -> Result<(), Errno> {
    let socket = sys::connect(path.as_os_str().as_bytes())?;
    sys::send(&socket, format!("{line}\0").as_bytes(), Deadline::within(timeout))
}

fn send_udp(to: &impl ToSocketAddrs, line: &str, timeout: Duration) -> io::Result<()> {
    first_that(to, |address| {
        let from = match address {
            SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
            SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
        };
        let socket = UdpSocket::bind(from)?;
        socket.set_write_timeout(Some(timeout))?;
        socket.connect(address)?;
        socket.send(line.as_bytes()).map(drop)
    })
}

/// With the length before the line (RFC 6587, octet counting).
fn send_tcp(to: &impl ToSocketAddrs, line: &str, timeout: Duration) -> io::Result<()> {
    let end = Instant::now() + timeout;
    let mut stream = first_that(to, |address| {
        let left = end.saturating_duration_since(Instant::now());
        TcpStream::connect_timeout(&address, left.max(Duration::from_millis(1)))
    })?;
    stream.set_write_timeout(Some(timeout))?;
    stream.write_all(format!("{} {line}", line.len()).as_bytes())?;
    stream.shutdown(Shutdown::Write)?;
    stream.set_read_timeout(Some(CLOSING))?;
    // Who breaks the connection off has not read all; one who only keeps it open may have.
    match stream.read(&mut [0]) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_socket_or_a_url() {
        for (text, shown) in [
            ("/dev/log", "/dev/log"),
            ("udp://logs.example.com", "udp://logs.example.com:514"),
            ("tcp://logs.example.com:6514/", "tcp://logs.example.com:6514"),
            ("udp://[::1]:5514", "udp://[::1]:5514"),
            ("tcp://127.0.0.1", "tcp://127.0.0.1:514"),
        ] {
            assert_eq!(Target::parse(text).unwrap().to_string(), shown);
        }
        for text in
            ["", "logs", "http://x", "udp://", "tcp://x/path", "tcp://u:p@x", "udp://x:99999"]
        {
            assert!(Target::parse(text).is_err(), "{text}");
        }
    }
}
