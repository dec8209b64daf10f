//! A job that crashes again and again: the real hooks, the real notifier, little time between.
#![cfg(feature = "deliver")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod support;

use std::process::Command;

use serde_json::Value;
use support::{Answer, Host, Receiver, STAYS_UP, configure, deliver, wait_until};

const CRASHES: &str = "exit 3";

/// A host with one webhook, whose notifier waits as long between two messages as `folding` says.
fn host(hook: &Receiver, folding: &str) -> Host {
    let host = Host::with_notifier();
    let url = hook.url("/hook");
    configure(&host, &format!("[sink.webhook.hook]\nurl = \"{url}\"\n[folding]\n{folding}\n"));
    host
}

/// What was posted, as JSON.
fn posted(hook: &Receiver) -> Vec<Value> {
    hook.requests().iter().map(support::Request::json).collect()
}

/// How many crashes these notices tell of.
fn crashes_told(notices: &[Value]) -> u64 {
    let tallies = notices.iter().flat_map(|notice| match notice["kind"].as_str() {
        Some("crash") => notice["incident"]["tally"].as_array().unwrap().clone(),
        Some("repeats") => notice["repeats"]["tally"].as_array().unwrap().clone(),
        _ => Vec::new(),
    });
    tallies.map(|count| count["count"].as_u64().unwrap()).sum()
}

/// What `upstart-crash list` shows.
fn list(host: &Host) -> String {
    let mut command = Command::new(host.program("upstart-crash"));
    let output = command.arg("list").env("UPSTART_MONITOR_ROOT", host.path("")).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// How many reports are in `state`.
fn states(host: &Host, state: &str) -> u64 {
    list(host).lines().filter(|line| line.contains(state)).count() as u64
}

fn kinds(notices: &[Value]) -> Vec<&str> {
    notices.iter().filter_map(|notice| notice["kind"].as_str()).collect()
}

#[test]
fn a_loop_is_told_of_with_exact_counts_and_its_end_once() {
    let hook = Receiver::new([]);
    let host = host(&hook, "intervals = [\"1s\"]\nstable_for = \"2s\"");
    let lives: Vec<_> = vec![CRASHES; 6].into_iter().chain([STAYS_UP]).collect();
    let job = host.job("shop").respawn().respawn_limit(10, 600).lives(lives).start();
    job.wait_until_up_after(6);

    let recovered = |notice: &Value| notice["kind"] == "recovered";
    wait_until("the all-clear", || posted(&hook).iter().any(recovered));
    let told = posted(&hook);
    assert_eq!(crashes_told(&told), 6, "{:?}", kinds(&told));
    assert_eq!(kinds(&told)[0], "crash");
    assert!(recovered(told.last().unwrap()), "{:?}", kinds(&told));
    let all_clear = &told.last().unwrap()["recovered"];
    assert_eq!(all_clear["tally"][0]["count"], 6, "{all_clear}");
    assert!(all_clear["up_seconds"].as_u64().unwrap() >= 2, "{all_clear}");
    assert_eq!(posted(&hook).iter().filter(|it| recovered(it)).count(), 1);
    assert!(deliver(&host).status.success());
    assert_eq!(hook.requests().len(), told.len(), "nothing is left to be told");
}

#[test]
fn what_is_still_to_be_told_survives_the_notifier_that_counted_it() {
    let hook = Receiver::new([]);
    let host = host(&hook, "intervals = [\"1h\"]");
    let job = host.job("shop").respawn().lives([CRASHES, CRASHES, CRASHES, STAYS_UP]).start();
    job.wait_until_up_after(3);
    wait_until("all to be counted", || host.spool("archive").len() == 3);
    wait_until("what is told to be delivered", || states(&host, "queued") == 0);
    let (told, folded) = (crashes_told(&posted(&hook)), states(&host, "folded: webhook.hook"));
    assert_eq!(told + folded, 3, "{}", list(&host));

    // The one at work hears of the new config from the next one, which steps back.
    let config = host.read("/etc/upstart-monitor/config.toml").replace("\"1h\"", "\"1ms\"");
    host.write("/etc/upstart-monitor/config.toml", config);
    assert!(deliver(&host).status.success());
    wait_until("all to be told", || crashes_told(&posted(&hook)) == 3);
    wait_until("all to be delivered", || states(&host, "delivered") == 3);
}

#[test]
fn a_sink_that_fails_for_good_is_told_to_the_other_once_and_its_reports_wait() {
    let (gone, well) = (Receiver::new([Answer::status(410)]), Receiver::new([]));
    let host = Host::with_notifier();
    let sinks = format!(
        "[sink.webhook.gone]\nurl = \"{}\"\n[sink.webhook.well]\nurl = \"{}\"\n",
        gone.url("/gone"),
        well.url("/well")
    );
    configure(&host, &sinks);
    for job in ["shop", "cart"] {
        host.job(job).main(CRASHES).start().wait_until_down();
    }
    wait_until("the other to be told", || {
        kinds(&posted(&well)).iter().filter(|kind| **kind == "sink_failed").count() == 1
    });
    assert!(deliver(&host).status.success());
    // It may have stepped back for one that is still at work.
    wait_until("both crashes to be told", || crashes_told(&posted(&well)) == 2);
    let told = posted(&well);
    assert_eq!(kinds(&told).iter().filter(|kind| **kind == "sink_failed").count(), 1);
    let failed = told.iter().find(|it| it["kind"] == "sink_failed").unwrap();
    assert_eq!(failed["sink_failed"]["sink"], "webhook.gone");
    assert!(failed["sink_failed"]["why"].as_str().unwrap().contains("410"), "{failed}");
    assert_eq!(gone.requests().len(), 1, "nothing more is sent there");

    gone.answer_from_now_on([Answer::status(200)]);
    let config = host.read("/etc/upstart-monitor/config.toml").replace("/gone", "/back");
    host.write("/etc/upstart-monitor/config.toml", config);
    assert!(deliver(&host).status.success());
    // It may have stepped back for one that is still at work.
    wait_until("all of it to be told there", || crashes_told(&posted(&gone)[1..]) == 2);
}
