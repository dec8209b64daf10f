//! The end of a job's log in a report: this run's, at a cost that its length does not change, and
//! never what somebody put in its place.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a report without what is looked for fails the test"
)]

mod support;

use std::fs::{self, File};
use std::os::unix::fs::{FileExt, PermissionsExt, symlink};
use std::process::Command;
use std::time::SystemTime;

use nix::sys::signal::Signal;
use serde_json::{Value, json};
use support::Hook::{Observer, PostStop, PreStart};
use support::{Host, Layout, NOBODY};

const LOGS: &str = "/var/log/upstart";
const LOG: &str = "/var/log/upstart/nginx.log";

/// The report on a run of nginx, while which `act` is done.
fn told(host: &Host, act: impl FnOnce()) -> Value {
    host.hook(PreStart, "nginx").run().harms_nobody().says_nothing();
    act();
    host.hook(PostStop, "nginx").run().harms_nobody().says_nothing();
    host.only_report()
}

/// Why its log is missing, or not whole.
fn gap(report: &Value) -> String {
    let gaps = report["incomplete"].as_array().unwrap();
    let of_log: Vec<_> = gaps.iter().filter(|gap| gap["part"] == "log").collect();
    assert!(of_log.len() <= 1, "{of_log:?}");
    of_log.first().map(|gap| gap["reason"].as_str().unwrap().to_owned()).unwrap_or_default()
}

/// Runs `script` where the logs lie, as logrotate would.
fn rotate(host: &Host, script: &str) {
    let mut shell = Command::new("sh");
    let done = shell.args(["-ec", script]).current_dir(host.path(LOGS)).status().unwrap();
    assert!(done.success(), "{script}");
}

#[test]
fn a_rotation_in_the_middle_of_a_run_parts_no_lines() {
    for (script, lines, missing) in [
        ("mv nginx.log nginx.log.1", json!(["before"]), ""),
        ("mv nginx.log nginx.log.1; touch nginx.log", json!(["before"]), ""),
        ("mv nginx.log nginx.log.1; echo after >nginx.log", json!(["before", "after"]), ""),
        (
            "mv nginx.log nginx.log.1; echo af >nginx.log; mv nginx.log.1 nginx.log.2
             mv nginx.log nginx.log.1; echo ter >nginx.log",
            json!(["before", "af", "ter"]),
            "",
        ),
        ("cp nginx.log nginx.log.1; : >nginx.log", json!(["before"]), ""),
        ("cp nginx.log nginx.log.1; echo x >nginx.log", json!(["before", "x"]), ""),
        ("echo x >nginx.log", json!(["x"]), "before it was emptied or removed is gone"),
        (
            "mv nginx.log nginx.log.1; gzip nginx.log.1; echo after >nginx.log",
            json!(["after"]),
            "nginx.log.1.gz is compressed: not read",
        ),
        (
            "rm nginx.log; echo after >nginx.log",
            json!(["after"]),
            "before it was emptied or removed is gone",
        ),
    ] {
        let host = Host::new();
        host.write(LOG, "of an earlier run\r\n");
        let report = told(&host, || {
            wait_for_a_tick(&host);
            rotate(&host, "printf 'before\\r\\n' >>nginx.log");
            rotate(&host, script);
        });
        assert_eq!(report["log"]["lines"], lines, "{script}");
        assert_eq!(report["log"]["this_run_only"], true);
        let gap = gap(&report);
        assert!(gap.ends_with(missing) && gap.is_empty() == missing.is_empty(), "{script}: {gap}");
    }
}

/// Until what is written now is later than what was, by the coarse clock of file times, too.
fn wait_for_a_tick(host: &Host) {
    let start = SystemTime::now();
    support::wait_until("the clock of file times to tick", || {
        host.write("/tick", "");
        fs::metadata(host.path("/tick")).unwrap().modified().unwrap() > start
    });
}

#[test]
fn a_respawned_job_goes_on_in_the_renamed_log_until_it_is_packed() {
    let host = Host::new();
    let talks = "for word in one two; do until [ -e \"$GO-$word\" ]; do sleep 0.01; done; \
                 echo $word; done; exec sleep 3600";
    let go = host.path("/go");
    let job = host.job("nginx").respawn().lives(["echo old; exit 1", talks]);
    let job = job.env("GO", go.to_str().unwrap()).start();
    job.wait_until_up_after(1);
    wait_for_a_tick(&host);
    host.write("/go-one", "");
    job.wait_for_log("one");
    rotate(&host, "mv nginx.log nginx.log.1; gzip nginx.log.1");
    host.write("/go-two", "");
    job.wait_for_log("two");
    job.kill(Signal::SIGSEGV);
    support::wait_until("both reports", || host.reports().len() == 2);
    let report = host.reports().pop().unwrap();
    assert_eq!(report["log"]["lines"], json!(["two"]));
    assert!(gap(&report).ends_with("nginx.log.1.gz is compressed: not read"), "{report:#}");
}

#[test]
fn an_observer_alone_cannot_tell_runs_apart_and_says_so() {
    let host = Host::laid_out(Layout::Observer);
    host.write(LOG, "of an earlier run\r\n");
    let job = host.job("nginx").main("echo last words; exit 1").start();
    job.wait_until_down();
    let log = &host.only_report()["log"];
    assert_eq!(log["lines"], json!(["of an earlier run", "last words"]));
    assert_eq!(log["this_run_only"], false);
}

#[test]
fn a_job_without_a_log_wrote_nothing_or_has_console_none() {
    let host = Host::new();
    let report = told(&host, || {});
    assert_eq!(report["log"], Value::Null);
    assert!(gap(&report).ends_with("the job wrote nothing, or has `console none`"), "{report:#}");
}

#[test]
fn whatever_stands_in_it_the_report_is_json_of_bounded_size() {
    let noise: Vec<u8> = (0..300_000_u32).map(|n| (n.wrapping_mul(n) >> 7) as u8).collect();
    for (what, content) in [
        ("noise", noise.as_slice()),
        ("zeros", &[0; 300_000]),
        ("a line of a megabyte", &[b'x'; 1 << 20]),
        ("no character at all", &[0xff; 300_000]),
        ("line feeds", &[b'\n'; 300_000]),
        ("escapes", &b"\x1b[31m\x07".repeat(50_000)),
    ] {
        let host = Host::new();
        let report = told(&host, || host.write(LOG, content));
        assert!(report.to_string().len() < 512 * 1024, "{what}");
        let log = &report["log"];
        assert_eq!(
            (&log["bytes"], &log["truncated"]),
            (&json!(content.len()), &json!(true)),
            "{what}"
        );
        let lines = log["lines"].as_array().unwrap();
        assert!((1..=50).contains(&lines.len()), "{what}: {}", lines.len());
        let text: usize = lines.iter().map(|line| line.as_str().unwrap().len()).sum();
        assert!(text <= 64 * 1024, "{what}: {text}");
    }
}

/// The bytes that post-stop reads, and its system calls, of a log that ends in `end` at `length`.
fn cost(length: u64, end: &[u8]) -> (u64, usize) {
    let host = Host::new();
    host.write(LOG, "");
    host.hook(PreStart, "nginx").run().harms_nobody();
    let log = File::options().write(true).open(host.path(LOG)).unwrap();
    log.write_all_at(end, length - end.len() as u64).unwrap();
    let trace = host.path("/trace");
    let strace = ["strace", "-e", "trace=openat,pread64,read", "-o", trace.to_str().unwrap()];
    host.hook(PostStop, "nginx").under(strace).run().harms_nobody();
    let trace = host.read("/trace");
    let mut calls = trace
        .lines()
        .skip_while(|line| !line.contains("\"nginx.log\""))
        .take_while(|line| line.contains("\"nginx.log\"") || line.starts_with("pread64"));
    let count = calls.clone().count();
    let read = calls.by_ref().filter(|line| line.starts_with("pread64"));
    (read.filter_map(|line| line.rsplit_once("= ")?.1.parse::<u64>().ok()).sum(), count)
}

#[test]
fn the_cost_is_that_of_the_tail_not_of_the_file() {
    let end = b"last words\r\n".repeat(60);
    let small = cost(end.len() as u64, &end);
    assert_eq!(small, (end.len() as u64, 2), "what there is, by one open and one read");
    assert_eq!(cost(1 << 20, &end), (64 * 1024, 2));
    assert_eq!(cost(10 << 30, &end), (64 * 1024, 2));
}

/// What the user of a service may put where its log is looked for, in a directory of his.
const PLANTED: [(&str, &str); 9] = [
    ("a link", "ln -s \"$SECRET\" nginx.log"),
    ("a link to nothing", "ln -s /no/such nginx.log"),
    ("a link into the directory itself", "echo own >own; ln -s own nginx.log"),
    ("a link to what a process has", "ln -s /proc/self/environ nginx.log"),
    ("another name of root's file", "ln \"$SECRET\" nginx.log"),
    ("a FIFO", "mkfifo nginx.log"),
    ("a device", "mknod nginx.log c 1 5"),
    ("a directory", "mkdir nginx.log"),
    ("a link where a rotated log would be", "ln -s \"$SECRET\" nginx.log.1"),
];

/// A host whose logs lie in a directory of `nobody`'s, and where `script` planted something.
fn planted(what: &str, script: &str) -> Host {
    let host = Host::new();
    host.note(what);
    host.write("/secret", "root's secret");
    fs::set_permissions(host.path("/secret"), PermissionsExt::from_mode(0o600)).unwrap();
    host.give_to(NOBODY, LOGS);
    let script = format!("SECRET='{}'; {script}", host.path("/secret").display());
    rotate(&host, &script);
    rotate(&host, &format!("chown -h {NOBODY} nginx.log* || true"));
    if !script.contains("ln \"$SECRET\"") {
        return host;
    }
    host.give_to(0, "/secret");
    host
}

#[test]
fn what_a_services_user_plants_is_not_read() {
    for (what, script) in PLANTED {
        for hook in [PostStop, Observer] {
            let host = planted(what, script);
            host.hook(PreStart, "nginx").run().harms_nobody().says_nothing();
            let failed = host.hook(hook, "nginx").env("RESULT", "failed");
            failed
                .env("PROCESS", "main")
                .env("EXIT_STATUS", "1")
                .run()
                .harms_nobody()
                .says_nothing();
            let report = host.only_report();
            assert_eq!(report["log"], Value::Null, "{what}: {report:#}");
            assert!(gap(&report).contains("nginx.log"), "{what}: {report:#}");
            assert!(!report.to_string().contains("secret"), "{what}");
        }
    }
}

#[test]
fn what_is_planted_after_the_start_is_not_read_either() {
    for (what, script) in PLANTED {
        let host = planted("nothing yet", "echo served >nginx.log");
        let report = told(&host, || {
            rotate(&host, "rm nginx.log");
            let script = script.replace("$SECRET", host.path("/secret").to_str().unwrap());
            rotate(&host, &format!("{script}; chown -h {NOBODY} nginx.log* || true"));
            host.give_to(0, "/secret");
        });
        assert_eq!(report["log"], Value::Null, "{what}: {report:#}");
        assert!(!report.to_string().contains("root's secret"), "{what}");
    }
}

#[test]
fn a_directory_that_is_a_link_is_followed_only_if_root_made_it() {
    for (owner, is_read) in [(0, true), (NOBODY, false)] {
        let host = Host::new();
        host.make_dir("/data");
        fs::remove_dir(host.path(LOGS)).unwrap();
        symlink(host.path("/data"), host.path(LOGS)).unwrap();
        host.give_to(owner, "/var/log");
        let report = told(&host, || host.write("/data/nginx.log", "served\r\n"));
        let lines = if is_read { json!(["served"]) } else { Value::Null };
        assert_eq!(report["log"]["lines"], lines, "{report:#}");
    }
}

#[cfg(feature = "deliver")]
#[test]
fn show_says_whose_lines_they_are() {
    for (layout, whose) in [
        (Layout::ThreeStanzas, "that this run wrote"),
        (Layout::Observer, "of this run or earlier"),
    ] {
        let host = Host::laid_out(layout);
        let job = host.job("nginx").main("echo last words; exit 1").start();
        job.wait_until_down();
        let id = host.only_report()["id"].as_str().unwrap().to_owned();
        let mut command = Command::new(env!("CARGO_BIN_EXE_upstart-crash"));
        let shown =
            command.args(["show", &id]).env("UPSTART_MONITOR_ROOT", host.path("/")).output();
        let page = String::from_utf8(shown.unwrap().stdout).unwrap();
        // As one line: where it is wrapped depends on the length of the path.
        let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(page.contains(&format!("all 1 lines of 12 B {whose}")), "{page}");
    }
}
