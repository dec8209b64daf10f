//! Markers, through the real hooks: names, contents, and what others may have planted.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that cannot go on, or a report without the field, fails"
)]

mod support;

use std::os::unix::fs::symlink;
use std::time::{Duration, SystemTime};

use support::Hook::{PostStop, PreStart, PreStop};
use support::{Hook, Host, missing};

const DIED: &str = "nginx main process (53) killed by SEGV signal";
const MARKER: &str = "/var/run/nginx.shutdown";
const ALL: [Hook; 3] = Hook::ALL;

#[test]
fn each_job_and_instance_has_the_marker_that_the_documentation_names() {
    let host = Host::new();
    for (job, instance, marker) in [
        ("nginx", "", "nginx.shutdown"),
        ("a@b", "", "a@b.shutdown"),
        ("nginx", "eu-1", "%nginx@eu-1.shutdown"),
        ("nginx", "a/b c", "%nginx@a%2Fb%20c.shutdown"),
        ("nginx", "../../etc/x", "%nginx@..%2F..%2Fetc%2Fx.shutdown"),
        ("sub/bar", "", "%sub%2Fbar.shutdown"),
        ("-rf", "", "%-rf.shutdown"),
        ("..", "", "%...shutdown"),
        ("a\nb", "", "%a%0Ab.shutdown"),
        ("é☃", "", "%%C3%A9%E2%98%83.shutdown"),
    ] {
        host.hook(PreStart, job).instance(instance).run().harms_nobody().says_nothing();
        assert_eq!(host.markers(), [marker]);
        host.hook(PreStop, job).instance(instance).run().harms_nobody().says_nothing();
        assert_eq!(host.markers(), [""; 0], "{marker}");
    }
    assert_eq!(host.names("/"), ["dev", "etc", "opt", "sbin", "var"], "no litter");
}

#[test]
fn a_name_too_long_for_a_file_has_a_marker_too() {
    let host = Host::new();
    let (one, two) = ("é".repeat(300), "é".repeat(301));
    for job in [&one, &two] {
        host.hook(PreStart, job).run().harms_nobody().says_nothing();
    }
    assert_eq!(host.markers().len(), 2);
    assert!(host.markers().iter().all(|name| name.starts_with("%~")));
    host.hook(PreStop, &one).run().harms_nobody();
    host.hook(PostStop, &two).run().harms_nobody();
    assert_eq!(host.markers(), [""; 0]);
    let name = host.only_report()["job"]["name"].as_str().unwrap().to_owned();
    assert!(name.starts_with("éé") && name.len() <= 512, "{name}");
}

#[test]
fn a_name_that_is_no_text_is_watched_and_shown() {
    let host = Host::new();
    let name: std::ffi::OsString = std::os::unix::ffi::OsStringExt::from_vec(b"caf\xe9".to_vec());
    host.hook(PreStart, &name).run().harms_nobody().says_nothing();
    assert_eq!(host.markers(), ["%caf%E9.shutdown"]);
    host.hook(PostStop, &name).run().harms_nobody().says_nothing();
    assert_eq!(host.only_report()["job"]["name"], "caf\u{fffd}");
}

#[test]
fn a_marker_says_when_and_what() {
    let host = Host::new();
    host.write("/var/log/upstart/nginx.log", "earlier\r\n");
    host.hook(PreStart, "nginx").run().harms_nobody();
    let text = host.read(MARKER);
    let keys: Vec<_> = text.lines().skip(1).map(|line| line.split(' ').next().unwrap()).collect();
    assert!(text.starts_with("upstart-monitor marker 1\n"), "{text}");
    assert_eq!(keys, ["job", "instance", "run", "boot", "started", "log"]);
    assert!(text.ends_with(" 9\n"), "the log's length: {text}");
}

#[test]
fn a_marker_made_by_touch_began_when_it_was_touched() {
    let host = Host::new();
    host.write(MARKER, "");
    let file = std::fs::File::options().write(true).open(host.path(MARKER)).unwrap();
    let began = SystemTime::UNIX_EPOCH + Duration::from_micros(1_700_000_000_123_456);
    file.set_modified(began).unwrap();
    host.init_says(DIED);
    host.hook(PostStop, "nginx").run().harms_nobody().says_nothing();
    let report = host.only_report();
    assert_eq!(report["verdict"]["kind"], "crashed");
    assert_eq!(report["job"]["started_at"], "2023-11-14T22:13:20.123456Z");
    assert_eq!(host.markers(), [""; 0]);
}

#[test]
fn a_marker_that_cannot_be_understood_is_armed() {
    for garbage in ["x", "\0\0\0\0", "upstart-monitor marker 1\nrun", &"z".repeat(100_000)] {
        let host = Host::new();
        host.write(MARKER, garbage);
        host.init_says(DIED);
        host.hook(PostStop, "nginx").run().harms_nobody().says_nothing();
        assert_eq!(host.only_report()["verdict"]["kind"], "crashed");
        assert_eq!(host.markers(), [""; 0]);
    }
}

#[test]
fn a_marker_of_another_boot_is_an_unseen_end() {
    let host = Host::new();
    host.hook(PreStart, "nginx").run().harms_nobody();
    let text = host.read(MARKER);
    let boot = text.lines().find(|line| line.starts_with("boot ")).unwrap();
    host.write(MARKER, text.replace(boot, "boot 00000000-0000-4000-8000-000000000000"));
    host.hook(PostStop, "nginx").run().harms_nobody();
    assert_eq!(host.only_report()["verdict"]["kind"], "unseen");
}

#[test]
fn the_next_start_keeps_what_an_armed_marker_knew() {
    let host = Host::new();
    host.hook(PreStart, "nginx").run().harms_nobody();
    let run_of = |text: &str| text.lines().find(|line| line.starts_with("run ")).map(str::to_owned);
    let earlier = run_of(&host.read(MARKER));
    host.hook(PreStart, "nginx").run().harms_nobody().says_nothing();
    assert_eq!(run_of(&host.unseen()[0]), earlier);
    assert_ne!(run_of(&host.read(MARKER)), earlier, "armed for the new run");
}

/// What is planted, and how to plant it at a path.
type Plant = (&'static str, fn(&Host, &str));

/// What somebody may have put in the place of a marker, or of a log.
const PLANTED: [Plant; 7] = [
    ("a symbolic link to a file", |host, path| {
        symlink(host.path("/target"), host.path(path)).unwrap();
    }),
    ("a symbolic link to nothing", |host, path| symlink("/no/such", host.path(path)).unwrap()),
    ("a hard link", |host, path| {
        std::fs::hard_link(host.path("/target"), host.path(path)).unwrap();
    }),
    ("a FIFO", |host, path| {
        nix::unistd::mkfifo(&host.path(path), nix::sys::stat::Mode::S_IRWXU).unwrap();
    }),
    ("a socket", |host, path| {
        drop(std::os::unix::net::UnixListener::bind(host.path(path)).unwrap());
    }),
    ("an empty directory", |host, path| host.make_dir(path)),
    ("a directory with content", |host, path| host.make_dir(&format!("{path}/inside"))),
];

fn with_planted((what, plant): Plant, path: &str) -> Host {
    let host = Host::new();
    host.note(format!("{path} is {what}"));
    host.write("/target", "precious");
    plant(&host, path);
    host
}

#[test]
fn what_is_planted_is_never_followed_by_any_hook() {
    for planted in PLANTED {
        for hook in ALL {
            let host = with_planted(planted, MARKER);
            host.hook(hook, "nginx").run().harms_nobody().says_nothing();
            assert_eq!(host.read("/target"), "precious");
            assert!(!host.path("/no/such").exists());
        }
    }
}

#[test]
fn pre_start_arms_in_spite_of_what_is_planted() {
    for planted in PLANTED {
        let host = with_planted(planted, MARKER);
        host.hook(PreStart, "nginx").run().harms_nobody();
        assert!(host.path(MARKER).symlink_metadata().unwrap().is_file());
        assert!(host.read(MARKER).starts_with("upstart-monitor marker 1\n"));
        assert_eq!(host.runs_told().len(), 0, "no run is made up");
    }
}

#[test]
fn pre_stop_disarms_what_is_planted() {
    for planted in PLANTED {
        let host = with_planted(planted, MARKER);
        host.hook(PreStop, "nginx").run().harms_nobody();
        assert!(host.path(MARKER).symlink_metadata().is_err());
        host.hook(PostStop, "nginx").run().harms_nobody();
        assert_eq!(host.reports(), [""; 0]);
    }
}

#[test]
fn post_stop_does_not_trust_what_is_planted_but_tells_of_it() {
    for planted in PLANTED {
        let host = with_planted(planted, MARKER);
        host.hook(PostStop, "nginx").run().harms_nobody();
        assert_eq!(host.only_report()["verdict"]["kind"], "unclear");
        assert!(host.path(MARKER).symlink_metadata().is_err());
        host.hook(PostStop, "nginx").run().harms_nobody();
        assert_eq!(host.reports().len(), 1, "told once");
    }
}

#[test]
fn a_marker_of_somebody_elses_is_not_trusted() {
    let host = Host::new();
    host.write(MARKER, "");
    host.give_to(1234, MARKER);
    host.hook(PostStop, "nginx").run().harms_nobody();
    assert_eq!(host.only_report()["verdict"]["kind"], "unclear");
}

#[test]
fn a_log_that_is_planted_is_not_read() {
    for planted in PLANTED {
        let host = with_planted(planted, "/var/log/upstart/nginx.log");
        host.give_to(support::NOBODY, "/var/log/upstart");
        host.hook(PreStart, "nginx").run().harms_nobody().says_nothing();
        host.hook(PostStop, "nginx").run().harms_nobody().says_nothing();
        let report = host.only_report();
        assert_eq!(report["log"], serde_json::Value::Null);
        assert_eq!(missing(&report), ["kernel", "log"]);
        assert!(!report.to_string().contains("precious"));
    }
}
