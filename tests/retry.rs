//! `upstart-crash queue`, `retry` and `prune`, with a notifier at work and without one.
#![cfg(feature = "deliver")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

#[path = "support/mod.rs"]
mod support;

use std::process::Output;

use serde_json::Value;
use support::{Answer, Host, Notifier, Receiver, configure, crash_unnoticed, deliver, wait_until};

fn host(receiver: &Receiver) -> Host {
    let host = Host::with_notifier();
    configure(&host, &format!("[sink.webhook.hook]\nurl = \"{}\"\n", receiver.url("/hook")));
    host
}

fn run(host: &Host, words: &[&str]) -> Output {
    let mut command = support::deliver_command(host);
    // Another subcommand of the same program, in the same surroundings.
    let program = command.get_program().to_owned();
    command = std::process::Command::new(program);
    command.args(words).env_clear().env("UPSTART_MONITOR_ROOT", host.path(""));
    let output = command.output().unwrap();
    host.note(format!("{words:?}: {output:?}"));
    output
}

/// What it prints, where it does well.
#[track_caller]
fn out(host: &Host, words: &[&str]) -> String {
    let ran = run(host, words);
    assert!(ran.status.success(), "{ran:?}");
    String::from_utf8(ran.stdout).unwrap()
}

fn queued(host: &Host) -> Vec<Value> {
    let text = out(host, &["queue", "--json"]);
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn is_settled(host: &Host) -> bool {
    let places = ["queue/webhook.hook", "dead/webhook.hook", "requests"];
    places.iter().all(|place| host.spool(place).is_empty())
}

#[test]
fn what_was_given_up_is_shown_and_sent_again_under_its_id() {
    let hook = Receiver::new([Answer::status(418), Answer::status(200)]);
    let host = host(&hook);
    crash_unnoticed(&host, "shop");
    assert!(deliver(&host).status.success());
    let queue = queued(&host);
    assert_eq!(queue.len(), 1, "{queue:?}");
    assert_eq!((&queue[0]["state"], &queue[0]["sink"]), (&"dead".into(), &"webhook.hook".into()));
    assert_eq!((&queue[0]["kind"], &queue[0]["job"]), (&"crash".into(), &"shop".into()));
    assert!(out(&host, &["queue"]).contains("given up  http://"), "{queue:?}");

    let id = queue[0]["id"].as_str().unwrap();
    assert!(out(&host, &["retry", &id[28..]]).contains("sent again: 1 that had been given up"));
    let tries = hook.wait_for(2);
    assert_eq!(tries[0].header("webhook-id"), tries[1].header("webhook-id"));
    wait_until("it to be settled", || is_settled(&host));
    assert_eq!(queued(&host), Vec::<Value>::new());
    assert_eq!(hook.requests().len(), 2);
}

#[test]
fn a_parked_sink_is_set_free() {
    let hook = Receiver::new([Answer::status(410), Answer::status(200)]);
    let host = host(&hook);
    crash_unnoticed(&host, "shop");
    assert!(deliver(&host).status.success());
    assert_eq!(queued(&host)[0]["state"], "parked");
    assert!(queued(&host)[0]["parked_why"].as_str().unwrap().contains("410"));
    assert!(out(&host, &["retry", "webhook.hook"]).contains("the sink is set free, 1 that waited"));
    hook.wait_for(2);
    wait_until("it to be settled", || is_settled(&host));
}

#[test]
fn a_notifier_that_waits_is_told() {
    let hook =
        Receiver::new([Answer::status(503).header("Retry-After", "3000"), Answer::status(200)]);
    let host = host(&hook);
    crash_unnoticed(&host, "shop");
    let mut notifier = Notifier::start(&host);
    wait_until("the first try to be written down", || {
        queued(&host).first().is_some_and(|message| message["state"] == "waiting")
    });
    assert!(notifier.is_at_work());
    assert!(out(&host, &["retry", "--all"]).contains("sent again: 1 that waited"));
    hook.wait_for(2);
    assert!(notifier.wait().success());
    assert!(is_settled(&host));
}

#[test]
fn what_there_is_not_cannot_be_sent() {
    let hook = Receiver::new([]);
    let host = host(&hook);
    assert_eq!(out(&host, &["retry", "--all"]), "There is nothing to send.\n");
    assert_eq!(out(&host, &["queue"]), "Nothing waits, and nothing was given up.\n");
    crash_unnoticed(&host, "shop");
    assert!(deliver(&host).status.success());
    assert_eq!(out(&host, &["retry", "webhook.hook"]), "There is nothing to send.\n");
    for words in [&["retry", "slack.none"][..], &["retry", "6c1d8e40"], &["queue", "slack.none"]] {
        assert_eq!(run(&host, words).status.code(), Some(1), "{words:?}");
    }
    assert_eq!(run(&host, &["retry"]).status.code(), Some(2));
    assert_eq!(hook.requests().len(), 1, "what was delivered is not sent again");
}

#[test]
fn what_is_old_enough_is_dropped_and_what_is_owed_stays() {
    let hook = Receiver::new([Answer::status(200), Answer::status(410)]);
    let host = host(&hook);
    crash_unnoticed(&host, "cart");
    assert!(deliver(&host).status.success());
    crash_unnoticed(&host, "shop");
    assert!(deliver(&host).status.success());
    let archived = || host.spool("archive").len();
    assert_eq!(archived(), 2);

    let asked = ["prune", "--older-than", "0s"];
    assert_eq!(out(&host, &["prune", "--older-than", "1d"]), "There is nothing to drop.\n");
    assert_eq!(out(&host, &["prune"]), "There is nothing to drop.\n");
    assert_eq!(
        out(&host, &[&asked[..], &["--job", "!cart"]].concat()),
        "There is nothing to drop.\n"
    );
    let dry = out(&host, &[&asked[..], &["--dry-run"]].concat());
    assert!(dry.contains("would drop 1 report on ") && dry.contains("/cart, "), "{dry}");
    assert_eq!(archived(), 2);
    let done = out(&host, &asked);
    assert!(done.contains("dropped 1 report on ") && done.contains("/cart, "), "{done}");
    assert_eq!(archived(), 1);
    assert_eq!(queued(&host)[0]["job"], "shop", "it is owed");
}

#[test]
fn a_dry_run_of_prune_moves_nothing_however_torn_it_is() {
    let host = Host::with_notifier();
    let torn = ["incidents/torn.json", "queue/file.all/01a1fc32-9a23-7d21-bf55-3b2f6c1d8e40.draft"];
    for file in torn.into_iter().chain(["corrupt/old.json"]) {
        let path = format!("/var/spool/upstart-monitor/{file}");
        host.make_dir(path.rsplit_once('/').unwrap().0);
        host.write(&path, "{");
    }
    let said = out(&host, &["prune", "--older-than", "0s", "--dry-run"]);
    assert!(said.starts_with("older than asked for: would drop 1 file in corrupt, "), "{said}");
    for (place, name) in torn.iter().map(|file| file.rsplit_once('/').unwrap()) {
        assert_eq!(host.spool(place), [name]);
    }
    assert_eq!(host.spool("corrupt"), ["old.json"]);
}
