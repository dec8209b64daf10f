//! Lines to a real rsyslog: by the socket of the host, by UDP, by TCP; and to nobody.
#![cfg(feature = "deliver")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails panics")]

mod support;

use std::io::Read;
use std::os::unix::net::UnixListener;

use support::{Host, Rsyslog, configure, report, told, try_once, try_with};
use upstart_monitor::sinks::Fidelity;

/// What stands in a line of [`report`].
const TITLE: &str = "[crash] web-1: nginx (eu-1) crashed: SIGSEGV after 5 h 42 min";

fn config(host: &Host, target: &str) {
    configure(host, &format!("[sink.syslog.log]\ntarget = \"{target}\"\nfacility = \"local3\"\n"));
}

#[test]
fn rsyslog_reads_every_part_of_a_line() {
    let host = Host::new();
    let rsyslog = Rsyslog::start(&host);
    let pid = std::process::id().to_string();
    // Of local3 (19) and err (3).
    let by_network = ["155", "web-1", "upstart-monitor", &pid, "CRASH"];
    for (number, (target, input, expected)) in [
        ("/dev/log".to_owned(), "imuxsock", ["155", "", "upstart-monitor", &*pid, "-"]),
        (format!("udp://127.0.0.1:{}", rsyslog.port), "imudp", by_network),
        (format!("tcp://127.0.0.1:{}", rsyslog.port), "imtcp", by_network),
    ]
    .into_iter()
    .enumerate()
    {
        config(&host, &target);
        assert_eq!(told(try_once(&host, Fidelity::Full)).0, "delivered", "{target}");
        let lines = rsyslog.wait_for(number + 1);
        let line = &lines[number];
        assert_eq!(line[0], input);
        for (part, expected) in line[1..].iter().zip(expected) {
            assert!(part == expected || expected.is_empty(), "{target}: {line:?}");
        }
        if input != "imuxsock" {
            assert_eq!(line[6], "2026-11-21T03:42:17.123456Z", "{target}");
        }
        let text = line[7].trim_start();
        assert!(text.starts_with(TITLE), "{target}: {text}");
        assert!(text.contains("time=\"2026-11-21 03:42:17 UTC\""), "{target}: {text}");
        assert!(text.contains(" see=\"upstart-crash show 6c1d8e40\""), "{target}: {text}");
    }
}

#[test]
fn whatever_stands_in_a_report_is_one_line() {
    let host = Host::new();
    let rsyslog = Rsyslog::start(&host);
    let mut report = report();
    report.summary = format!("web-1: \u{1b}[31mx\0\n<0>Jan  1 00:00:00 evil: {}", "☃".repeat(3000));
    for (number, target) in
        ["/dev/log".to_owned(), format!("tcp://127.0.0.1:{}", rsyslog.port)].iter().enumerate()
    {
        config(&host, target);
        assert_eq!(told(try_with(&host, &report, Fidelity::Minimal)).0, "delivered");
        let lines = rsyslog.wait_for(number + 1);
        assert_eq!(lines.len(), number + 1, "{lines:?}");
        let text = &lines[number][7];
        assert!(text.contains("x\u{fffd}\u{fffd}<0>Jan  1 00:00:00 evil: ☃☃"), "{text}");
        assert!(text.ends_with(&format!("report={}", report.id)), "{text}");
    }
}

#[test]
fn a_stream_gets_a_line_that_ends_with_nul() {
    let host = Host::new();
    let listener = UnixListener::bind(host.path("/dev/log")).unwrap();
    config(&host, "/dev/log");
    assert_eq!(told(try_once(&host, Fidelity::Full)).0, "delivered");
    let mut line = String::new();
    listener.accept().unwrap().0.read_to_string(&mut line).unwrap();
    assert!(line.starts_with("<155>") && line.ends_with('\0'), "{line:?}");
    assert!(line.contains(TITLE), "{line}");
}

#[test]
fn who_does_not_listen_is_tried_again() {
    let host = Host::new();
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let shown = host.path("/dev/log");
    for (target, expected) in [
        ("/dev/log".to_owned(), "/dev/log: No such file".to_owned()),
        (format!("tcp://{nobody}"), format!("tcp://{nobody}: Connection refused")),
        // A label of 64 characters is no name: the resolver says so without asking anybody.
        (format!("udp://{}.invalid", "x".repeat(64)), ".invalid:514: ".to_owned()),
    ] {
        config(&host, &target);
        let (outcome, wait, why) = told(try_once(&host, Fidelity::Full));
        assert_eq!((outcome, wait), ("retry", None), "{why}");
        assert!(why.contains(&expected), "{}: {why}", shown.display());
    }
}

/// Ends the connection before it has read anything.
#[test]
fn a_line_that_was_not_read_is_sent_again() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let host = Host::new();
    config(&host, &format!("tcp://{}", listener.local_addr().unwrap()));
    let deaf = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        // What came and was not read makes the end of the connection a reset.
        stream.peek(&mut [0]).unwrap();
    });
    let (outcome, _, why) = told(try_once(&host, Fidelity::Full));
    assert_eq!(outcome, "retry", "{why}");
    deaf.join().unwrap();
}
