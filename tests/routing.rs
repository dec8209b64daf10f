//! Who is told of what, and when nobody is: the real hooks, notifier and command.
#![cfg(feature = "deliver")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod support;

use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use support::{AT_ONCE, Host, Receiver, wait_until};

const CRASHES: &str = "kill -SEGV $$";

/// A host on which `config` holds. Nothing is asked of the machine's proxy.
fn host(config: &str) -> Host {
    let host = Host::with_notifier();
    configure(&host, config);
    host
}

fn configure(host: &Host, config: &str) {
    host.config(&format!("[delivery]\nproxy = \"none\"\n{config}{AT_ONCE}"));
}

/// A sink of the kind that is a feed: everything that it is told, by itself.
fn feed(name: &str, keys: &str) -> String {
    format!("[sink.file.{name}]\npath = \"/{name}.jsonl\"\n{keys}\n")
}

/// What the feed `name` was told.
fn told(host: &Host, name: &str) -> Vec<Value> {
    let path = host.path(&format!("/{name}.jsonl"));
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The jobs that the feed `name` was told of.
fn jobs_told(host: &Host, name: &str) -> Vec<String> {
    told(host, name).iter().map(|report| report["job"]["name"].as_str().unwrap().into()).collect()
}

/// A crash of `job`, which is settled before this returns: taken, and owed to nobody.
fn crash(host: &Host, job: &str) {
    let before = host.spool("archive").len();
    host.job(job).main(CRASHES).start().wait_until_down();
    wait_until("the report to be settled", || {
        host.spool("archive").len() > before
            && host
                .spool("queue")
                .iter()
                .all(|sink| host.spool(&format!("queue/{sink}")).is_empty())
    });
}

fn upstart_crash(host: &Host, words: &[&str]) -> Output {
    let output = Command::new(host.program("upstart-crash"))
        .args(words)
        .env_clear()
        .env("UPSTART_MONITOR_ROOT", host.path(""))
        .env("SUDO_USER", "kim")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    host.note(format!("{words:?}: {output:?}"));
    output
}

/// What the command says, which succeeds.
fn says(host: &Host, words: &[&str]) -> String {
    let output = upstart_crash(host, words);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The states of all reports, the oldest first.
fn states(host: &Host) -> Vec<String> {
    let listed = says(host, &["list"]);
    let state = |line: &str| line.rsplit("  ").next().unwrap().to_owned();
    listed.lines().skip(1).map(state).collect()
}

#[test]
fn each_sink_is_told_of_its_jobs_verdicts_and_severities() {
    let host = host(
        &[
            feed("all", ""),
            feed("shops", "jobs = [\"shop*\", \"!shop-test\"]"),
            feed("others", "jobs = [\"!shop*\"]"),
            feed("gave_up", "verdicts = [\"gave_up\"]"),
            feed("critical", "min_severity = \"critical\""),
            "[job.\"shop-pay\"]\nseverity = \"critical\"\n".to_owned(),
        ]
        .concat(),
    );
    for job in ["shop", "shop-test", "shop-pay", "nginx"] {
        crash(&host, job);
    }
    assert_eq!(jobs_told(&host, "all"), ["shop", "shop-test", "shop-pay", "nginx"]);
    assert_eq!(jobs_told(&host, "shops"), ["shop", "shop-pay"]);
    assert_eq!(jobs_told(&host, "others"), ["nginx"]);
    assert_eq!(jobs_told(&host, "gave_up"), [""; 0]);
    assert_eq!(jobs_told(&host, "critical"), ["shop-pay"]);
}

#[test]
fn what_no_sink_takes_is_in_the_history() {
    let host = host(&feed("shops", "jobs = [\"shop\"]"));
    crash(&host, "nginx");
    crash(&host, "shop");
    assert_eq!(jobs_told(&host, "shops"), ["shop"]);
    assert_eq!(states(&host), ["no sink", "delivered"]);
    let report = &host.reports()[0];
    assert_eq!(report["withheld"]["by"], "routing");
    let shown = says(&host, &["show", report["id"].as_str().unwrap()]);
    let delivery = "Delivery  nobody was told: no sink takes `crashed` of nginx, severity error\n";
    assert!(shown.ends_with(delivery), "{shown}");
}

#[test]
fn a_report_carries_what_is_said_of_its_job() {
    let hook = Receiver::new([]);
    let host = host(&format!(
        "[sink.webhook.hook]\nurl = \"{}\"\n\
         [job.\"*\"]\nlabels = {{ team = \"web\", tier = \"2\" }}\nrunbook = \"https://wiki/all\"\n\
         [job.\"shop (eu-*)\"]\nlabels = {{ team = \"shop\" }}\n\
         severity = {{ crashed = \"warning\" }}\nrunbook = \"https://wiki/shop?token=hunter22\"\n",
        hook.url("/hook"),
    ));
    host.job("shop").instance("eu-1").main(CRASHES).start().wait_until_down();
    let posted = hook.wait_for(1).remove(0).json();
    assert_eq!(posted["severity"], "warning");
    let labels = json!({
        "team": "shop", "tier": "2", "upstart_job": "shop", "upstart_instance": "eu-1",
    });
    assert_eq!(posted["labels"], labels);
    let href = "https://wiki/shop?token=[redacted: token]";
    assert_eq!(posted["links"], json!([{ "text": "runbook", "href": href }]));
    let report = host.only_report();
    assert_eq!(report["links"][0]["href"], "https://wiki/shop?token=hunter22");
    let shown = says(&host, &["show", report["id"].as_str().unwrap()]);
    assert!(shown.contains("\nRunbook   https://wiki/shop?token=hunter22\n"), "{shown}");
}

#[test]
fn a_silenced_crash_is_in_the_history_and_the_next_one_is_told() {
    let host = host(&feed("all", ""));
    let said = says(&host, &["silence", "shop*", "2h", "--why", "deploy"]);
    assert!(said.contains(" UTC (for 120 min)."), "{said}");
    let listed = says(&host, &["silence"]);
    let line = listed.lines().nth(1).unwrap();
    assert!(line.starts_with("shop*  ") && line.ends_with(" min  kim  deploy"), "{line}");

    crash(&host, "shop");
    crash(&host, "nginx");
    says(&host, &["unsilence", "shop*"]);
    crash(&host, "shop");
    assert_eq!(jobs_told(&host, "all"), ["nginx", "shop"]);
    assert_eq!(states(&host), ["silenced", "delivered", "delivered"]);
    let report = &host.reports()[0];
    assert_eq!(report["withheld"]["by"], "silence");
    let shown = says(&host, &["show", report["id"].as_str().unwrap()]);
    let last = shown.lines().last().unwrap();
    assert!(
        last.starts_with("Delivery  nobody was told: the job was silenced until 20"),
        "{shown}"
    );
    assert!(shown.ends_with(" UTC: deploy (kim)\n"), "{shown}");
}

#[test]
fn a_silence_ends_by_itself() {
    let host = host(&feed("all", ""));
    says(&host, &["silence", "*", "1ms"]);
    wait_until("the silence to end", || says(&host, &["silence"]) == "Nothing is silenced.\n");
    crash(&host, "shop");
    assert_eq!(jobs_told(&host, "all"), ["shop"]);
}

#[test]
fn a_silence_that_is_torn_is_ignored() {
    let host = host(&feed("all", ""));
    says(&host, &["silence", "*", "2h"]);
    let file = host.spool("silences").remove(0);
    host.write(&format!("/var/spool/upstart-monitor/silences/{file}"), "{\"glob\":");
    let listed = upstart_crash(&host, &["silence"]);
    assert!(String::from_utf8(listed.stderr).unwrap().contains(&file));
    crash(&host, "shop");
    assert_eq!(jobs_told(&host, "all"), ["shop"]);
}

#[test]
fn a_crash_in_a_planned_window_is_in_the_history() {
    let window = |keys: &str| format!("[[window]]\nwhy = \"backup\"\n{keys}\n");
    let host = host("");
    for (keys, state) in [
        ("from = \"00:00\"\nto = \"24:00\"", "silenced"),
        ("from = 2026-01-01T00:00:00Z\nto = 2226-01-01T00:00:00Z", "silenced"),
        ("from = 2026-01-01T00:00:00Z\nto = 2026-01-02T00:00:00Z", "delivered"),
        ("from = \"00:00\"\nto = \"24:00\"\njobs = [\"!shop\"]", "delivered"),
    ] {
        configure(&host, &(feed("all", "") + &window(keys)));
        crash(&host, "shop");
        assert_eq!(states(&host).pop().unwrap(), state, "{keys}");
    }
    assert_eq!(jobs_told(&host, "all").len(), 2);
    let report = &host.reports()[0];
    assert_eq!(report["withheld"]["by"], "window");
    let shown = says(&host, &["show", report["id"].as_str().unwrap()]);
    assert!(shown.contains("nobody was told: it was in a planned window until 20"), "{shown}");
}

/// The time on the wall of a host is what its own /etc/localtime says.
#[test]
fn a_window_goes_by_the_clock_of_the_host() {
    let host = host(
        &(feed("all", "") + "[[window]]\nwhy = \"night\"\nfrom = \"00:00\"\nto = \"12:00\"\n"),
    );
    // Two zones half a day apart: it is before noon in exactly one of them.
    for ahead in ["<+00>0", "<+12>-12"] {
        host.live_by(ahead);
        crash(&host, "shop");
    }
    let mut states = states(&host);
    states.sort();
    assert_eq!(states, ["delivered", "silenced"]);
}

#[test]
fn what_cannot_be_silenced_is_said() {
    let host = host("");
    for (words, status, text) in [
        (&["silence", "shop", "31d"][..], 2, "of 30 days at most"),
        (&["silence", "shop", "soon"], 2, "not a length of time such as 90m"),
        (&["silence", "shop", "0s"], 2, "not a length of time such as 90m"),
        (&["silence", "", "1h"], 2, "an empty glob names no job"),
        (&["silence", "shop"], 2, "<TIME>"),
        (&["silence", "--why", "deploy"], 2, "<JOB>"),
        (&["unsilence", "shop"], 1, "nothing is silenced as shop"),
    ] {
        let output = upstart_crash(&host, words);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(status) && said.contains(text), "{words:?}: {said}");
    }
    assert_eq!(host.spool("silences"), [""; 0]);
}
