//! What the spool keeps, and what goes where that is too much: the real notifier on a spool that
//! was filled before.
#![cfg(feature = "deliver")]
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use support::Hook::{PostStop, PreStart};
use support::{AT_ONCE, Host, wait_until};

const SPOOL: &str = "/var/spool/upstart-monitor";
const DAY: u64 = 24 * 3600;

/// A sink that takes everything.
const SINK: &str = "[sink.file.all]\npath = \"/told\"\n";

/// A host whose notifier keeps what `limits` say, beside what `tables` say.
fn host(limits: &str, tables: &str) -> Host {
    let host = Host::with_notifier();
    host.config(&format!("[spool]\n{limits}\n{tables}{AT_ONCE}"));
    for place in ["tmp", "new", "archive", "corrupt", "dead/slack.ops", "queue/slack.ops"] {
        host.make_dir(&format!("{SPOOL}/{place}"));
    }
    host
}

/// A report as hooks leave it, to be copied.
fn sample() -> String {
    let host = Host::new();
    for hook in [PreStart, PostStop] {
        host.hook(hook, "sample").run().harms_nobody().says_nothing();
    }
    host.read(&format!("{SPOOL}/new/{}", host.spool("new")[0]))
}

/// The name of a report on a crash `seconds_ago`; `number` tells it from others of that second.
fn id(seconds_ago: u64, number: u64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let millis = (now - seconds_ago) * 1000;
    format!("{:08x}-{:04x}-7000-8000-{number:012x}", millis >> 16, millis & 0xffff)
}

/// Leaves `count` reports on `job` in `place`, a minute apart, the last one `since` seconds ago;
/// their names, the oldest first.
fn leave(host: &Host, place: &str, job: &str, count: u64, since: u64) -> Vec<String> {
    let sample = sample();
    let report: serde_json::Value = serde_json::from_str(&sample).unwrap();
    let (known_id, key) = (report["id"].as_str().unwrap(), report["key"].as_str().unwrap());
    let new_key = key.replace("sample", job);
    (0..count)
        .rev()
        .map(|number| {
            let id = id(since + number * 60, number);
            let text = sample.replace(known_id, &id).replace(key, &new_key);
            host.write(&format!("{SPOOL}/{place}/{id}.json"), text);
            id
        })
        .collect()
}

/// Runs the notifier to its end; what it says of the spool's bounds.
#[track_caller]
fn deliver(host: &Host) -> Vec<String> {
    let mut command = Command::new(host.program("upstart-crash"));
    command.arg("deliver").env_clear().env("UPSTART_MONITOR_ROOT", host.path(""));
    let output = command.output().unwrap();
    host.note(format!("deliver: {output:?}"));
    assert!(output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    said.lines().filter(|line| line.contains(": dropped ")).map(str::to_owned).collect()
}

/// The names of the reports in `place`.
fn ids(host: &Host, place: &str) -> Vec<String> {
    host.spool(place).iter().map(|name| name.trim_end_matches(".json").to_owned()).collect()
}

/// How many reports in `place` each job has.
fn of_jobs(host: &Host, place: &str) -> BTreeMap<String, usize> {
    let mut jobs = BTreeMap::new();
    for name in host.spool(place) {
        let report = host.read(&format!("{SPOOL}/{place}/{name}"));
        let report: serde_json::Value = serde_json::from_str(&report).unwrap();
        let (_, job) = report["key"].as_str().unwrap().split_once('/').unwrap();
        *jobs.entry(job.to_owned()).or_default() += 1;
    }
    jobs
}

/// What the archive takes on the disk.
fn archived_bytes(host: &Host) -> u64 {
    let files = host.path(&format!("{SPOOL}/archive")).read_dir().unwrap();
    files.map(|file| file.unwrap().metadata().unwrap().blocks() * 512).sum()
}

#[test]
fn the_worst_offender_loses_and_what_is_owed_stays() {
    let host = host("max_reports = 100", SINK);
    let loops = leave(&host, "archive", "api", 200, 0);
    let web = leave(&host, "archive", "web", 80, DAY);
    let cron = leave(&host, "archive", "old", 20, 2 * DAY);
    let owed = [&loops[0], &loops[7], &web[0]];
    for id in owed {
        host.write(&format!("{SPOOL}/queue/slack.ops/{id}.json"), "");
    }

    let said = deliver(&host);
    let left = of_jobs(&host, "archive");
    assert_eq!(left.values().sum::<usize>(), 90);
    assert_eq!(left["old"], 20, "a job that crashes seldom loses nothing to one in a loop");
    assert!(left["api"].abs_diff(left["web"]) <= 1, "{left:?}");
    let ids = ids(&host, "archive");
    let kept = owed.into_iter().chain(&cron).chain(&loops[199 - 30..]).chain(&web[79 - 30..]);
    kept.for_each(|id| assert!(ids.contains(id), "{id}"));
    for (job, before) in [("api", 200), ("web", 80)] {
        let begin = "upstart-crash: the spool is over max_reports: dropped";
        let line = format!("{begin} {} reports on ", before - left[job]);
        let named = said.iter().filter(|said| said.starts_with(&line) && said.contains(job));
        assert_eq!(named.count(), 1, "{line}{job} in {said:#?}");
    }
    assert_eq!(said.len(), 2, "{said:#?}");
    assert_eq!(deliver(&host), [""; 0], "and nothing more goes");
}

#[test]
fn what_is_too_old_goes() {
    let host = host("max_age = \"30d\"", SINK);
    let old = leave(&host, "archive", "api", 10, 31 * DAY);
    let young = leave(&host, "archive", "api", 10, 29 * DAY);
    host.write(&format!("{SPOOL}/queue/slack.ops/{}.json", old[3]), "");
    let said = deliver(&host);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("older than max_age: dropped 9 reports on "), "{said:?}");
    assert_eq!(ids(&host, "archive"), [&old[3..4], &young].concat());
}

#[test]
fn what_takes_too_many_bytes_goes() {
    let host = host("max_bytes = \"400KiB\"", SINK);
    let reports = leave(&host, "archive", "api", 150, 0);
    let said = deliver(&host);
    assert!(said.len() == 1 && said[0].contains("over max_bytes"), "{said:?}");
    let bytes = archived_bytes(&host);
    assert!((300 << 10..=360 << 10).contains(&bytes), "{bytes}");
    let left = ids(&host, "archive");
    assert_eq!(left, reports[150 - left.len()..], "the newest stay");
}

#[test]
fn others_are_left_room_but_the_newest_reports_stay() {
    let host = host("keep_free = \"1MiB\"", SINK);
    host.mount_small(SPOOL, 4 << 20);
    host.make_dir(&format!("{SPOOL}/archive"));
    let reports = leave(&host, "archive", "api", 100, 0);
    let each = archived_bytes(&host) / 100;
    // So much is free that it takes half of them.
    let filler = (3 << 20) - 50 * each;
    host.write(&format!("{SPOOL}/filler"), vec![0; filler as usize]);
    let said = deliver(&host);
    assert!(said.len() == 1 && said[0].contains("less than keep_free"), "{said:?}");
    let left = ids(&host, "archive");
    let goal = (1 << 20) * 11 / 10;
    let free = (4 << 20) - filler - archived_bytes(&host);
    assert!(left.len() > 16 && (goal - (32 << 10)..=goal + each).contains(&free), "{free}");
    assert_eq!(left, reports[100 - left.len()..]);

    host.write(&format!("{SPOOL}/more"), vec![0; (free - (100 << 10)) as usize]);
    assert_eq!(deliver(&host).len(), 1);
    assert_eq!(ids(&host, "archive"), reports[84..], "16 stay however little that frees");
    assert_eq!(deliver(&host), [""; 0]);
}

#[test]
fn what_was_corrupt_or_given_up_is_bounded_too() {
    let host = host("max_reports = 30", SINK);
    let reports = leave(&host, "archive", "api", 20, 0);
    for number in 0..10 {
        host.write(&format!("{SPOOL}/corrupt/{number}.json"), "{");
        let id = id(DAY, number);
        host.write(&format!("{SPOOL}/dead/slack.ops/{id}.json"), "{}");
    }
    let said = deliver(&host);
    assert!(said[0].contains("dropped 10 files in corrupt, the oldest of "), "{said:?}");
    assert!(said[1].contains("dropped 3 files in dead/slack.ops, the oldest of "), "{said:?}");
    assert_eq!((said.len(), ids(&host, "archive")), (2, reports));
}

#[test]
fn what_no_sink_takes_is_bounded_by_the_next_crash() {
    let host = host("max_reports = 50", "");
    let looping = leave(&host, "new", "api", 80, DAY);
    let once = leave(&host, "new", "web", 1, 2 * DAY);
    for hook in [PreStart, PostStop] {
        host.hook(hook, "shop").run().harms_nobody().says_nothing();
    }
    wait_until("the notifier that was kicked to make room", || host.spool("new").len() == 45);
    let left = ids(&host, "new");
    assert!(left.contains(&looping[0]) && left.contains(&once[0]), "the first of each stays");
    assert_eq!(of_jobs(&host, "new")["shop"], 1);
}

/// Hooks put no more into it, and the one that is refused starts who makes room.
#[test]
fn a_spool_that_was_full_takes_reports_again_after_the_next_crash() {
    let host = host("max_reports = 50", "");
    let emergency = "/var/run/upstart-monitor/new";
    host.make_dir(emergency);
    for number in 0..20_000 {
        let report = format!("{SPOOL}/new/{}.json", id(DAY, number));
        host.write(&report, "{\"key\":\"host/api\"}");
    }
    (0..64).for_each(|number| host.write(&format!("{emergency}/{number}"), ""));
    host.hook(PreStart, "shop").run().harms_nobody().says_nothing();
    let refused = host.hook(PostStop, "shop").run().harms_nobody();
    refused.says("the spool takes no report: Quota exceeded; the marker stays");
    wait_until("room to be made", || host.spool("new").len() == 45);
    host.hook(PostStop, "shop").run().harms_nobody().says_nothing();
    assert!(host.markers().is_empty(), "consumed");
}
