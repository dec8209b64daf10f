//! Notices to real commands.
#![cfg(feature = "deliver")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails panics")]

mod support;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;
use support::{Host, configure, fingerprint, report, told, try_once, try_with, wait_until};
use upstart_monitor::sinks::Fidelity;

/// A host whose sink runs `argv`.
fn host(argv: &[&str], more: &str) -> Host {
    let host = Host::new();
    command(&host, argv, more);
    host
}

fn command(host: &Host, argv: &[&str], more: &str) {
    configure(host, &format!("[sink.exec.own]\ncommand = {argv:?}\n{more}\n"));
}

fn shell(script: &str) -> Host {
    host(&["sh", "-c", script], "")
}

#[test]
fn a_command_reads_the_notice_as_json() {
    for (fidelity, has_log) in [(Fidelity::Full, true), (Fidelity::Minimal, false)] {
        let host = Host::new();
        let read = host.path("/read");
        command(&host, &["sh", "-c", &format!("cat > {}", read.display())], "");
        assert_eq!(told(try_once(&host, fidelity)).0, "delivered");
        let told: Value = serde_json::from_str(&fs::read_to_string(read).unwrap()).unwrap();
        assert_eq!(told["id"], report().id.to_string());
        assert_eq!(told["kind"], "crash");
        assert_eq!(told["log"].is_object(), has_log);
    }
}

#[test]
fn a_command_finds_facts_in_its_environment_and_nothing_else() {
    let host = Host::new();
    let copy = host.path("/environment");
    command(&host, &["cp", "/proc/self/environ", copy.to_str().unwrap()], "");
    assert_eq!(told(try_once(&host, Fidelity::Full)).0, "delivered");
    let text = fs::read_to_string(copy).unwrap();
    let mut variables: Vec<_> = text.split_terminator('\0').collect();
    variables.sort_unstable();
    let id = report().id;
    let mut expected = [
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".to_owned(),
        format!("UPSTART_MONITOR_ID={id}"),
        format!("UPSTART_MONITOR_REPORT_ID={id}"),
        format!("UPSTART_MONITOR_KEY={}", report().key),
    ]
    .to_vec();
    expected.extend(
        [
            "KIND=crash",
            "SEVERITY=error",
            "TIME=2026-11-21T03:42:17.123456Z",
            "HOST=web-1",
            "JOB=nginx",
            "INSTANCE=eu-1",
            "VERDICT=crashed",
            "EXIT=SIGSEGV",
            "SUMMARY=web-1: nginx (eu-1) crashed: SIGSEGV after 5 h 42 min, back after 0.4 s",
        ]
        .map(|fact| format!("UPSTART_MONITOR_{fact}")),
    );
    expected.sort();
    assert_eq!(variables, expected);
}

#[test]
fn its_end_decides() {
    for (script, expected, words) in [
        ("exit 0", ("delivered", None), "exit status 0"),
        ("echo 'no broker' >&2; exit 75", ("retry", None), "sh asks for another try: no broker"),
        ("echo wrong; exit 1", ("rejected", None), "sh ended with status 1: wrong"),
        ("exit 126", ("rejected", None), "sh ended with status 126"),
        ("printf '\\033[31mred\\n'; exit 3", ("rejected", None), "status 3: red"),
        ("kill -9 $$", ("retry", None), "sh was killed by signal 9"),
    ] {
        let (outcome, wait, why) = told(try_once(&shell(script), Fidelity::Full));
        assert_eq!((outcome, wait), expected, "{script}: {why}");
        assert!(why.contains(words), "{script}: {why}");
    }
    let absent = host(&["/no/such/program", "--token=abcdef0123456789"], "");
    let (outcome, wait, why) = told(try_once(&absent, Fidelity::Full));
    assert_eq!((outcome, wait), ("retry", Some(300)), "{why}");
    assert!(why.contains("cannot run /no/such/program: ") && !why.contains("abcdef"), "{why}");
}

/// Reads when the pipe is full, and writes how much there was into the file that it is told.
const LATE_READER: &str = "\
import array, fcntl, sys, termios
size, waiting = fcntl.fcntl(0, fcntl.F_GETPIPE_SZ), array.array('i', [0])
while waiting[0] < size:
    fcntl.ioctl(0, termios.FIONREAD, waiting)
open(sys.argv[1], 'w').write(str(len(sys.stdin.buffer.read())))
";

/// More than a pipe holds.
#[test]
fn a_long_notice_is_read_whole_or_not_at_all() {
    let mut report = report();
    report.log.as_mut().unwrap().lines = vec!["x".repeat(4000); 500];
    let host = Host::new();
    let size = host.path("/size");
    let reader = ["python3", "-c", LATE_READER, size.to_str().unwrap()];
    for (argv, expected) in [
        (&["sh", "-c", "exit 0"][..], "delivered"),
        (&["sh", "-c", "exec <&-; exit 75"], "retry"),
        (&reader, "delivered"),
    ] {
        command(&host, argv, "");
        assert_eq!(told(try_with(&host, &report, Fidelity::Full)).0, expected, "{argv:?}");
    }
    let size: usize = fs::read_to_string(size).unwrap().trim().parse().unwrap();
    assert!(size > 2_000_000, "{size}");
}

#[test]
fn what_takes_too_long_is_killed_with_its_children() {
    let host = Host::new();
    let children = host.path("/children");
    // One that reads nothing, and one that does.
    for script in [
        "sleep 999 & echo $! >> CHILDREN; wait",
        "cat > /dev/null; sleep 999 & echo $! >> CHILDREN; wait",
    ] {
        let script = script.replace("CHILDREN", children.to_str().unwrap());
        // Long enough for the shell to have started its child.
        command(&host, &["sh", "-c", &script], "timeout = \"3s\"");
        let begun = Instant::now();
        let (outcome, wait, why) = told(try_once(&host, Fidelity::Full));
        assert_eq!((outcome, wait), ("retry", None), "{why}");
        assert_eq!(why, "sh did not end within 3s");
        assert!(begun.elapsed() < Duration::from_secs(60));
    }
    let children = fs::read_to_string(children).unwrap();
    assert_eq!(children.lines().count(), 2);
    for child in children.lines() {
        let command = Path::new("/proc").join(child).join("cmdline");
        wait_until("the child is gone", || fs::read(&command).unwrap_or_default().is_empty());
    }
}

#[test]
fn another_command_is_another_sink() {
    let host = host(&["a", "b"], "");
    let first = fingerprint(&host);
    command(&host, &["a b"], "");
    assert_ne!(first, fingerprint(&host));
}
