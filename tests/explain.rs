//! `upstart-crash explain`: the evidence, and how the verdict followed from it.
#![cfg(feature = "deliver")]
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod support;

use std::process::Command;

use support::Hook::{PostStop, PreStart};
use support::{Host, Stanza};

/// What `explain` says of the one report on `host`.
#[track_caller]
fn explained(host: &Host) -> String {
    let report = host.only_report();
    let mut command = Command::new(env!("CARGO_BIN_EXE_upstart-crash"));
    let id = report.get("id").and_then(|id| id.as_str()).unwrap();
    command.args(["explain", id]).env_clear();
    let output = command.env("UPSTART_MONITOR_ROOT", host.path("")).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    host.note(format!("explain:\n{text}"));
    text
}

#[track_caller]
fn says(text: &str, parts: &[&str]) {
    // As one line: where it is wrapped does not matter.
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in parts {
        assert!(flat.contains(part), "{part:?} is not in\n{text}");
    }
}

#[test]
fn exit_status_137_is_told_in_words_with_all_that_led_to_the_verdict() {
    let host = Host::new();
    host.job("nginx").main("exit 137").start().wait_until_down();
    let text = explained(&host);
    says(
        &text,
        &[
            ": nginx crashed: exit status 137 after",
            "That is the service died, and nobody had asked it to",
            "It ended by 128 + SIGKILL: a signal ended what a shell ran",
            "1. nobody asked for this end",
            "2. init: main ended with exit status 137",
            "init's event not seen: the observer did not judge this end",
            "marker armed by pre-start at 2",
            "init goal stop: the job is to be down; main was dead",
            "init's log the kernel log: main ended with exit status 137",
            "stop events none asked for a stop",
            "runlevel not available: ",
            "| init: nginx main process (",
        ],
    );
}

#[test]
fn what_was_missing_is_named() {
    let host = Host::new();
    host.hook(PreStart, "nginx").run().harms_nobody();
    host.hook(PostStop, "nginx").run().harms_nobody();
    says(
        &explained(&host),
        &[
            "a crash, or a wanted end: what would decide is named below",
            "1. the kernel log is not available: ",
            "init not available: init: ",
            "init's log not available: ",
        ],
    );
}

#[test]
fn what_the_observer_saw_is_told() {
    let host = Host::new();
    let run = host.run(&host.program("stopping")).env("JOB", "db").env("INSTANCE", "eu-1");
    let run = run.env("RESULT", "failed").env("PROCESS", "main").env("EXIT_SIGNAL", "BUS");
    run.run().harms_nobody().says_nothing();
    says(
        &explained(&host),
        &[
            ": db (eu-1) crashed: SIGBUS",
            "It ended by SIGBUS: it touched memory that is not there",
            "1. init's `stopping` event tells of a failure: SIGBUS",
            "init's event RESULT=failed: main ended with SIGBUS",
            "marker none: no pre-start of ours armed one",
            "stop events the observer is not told of any",
        ],
    );
}

#[test]
fn a_service_that_never_started_is_explained() {
    let host = Host::new();
    host.job("nginx").exec(Some(Stanza::missing())).start().wait_until_down();
    says(
        &explained(&host),
        &[
            "the service did not come up",
            "is it there, executable, and its interpreter too?",
            "main could not be executed (unable to execute: No such file or directory)",
        ],
    );
}

#[test]
fn an_id_that_no_report_has_is_an_error() {
    let host = Host::new();
    let mut command = Command::new(env!("CARGO_BIN_EXE_upstart-crash"));
    command.args(["explain", "zzz"]).env_clear().env("UPSTART_MONITOR_ROOT", host.path(""));
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("no report has the id zzz"), "{error}");
}
