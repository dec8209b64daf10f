//! What a process listens on: the sockets it has open, by what /proc/PID/net says of them.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, Ipv6Addr};

use super::process::directory;
use crate::aftermath::Port;

/// The most descriptors of one process, and lines of one table, that are looked at.
const MOST: usize = 65_536;

/// Each table, the state of a socket that takes something in (include/net/tcp_states.h), and
/// whether its addresses are those of IPv6.
const TABLES: [(&str, &str, bool); 4] =
    [("tcp", "0A", false), ("tcp6", "0A", true), ("udp", "07", false), ("udp6", "07", true)];

/// What process `pid` listens on, in the network that it lives in. Other users' processes show it
/// to root alone.
pub(super) fn listened_on(pid: i32) -> Vec<Port> {
    let sockets = sockets(pid);
    if sockets.is_empty() {
        return Vec::new();
    }
    let mut ports = BTreeSet::new();
    for (protocol, state, six) in TABLES {
        let Ok(table) = File::open(directory(pid).join("net").join(protocol)) else { continue };
        let lines = BufReader::new(table).lines().map_while(Result::ok).take(MOST);
        let entries = lines.filter_map(|line| Entry::parse(&line, six));
        let listening = entries.filter(|it| it.state == state && sockets.contains(&it.inode));
        ports.extend(listening.map(|Entry { address, port, .. }| Port {
            protocol: protocol.to_owned(),
            address,
            port,
        }));
    }
    ports.into_iter().collect()
}

/// The inodes of the sockets that process `pid` has open.
fn sockets(pid: i32) -> BTreeSet<u64> {
    let listed = fs::read_dir(directory(pid).join("fd")).into_iter().flatten().take(MOST);
    let links = listed.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
    let inode = |link: std::path::PathBuf| {
        link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
    };
    links.filter_map(inode).collect()
}

/// One line of a table.
#[derive(Debug, PartialEq, Eq)]
struct Entry {
    address: String,
    port: u16,
    state: String,
    inode: u64,
}

impl Entry {
    /// Reads a line; `None` for the heading and what is no such line.
    fn parse(line: &str, six: bool) -> Option<Self> {
        let mut fields = line.split_ascii_whitespace();
        let (address, port) = fields.nth(1)?.split_once(':')?;
        let state = fields.nth(1)?.to_owned();
        let inode = fields.nth(5)?.parse().ok()?;
        // The kernel prints the address as 32-bit words of the machine's byte order.
        let words = address.as_bytes().chunks(8).map(|word| {
            u32::from_str_radix(std::str::from_utf8(word).ok()?, 16).ok().map(u32::to_ne_bytes)
        });
        let bytes: Vec<u8> = words.collect::<Option<Vec<_>>>()?.concat();
        let address = if six {
            Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?).to_string()
        } else {
            Ipv4Addr::from(<[u8; 4]>::try_from(bytes).ok()?).to_string()
        };
        Some(Self { address, port: u16::from_str_radix(port, 16).ok()?, state, inode })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_endian = "little")]
    fn lines_of_the_tables_are_read() {
        let rest = "00000000:00000000 00:00000000 00000000  1000        0 4711 1 0000 100 0 0 10 0";
        for (local, six, shown) in [
            ("00000000:1F90", false, Some(("0.0.0.0", 8080))),
            ("0100007F:0016", false, Some(("127.0.0.1", 22))),
            ("00000000000000000000000000000000:0050", true, Some(("::", 80))),
            ("00000000000000000000000001000000:0050", true, Some(("::1", 80))),
            ("B80D0120000000000000000001000000:0050", true, Some(("2001:db8::1", 80))),
            ("0100007F:0016", true, None),
            ("00000000000000000000000000000000:0050", false, None),
            ("0100007F:10000", false, None),
            ("0100007F", false, None),
            ("xyz:1", false, None),
            ("ééééé:1", false, None),
        ] {
            let line = format!("   0: {local} 00000000:0000 0A {rest}");
            let expected = shown.map(|(address, port)| Entry {
                address: address.to_owned(),
                port,
                state: "0A".to_owned(),
                inode: 4711,
            });
            assert_eq!(Entry::parse(&line, six), expected, "{line}");
        }
        let heading = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt";
        for line in ["", "   0:", "   0: 0100007F:0016 00000000:0000 0A", heading] {
            assert_eq!(Entry::parse(line, false), None, "{line}");
        }
    }

    #[test]
    fn this_process_listens_where_it_listens() {
        let tcp = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let udp = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let ports = listened_on(i32::try_from(std::process::id()).unwrap());
        for (protocol, address) in [("tcp", tcp.local_addr()), ("udp", udp.local_addr())] {
            let expected = Port {
                protocol: protocol.to_owned(),
                address: "127.0.0.1".to_owned(),
                port: address.unwrap().port(),
            };
            assert!(ports.contains(&expected), "{expected:?} in {ports:?}");
        }
    }
}
