//! The demo, as a person runs it.
#![cfg(feature = "deliver")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::process::{Command, Stdio};

#[test]
fn the_demo_shows_a_crash_from_its_hooks_to_its_message() {
    let demo = Command::new(env!("CARGO_BIN_EXE_upstart-crash")).arg("demo").output().unwrap();
    let told = String::from_utf8_lossy(&demo.stdout);
    assert!(demo.status.success(), "{}\n{told}", String::from_utf8_lossy(&demo.stderr));

    let order = [
        "pre-start armed the marker",
        "the service died of SIGSEGV",
        "post-stop returned",
        "the message arrived at Slack",
        "somebody asked for a stop",
        "post-stop found nothing to report",
        "== Verdict",
        "crashed",
        "pre-stop never ran",
        "== Report",
        "\"kind\": \"crashed\"",
        "GET /orders/18: no such order, following a null pointer",
        "== Message in Slack",
        ": shop crashed: SIGSEGV after",
        "| GET /orders/18: no such order, following a null pointer",
    ];
    let mut rest = &*told;
    for part in order {
        let Some(place) = rest.find(part) else {
            panic!("{part:?} is missing, or too early:\n{told}")
        };
        rest = &rest[place..];
    }
}

#[test]
fn the_demo_says_what_it_lacks() {
    let alone = tempfile::tempdir().unwrap();
    let command = alone.path().join("upstart-crash");
    let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_upstart-crash")).arg(&command).status();
    assert!(copied.unwrap().success());
    let demo = Command::new(&command).arg("demo").stdout(Stdio::null()).output().unwrap();
    let told = String::from_utf8_lossy(&demo.stderr);
    assert_eq!(demo.status.code(), Some(1), "{told}");
    assert!(told.contains("pre-start is missing: the hooks must lie beside"), "{told}");
}
