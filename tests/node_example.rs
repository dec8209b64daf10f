//! The worked example of docs/example-node.md, with the files of that page: the real node, started
//! by the real start-stop-daemon, brought under the monitor, crashing on an unhandled exception.
#![cfg(feature = "deliver")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on, or a fact that is missing, fails"
)]

mod support;

use std::fs::{OpenOptions, read_link};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use support::{Answer, Host, Job, Receiver, configure, require_root, wait_until};

const PAGE: &str = include_str!("../docs/example-node.md");
const JOB_FILE: &str = "/etc/init/shop.conf";
const LOG: &str = "/var/log/shop.log";

/// The indented block of the page that begins with `start`, without its indentation.
fn block(start: &str) -> String {
    let at = PAGE.find(&format!("\n\n    {start}")).unwrap();
    let lines = PAGE[at..].trim_start_matches('\n').lines();
    let lines = lines.take_while(|line| line.is_empty() || line.starts_with("    "));
    let text: String = lines.map(|line| line.replacen("    ", "", 1) + "\n").collect();
    text.trim_end().to_owned() + "\n"
}

/// A host with the app and its job, and a channel that is told.
fn host(channel: &Receiver) -> Host {
    let host = Host::with_notifier();
    host.make_dir("/etc/init");
    host.make_dir("/srv/shop/current");
    let (_, app) = PAGE.split_once("```js\n").unwrap();
    host.write("/srv/shop/current/server.js", app.split_once("```").unwrap().0);
    host.write(JOB_FILE, block("start on runlevel"));
    let url = channel.url("/services/T0/B0/x");
    configure(&host, &format!("[sink.slack.ops]\nwebhook_url = \"{url}\"\n"));
    host
}

/// What `upstart-crash` says, which must go well.
#[track_caller]
fn run(host: &Host, words: &[&str]) -> String {
    let mut command = Command::new(host.program("upstart-crash"));
    command.args(words).env_clear().env("UPSTART_MONITOR_ROOT", host.path(""));
    let output = command.output().unwrap();
    host.note(format!("{words:?}: {output:?}"));
    assert!(output.status.success(), "{words:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Starts the job with its files where this host has them; with any free port, and the user nobody,
/// because there need be no `node` here.
fn start(host: &Host) -> Job {
    let here = ["/srv/shop", "/var/run/shop.pid", LOG].map(|path| (path, host.path(path)));
    let here = here.iter().map(|(path, here)| (*path, here.to_str().unwrap()));
    let instead: Vec<_> = here.chain([("--chuid node", "--chuid nobody")]).collect();
    let job = host.described_job("shop", &instead).env("PORT", "0").start();
    wait_for_node(host, 1);
    job
}

/// Waits until node listens for the `nth` time, and tells the port.
fn wait_for_node(host: &Host, nth: usize) -> u16 {
    let ports = || -> Vec<u16> {
        let log = std::fs::read_to_string(host.path(LOG)).unwrap_or_default();
        let whole = log.split_inclusive('\n').filter(|line| line.ends_with('\n'));
        whole.filter_map(|line| line.trim().strip_prefix("listening on ")?.parse().ok()).collect()
    };
    wait_until("node to listen", || ports().len() >= nth);
    ports()[nth - 1]
}

/// Asks the app for a path, and tells all that it answers: nothing, where it dies of it.
fn ask(port: u16, path: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(stream, "GET {path} HTTP/1.0\r\n\r\n").unwrap();
    let mut answer = String::new();
    // A reset, where it dies.
    let _ = stream.read_to_string(&mut answer);
    answer
}

/// All the texts of a message, as people read them.
fn texts(message: &Value) -> String {
    match message {
        Value::String(text) => {
            text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") + "\n"
        }
        Value::Array(parts) => parts.iter().map(texts).collect(),
        Value::Object(parts) => parts.values().map(texts).collect(),
        _ => String::new(),
    }
}

#[test]
fn a_node_app_is_enabled_crashes_and_is_told_of_with_its_stack_trace() {
    require_root();
    let channel = Receiver::new([Answer::status(200).body("ok")]);
    let host = host(&channel);

    let said = run(&host, &["enable", "shop", "--yes"]);
    for line in block(" pre-start script\n    +").lines().filter(|line| line.starts_with('+')) {
        assert!(said.contains(&format!("{line}\n")), "{line:?} is not in {said}");
    }
    let (_, advice) = said.split_once("add to config.toml:\n").unwrap();
    let config: String = advice.lines().map(|line| line.trim().to_owned() + "\n").collect();
    assert!(block("[sink.slack.ops]").ends_with(&config), "the page shows another one: {config}");
    let path = host.path("/etc/upstart-monitor/config.toml");
    let mut file = OpenOptions::new().append(true).open(path).unwrap();
    file.write_all(config.as_bytes()).unwrap();
    run(&host, &["check"]);

    let mut job = start(&host);
    let main = read_link(format!("/proc/{}/exe", job.pids()[0])).unwrap();
    assert_eq!(main, Path::new("/usr/bin/node"), "start-stop-daemon became what it starts");
    let port = wait_for_node(&host, 1);
    assert!(ask(port, "/1").ends_with("2 books"));
    job.wait_for_end(|| assert_eq!(ask(port, "/7"), ""));
    job.wait_until_up_after(1);
    let port = wait_for_node(&host, 2);

    let told = texts(&channel.wait_for(1)[0].json());
    assert!(told.contains("shop crashed: exit status 1 after "), "{told}");
    assert!(told.contains(host.path(LOG).to_str().unwrap()), "{told}");
    let root = host.path("");
    for line in block("Error: no cart 7").lines() {
        let line = line.replace("/srv/", &format!("{}/srv/", root.display()));
        assert!(told.contains(&line), "{line:?} is not in {told}");
    }
    assert!(!host.path(job.log_path()).exists(), "the console's log is empty");
    assert_eq!(host.only_report()["job"]["name"], "shop");

    assert!(ask(port, "/1").ends_with("2 books"), "it is back");
    job.stop_by_event(&[("RUNLEVEL", "0"), ("PREVLEVEL", "2"), ("UPSTART_EVENTS", "runlevel")]);
    assert_eq!((host.reports().len(), channel.requests().len()), (1, 1), "a stop is silent");
    assert_eq!(job.failed_hooks(), [""; 0]);

    run(&host, &["disable", "shop", "--yes"]);
    assert_eq!(host.read(JOB_FILE), block("start on runlevel"));
}
