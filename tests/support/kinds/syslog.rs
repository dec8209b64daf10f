//! Syslogs: nobody there says that a line was taken, so what the kernel takes is delivered.

use std::io::{self, Read};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use super::super::scripted_mail::is_ended;
use super::super::{GENEROUS, Host, Request};
use super::{Day, NOBODY, Service};

pub(super) const DAYS_OF_SOCKETS: &[(Day, &str)] =
    &[(Day::Good, "delivered"), (Day::Silent, "retry"), (Day::Absent, "retry")];

pub(super) const DAYS_OF_PACKETS: &[(Day, &str)] = &[(Day::Good, "delivered")];

pub(super) const DAYS_OF_CONNECTIONS: &[(Day, &str)] = &[
    (Day::Good, "delivered"),
    (Day::Broken, "retry"),
    (Day::Silent, "delivered"),
    (Day::Absent, "retry"),
];

/// A line is at most this long.
const LONGEST: usize = 64 * 1024;

/// What fills a socket that nobody reads.
const OF_OTHERS: &[u8] = b"of others";

/// The lines that `receive` gives, until it gives none.
fn lines(receive: impl Fn(&mut [u8]) -> io::Result<usize>) -> Vec<Request> {
    let mut line = vec![0; LONGEST];
    let next = || receive(&mut line).ok().map(|length| Request::of(line[..length].to_vec()));
    std::iter::from_fn(next).collect()
}

/// The `/dev/log` of a host.
pub(super) struct Socket {
    socket: Option<UnixDatagram>,
    path: PathBuf,
}

impl Socket {
    pub(super) fn new(host: &Host, day: Day) -> Self {
        host.make_dir("/dev");
        let path = host.path("/dev/log");
        let socket = (day != Day::Absent).then(|| UnixDatagram::bind(&path).unwrap());
        if day == Day::Silent {
            let others = UnixDatagram::unbound().unwrap();
            others.set_nonblocking(true).unwrap();
            while others.send_to(OF_OTHERS, &path).is_ok() {}
        }
        Self { socket, path }
    }
}

impl Service for Socket {
    fn table(&self) -> String {
        "target = \"/dev/log\"\n".to_owned()
    }

    fn name(&self) -> String {
        "/dev/log".to_owned()
    }

    fn take(&self) -> Vec<Request> {
        let Some(socket) = &self.socket else { return Vec::new() };
        socket.set_nonblocking(true).unwrap();
        lines(|line| socket.recv(line))
    }

    /// All that waits there was sent by others, and nobody but us has the socket open.
    fn is_left_alone(&self) -> bool {
        let ours = self.take().iter().any(|line| line.body != OF_OTHERS);
        let sockets = std::fs::read_to_string("/proc/net/unix").unwrap();
        let path = self.path.display().to_string();
        !ours && sockets.lines().filter(|line| line.ends_with(&path)).count() == 1
    }
}

/// A syslog that takes packets.
pub(super) struct Packets(UdpSocket);

impl Packets {
    pub(super) fn new() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_nonblocking(true).unwrap();
        Self(socket)
    }
}

impl Service for Packets {
    fn table(&self) -> String {
        format!("target = \"{}\"\n", self.name())
    }

    fn name(&self) -> String {
        format!("udp://{}", self.0.local_addr().unwrap())
    }

    fn take(&self) -> Vec<Request> {
        lines(|line| self.0.recv(line))
    }

    fn is_left_alone(&self) -> bool {
        unreachable!("no packet waits for an answer")
    }
}

/// A syslog that takes connections, each with one line.
pub(super) struct Connections {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    taken: Mutex<Vec<Request>>,
    /// Connections from which nothing is read.
    open: Mutex<Vec<TcpStream>>,
}

impl Connections {
    pub(super) fn new(day: Day) -> Self {
        let shared = Arc::new(Shared::default());
        if day == Day::Absent {
            return Self { address: NOBODY.parse().unwrap(), shared };
        }
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn({
            let shared = shared.clone();
            move || {
                for stream in listener.incoming().map_while(Result::ok) {
                    let _ = shared.serve(stream, day);
                }
            }
        });
        Self { address, shared }
    }
}

impl Shared {
    fn serve(&self, mut stream: TcpStream, day: Day) -> io::Result<()> {
        stream.set_read_timeout(Some(GENEROUS))?;
        match day {
            Day::Silent => self.open.lock().unwrap().push(stream),
            // What came and was not read makes the end of the connection a reset.
            Day::Broken => drop(stream.peek(&mut [0])),
            _ => {
                let mut line = Vec::new();
                stream.read_to_end(&mut line)?;
                self.taken.lock().unwrap().push(Request::of(line));
            }
        }
        Ok(())
    }
}

impl Service for Connections {
    fn table(&self) -> String {
        format!("target = \"{}\"\n", self.name())
    }

    fn name(&self) -> String {
        format!("tcp://{}", self.address)
    }

    fn take(&self) -> Vec<Request> {
        std::mem::take(&mut *self.shared.taken.lock().unwrap())
    }

    fn is_left_alone(&self) -> bool {
        let open = self.shared.open.lock().unwrap();
        !open.is_empty() && open.iter().all(is_ended)
    }
}
