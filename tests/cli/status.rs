//! `upstart-crash status`.

use std::time::{Duration, SystemTime};

use super::root::Root;

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn a_host_on_which_nothing_has_happened_is_well() {
    let root = Root::new();
    let ran = root.run(&["status"]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran:?}");
    for part in ["all is well\n", "none has been reported\n", "not at work", "in order\n"] {
        assert!(ran.out.contains(part), "{part:?} is not in {ran:?}");
    }
    assert!(!root.spool().exists(), "looking changes nothing");
}

#[test]
fn crashes_are_counted_for_each_job() {
    let root = Root::new();
    for (job, hours) in [("shop", 1), ("shop", 2), ("shop", 30), ("cart", 3), ("old", 24 * 8)] {
        root.leave_crash("archive", job, HOUR * hours);
    }
    let ran = root.run(&["status"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    for part in ["3 in 24 h, 4 in 7 d\n", "- shop: 2 in 24 h, 3 in 7 d\n", "- cart: 1 in 24 h"] {
        assert!(ran.out.contains(part), "{part:?} is not in {}", ran.out);
    }
    assert!(!ran.out.contains("- old"), "{ran:?}");
}

#[test]
fn what_waits_for_a_person_is_named_and_is_the_exit_status() {
    let parked = br#"{"fingerprint":"f","why":"410 Gone","since":"2026-11-21T03:42:17.000000Z"}"#;
    let since = br#"{"queued_at":"2026-11-21T03:42:17.000000Z"}"#;
    for (place, name, content, told) in [
        ("queue/slack.ops", "parked", &parked[..], "slack.ops is parked: 410 Gone"),
        ("dead/slack.ops", "ID.json", since, "1 given up for slack.ops"),
        ("queue/slack.ops", "ID.json", since, "slack.ops has taken nothing since 2026-11-21T03"),
    ] {
        let root = Root::new();
        let id = root.leave_crash("archive", "shop", HOUR);
        root.leave(place, &name.replace("ID", &id.to_string()), content);
        let ran = root.run(&["status"]);
        assert_eq!(ran.code, Some(1), "{ran:?}");
        assert!(ran.out.replace('\n', " ").contains(told), "{ran:?}");
        assert!(ran.err.contains("something waits for a person"), "{ran:?}");
    }
    let root = Root::new();
    std::fs::create_dir_all(root.path("etc/upstart-monitor")).unwrap();
    std::fs::write(root.path("etc/upstart-monitor/config.toml"), "[sink").unwrap();
    let ran = root.run(&["status"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.out.contains("config.toml:1:") && ran.out.contains("broken\n"), "{ran:?}");
}

#[test]
fn a_notifier_at_work_is_seen_and_not_disturbed() {
    let root = Root::new();
    std::fs::create_dir_all(root.spool()).unwrap();
    let lock = std::fs::File::create(root.spool().join("lock")).unwrap();
    lock.lock().unwrap();
    let ran = root.run(&["status"]);
    let (since, process) = ("at work since ", format!(", process {}", std::process::id()));
    assert!(ran.out.contains(since) && ran.out.contains(&process), "{ran:?}");

    let ran = root.run(&["status", "--json"]);
    let facts: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let since = facts["notifier_since"].as_str().unwrap();
    let since: SystemTime = humantime::parse_rfc3339(since).unwrap();
    let age = since.elapsed().unwrap();
    assert!(age < HOUR, "this test began {age:?} ago");
}
