//! A real rsyslog on sockets of the test's own.

use std::net::{TcpListener, TcpStream, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use super::{Host, wait_until};

/// What rsyslog writes of a line: how it came, then what it read in it.
const TEMPLATE: &str = "%inputname%|%pri%|%hostname%|%app-name%|%procid%|%msgid%|\
                        %timereported:::date-rfc3339%|%msg%\\n";

/// A running rsyslog whose system socket is the `/dev/log` of a host.
pub struct Rsyslog {
    child: Child,
    /// The port of both UDP and TCP.
    pub port: u16,
    written: PathBuf,
}

impl Rsyslog {
    pub fn start(host: &Host) -> Self {
        let port = free_port();
        host.make_dir("/rsyslog");
        let (socket, written) = (host.path("/dev/log"), host.path("/rsyslog/lines"));
        // The system socket as Debian sets it up: with its own parser, and its own clock.
        let config = format!(
            "global(workDirectory=\"{work}\")\n\
             module(load=\"imuxsock\" SysSock.Name=\"{socket}\")\n\
             module(load=\"imudp\")\ninput(type=\"imudp\" address=\"127.0.0.1\" port=\"{port}\")\n\
             module(load=\"imtcp\")\ninput(type=\"imtcp\" address=\"127.0.0.1\" port=\"{port}\")\n\
             template(name=\"parts\" type=\"string\" string=\"{TEMPLATE}\")\n\
             if $app-name != \"rsyslogd\" then {{ action(type=\"omfile\" file=\"{written}\" template=\"parts\") }}\n",
            work = host.path("/rsyslog").display(),
            socket = socket.display(),
            written = written.display(),
        );
        host.write("/rsyslog/config", config);
        let child = Command::new("rsyslogd")
            .arg("-n")
            .arg("-f")
            .arg(host.path("/rsyslog/config"))
            .arg("-i")
            .arg(host.path("/rsyslog/pid"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("rsyslogd is there: scripts/setup.sh test");
        let started = Self { child, port, written };
        wait_until("rsyslog listens", || {
            let udp = std::fs::read_to_string("/proc/net/udp").unwrap();
            socket.exists()
                && udp.contains(&format!("0100007F:{port:04X} "))
                && TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        started
    }

    /// The parts of the lines that were written, when there are `count`.
    #[track_caller]
    pub fn wait_for(&self, count: usize) -> Vec<Vec<String>> {
        let read = || std::fs::read_to_string(&self.written).unwrap_or_default();
        wait_until(&format!("{count} lines"), || read().matches('\n').count() >= count);
        let parts = |line: &str| line.splitn(8, '|').map(str::to_owned).collect();
        read().lines().map(parts).collect()
    }
}

impl Drop for Rsyslog {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port of 127.0.0.1 that is free for UDP and TCP.
fn free_port() -> u16 {
    loop {
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = tcp.local_addr().unwrap().port();
        if UdpSocket::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
