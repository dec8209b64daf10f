//! A spool that takes nothing: what would have gone there goes to the emergency spool, and comes
//! back as soon as it can. Nothing is lost, nothing is told twice.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use support::Hook::{Observer, PostStop, PreStart};
use support::{Host, NOBODY, require_root};

const RUN: &str = "/var/run";
const SPOOL: &str = "/var/spool/upstart-monitor";
const EMERGENCY_SPOOL: &str = "/var/run/upstart-monitor";

/// A run that crashes, and leaves its report without a word.
#[track_caller]
fn crash(host: &Host) {
    host.hook(PreStart, "shop").run().harms_nobody().says_nothing();
    host.hook(PostStop, "shop").run().harms_nobody().says_nothing();
    assert!(host.markers().is_empty(), "consumed");
}

/// Fills the spool; it is a file system of its own.
fn fill_spool(host: &Host) {
    host.mount_small(SPOOL, 1 << 20);
    host.fill(SPOOL);
}

#[test]
fn each_crash_is_kept_by_itself() {
    let host = Host::new();
    fill_spool(&host);
    crash(&host);
    crash(&host);
    assert_eq!((host.runs_told().len(), host.emergency_spool("new").len()), (2, 2));
    for (place, mode) in [("", 0o700), ("/new", 0o700)] {
        let found = host.path(&format!("{EMERGENCY_SPOOL}{place}")).metadata().unwrap();
        assert_eq!(found.permissions().mode() & 0o777, mode, "{place}");
    }
}

/// Without a stanza there is no marker that could tell at the next start.
#[test]
fn each_crash_that_the_observer_saw_is_kept_too() {
    let host = Host::new();
    fill_spool(&host);
    for _ in 0..2 {
        let event = host.hook(Observer, "shop").env("RESULT", "failed").env("PROCESS", "main");
        event.env("EXIT_SIGNAL", "SEGV").run().harms_nobody().says_nothing();
    }
    assert_eq!(host.runs_told().len(), 2);
}

#[test]
fn the_report_of_a_cut_short_post_stop_is_not_doubled() {
    let host = Host::new();
    fill_spool(&host);
    host.hook(PreStart, "shop").run().harms_nobody();
    let marker = host.read("/var/run/shop.shutdown");
    host.hook(PostStop, "shop").run().harms_nobody();
    // Killed before it removed the marker, but behind the stamp, which names the report.
    let id = host.emergency_spool("new").remove(0);
    let millis = u64::from_str_radix(&id.replace('-', "")[..12], 16).unwrap();
    host.write("/var/run/shop.shutdown", format!("{marker}ended {}000 1\n", millis));
    let before = host.reports();
    host.hook(PreStart, "shop").run().harms_nobody().says_nothing();
    assert_eq!(host.reports(), before);
    assert!(host.unseen().is_empty(), "{:?}", host.unseen());
}

#[test]
fn with_both_full_the_marker_stays_and_tells() {
    let host = Host::new();
    host.mount_small(RUN, 64 << 10);
    fill_spool(&host);
    host.hook(PreStart, "shop").run().harms_nobody().says_nothing();
    host.fill(RUN);
    for _ in 0..2 {
        let refused = host.hook(PostStop, "shop").run().harms_nobody();
        refused.says("the spool takes no report: No space left on device; the marker stays");
        assert!(host.markers().contains(&"shop.shutdown".to_owned()));
    }
    std::fs::remove_file(host.path(RUN).join("filler")).unwrap();
    host.hook(PostStop, "shop").run().harms_nobody().says_nothing();
    assert_eq!((host.runs_told().len(), host.markers().len()), (1, 0));
}

/// Leaves `free` bytes of the full spool to be written.
fn make_free(host: &Host, free: u64) {
    let filler = std::fs::OpenOptions::new().write(true).open(host.path(SPOOL).join("filler"));
    let filler = filler.unwrap();
    let all = filler.metadata().unwrap().blocks() * 512;
    filler.set_len(all - free).unwrap();
}

/// Puts `count` files into the directory `place`.
fn crowd(host: &Host, place: &str, count: usize) {
    host.make_dir(place);
    (0..count).for_each(|number| host.write(&format!("{place}/{number:0>40}"), ""));
}

/// A 64th of the file system, here 16 KiB.
#[test]
fn hooks_leave_others_their_part_of_the_disk() {
    let host = Host::new();
    fill_spool(&host);
    for (free, kept_there) in [(12 << 10, 0), (64 << 10, 1)] {
        make_free(&host, free);
        crash(&host);
        assert_eq!((host.spool("new").len(), host.emergency_spool("new").len()), (kept_there, 1));
    }
}

#[test]
fn the_emergency_spool_takes_so_many_and_no_more() {
    let host = Host::new();
    fill_spool(&host);
    let place = format!("{EMERGENCY_SPOOL}/new");
    crowd(&host, &place, 64);
    host.hook(PreStart, "shop").run().harms_nobody().says_nothing();
    let refused = host.hook(PostStop, "shop").run().harms_nobody();
    refused.says("the spool takes no report: No space left on device; the marker stays");
    assert_eq!((host.markers(), host.names(&place).len()), (vec!["shop.shutdown".to_owned()], 64));

    // What the next start finds is of the other kind, of which there is none yet.
    host.hook(PreStart, "shop").run().harms_nobody().says_nothing();
    assert_eq!(host.emergency_spool("unseen").len(), 1);
    std::fs::remove_file(host.path(&place).join(&host.names(&place)[0])).unwrap();
    host.hook(PostStop, "shop").run().harms_nobody().says_nothing();
    assert!(host.markers().is_empty(), "consumed");
}

#[test]
fn a_spool_that_nobody_works_off_takes_so_many_and_no_more() {
    let host = Host::new();
    let (new, emergency) = (format!("{SPOOL}/new"), format!("{EMERGENCY_SPOOL}/new"));
    crowd(&host, &new, 19_999);
    crash(&host);
    assert_eq!((host.names(&new).len(), host.names(&emergency).len()), (20_000, 0));
    crash(&host);
    assert_eq!((host.names(&new).len(), host.names(&emergency).len()), (20_000, 1));
    crowd(&host, &emergency, 63);
    host.hook(PreStart, "shop").run().harms_nobody().says_nothing();
    let refused = host.hook(PostStop, "shop").run().harms_nobody();
    refused.says("the spool takes no report: Quota exceeded; the marker stays");
    assert_eq!(host.markers(), ["shop.shutdown"]);
}

/// Whoever may write to /var/run could have put it there.
#[test]
fn one_that_is_not_roots_own_is_neither_used_nor_believed() {
    require_root();
    for planted in ["a link", "nobody's", "open to all", "a file"] {
        let host = Host::new();
        host.note(planted);
        fill_spool(&host);
        host.make_dir("/elsewhere");
        let place = host.path(EMERGENCY_SPOOL);
        match planted {
            "a link" => symlink(host.path("/elsewhere"), &place).unwrap(),
            "a file" => host.write(EMERGENCY_SPOOL, ""),
            _ => host.make_dir(EMERGENCY_SPOOL),
        }
        match planted {
            "nobody's" => host.give_to(NOBODY, EMERGENCY_SPOOL),
            "open to all" => {
                std::fs::set_permissions(&place, PermissionsExt::from_mode(0o777)).unwrap();
            }
            _ => {}
        }
        host.hook(PreStart, "shop").run().harms_nobody().says_nothing();
        let refused = host.hook(PostStop, "shop").run().harms_nobody();
        refused.says("the spool takes no report: No space left on device");
        assert_eq!(host.markers(), ["shop.shutdown"]);
        assert!(host.names("/elsewhere").is_empty() && host.names(EMERGENCY_SPOOL).is_empty());
    }
}

#[cfg(feature = "deliver")]
mod delivery {
    use super::*;
    use std::collections::BTreeSet;
    use std::process::{Command, Output};
    use support::{AT_ONCE, wait_until};

    fn upstart_crash(host: &Host, before: &[&str], word: &str) -> Output {
        let program = host.program("upstart-crash").into_os_string().into_string().unwrap();
        let words = [before, &[&program, word]].concat();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).env_clear().env("PATH", "/usr/bin:/bin");
        let output = command.env("UPSTART_MONITOR_ROOT", host.path("")).output().unwrap();
        host.note(format!("{words:?}: {output:?}"));
        output
    }

    /// A host after two crashes, of which one was seen by the next start alone. Beside the hooks
    /// that ran lies no notifier, so that none is at work.
    fn host_with_two_kept() -> Host {
        let (host, elsewhere) = (Host::with_notifier(), Host::new());
        fill_spool(&host);
        for hook in [PreStart, PostStop, PreStart, PreStart] {
            let run = elsewhere.hook(hook, "shop").env("UPSTART_MONITOR_ROOT", host.path(""));
            run.run().harms_nobody().says_nothing();
        }
        assert_eq!((host.reports().len(), host.unseen().len()), (1, 1));
        host
    }

    fn make_room(host: &Host) {
        std::fs::remove_file(host.path(SPOOL).join("filler")).unwrap();
    }

    #[test]
    fn it_is_told_of_while_the_disk_is_full_and_kept_when_there_is_room_again() {
        for was_used_before in [false, true] {
            let host = Host::with_notifier();
            host.config(&format!("[sink.file.all]\npath = \"/told\"\n{AT_ONCE}"));
            host.mount_small(SPOOL, 1 << 20);
            let mut crashes = 2;
            let told = || match host.path("/told").exists() {
                true => host.read("/told").lines().count(),
                false => 0,
            };
            if was_used_before {
                crashes += 1;
                crash(&host);
                wait_until("the first one to be told", || told() == 1);
            }
            host.fill(SPOOL);
            crash(&host);
            crash(&host);
            wait_until("all to be told", || told() == crashes);
            assert_eq!(host.spool("archive").len(), crashes - 2, "the disk took something");
            make_room(&host);
            assert!(upstart_crash(&host, &[], "deliver").status.success());
            wait_until("all to be kept", || host.spool("archive").len() == crashes);
            wait_until("all to be carried over", || host.emergency_spool("archive").is_empty());
            assert_eq!((host.runs_told().len(), told()), (crashes, crashes));
        }
    }

    #[test]
    fn people_can_look_at_it_meanwhile() {
        let host = host_with_two_kept();
        let list = String::from_utf8(upstart_crash(&host, &[], "list").stdout).unwrap();
        assert_eq!(list.lines().filter(|line| line.ends_with("new")).count(), 2, "{list}");
        assert_eq!(host.emergency_spool("unseen").len(), 1, "nothing is changed");
    }

    /// The system calls by which files come and go, in a run of the notifier that adopts both.
    fn calls() -> Vec<(String, usize)> {
        let host = host_with_two_kept();
        make_room(&host);
        let trace = host.path("/trace").into_os_string().into_string().unwrap();
        upstart_crash(&host, &["strace", "-o", &trace], "deliver");
        let mut calls: Vec<(String, usize)> = Vec::new();
        for line in host.read("/trace").lines() {
            let Some((name, _)) = line.split_once('(') else { continue };
            if ["openat", "write", "rename", "unlink", "fsync", "mkdir"].contains(&name) {
                let nth = 1 + calls.iter().filter(|(known, _)| known == name).count();
                calls.push((name.to_owned(), nth));
            }
        }
        assert!(calls.iter().filter(|(name, _)| name == "rename").count() >= 3, "{calls:?}");
        calls
    }

    #[test]
    fn a_notifier_that_is_killed_on_the_way_loses_nothing_and_doubles_nothing() {
        for (call, nth) in calls() {
            let host = host_with_two_kept();
            make_room(&host);
            let before = host.runs_told();
            let inject = format!("inject={call}:signal=SIGKILL:when={nth}");
            upstart_crash(&host, &["strace", "-o", "/dev/null", "-e", &inject], "deliver");
            // While it is carried it may lie in both, under one name.
            let names = |spool: &dyn Fn(&str) -> Vec<String>| {
                let both = ["new", "unseen"].into_iter().flat_map(spool);
                both.map(|name| name[..36].to_owned()).collect::<BTreeSet<_>>()
            };
            let kept = names(&|place| host.emergency_spool(place));
            assert_eq!(kept.union(&names(&|place| host.spool(place))).count(), 2, "lost");
            assert!(upstart_crash(&host, &[], "deliver").status.success());
            assert_eq!(host.runs_told(), before, "killed at {call} {nth}");
            assert_eq!(names(&|place| host.emergency_spool(place)), BTreeSet::new());
            assert_eq!(host.spool("new").len(), 2);
        }
    }

    /// It was carried and taken, and could not be removed then; or it came back, torn, when the
    /// power went.
    #[test]
    fn what_was_told_before_is_not_told_again() {
        let host = host_with_two_kept();
        host.config(&format!("[sink.file.all]\npath = \"/told\"\n{AT_ONCE}"));
        let kept = host.emergency_spool("new").remove(0);
        let report = host.read(&format!("{EMERGENCY_SPOOL}/new/{kept}"));
        make_room(&host);
        for again in [&report, "{\"version\":1,", ""] {
            assert!(upstart_crash(&host, &[], "deliver").status.success());
            assert_eq!(host.read("/told").lines().count(), 2);
            assert_eq!((host.spool("archive").len(), host.spool("new").len()), (2, 0));
            assert!(host.emergency_spool("new").is_empty() && host.spool("corrupt").is_empty());
            host.write(&format!("{EMERGENCY_SPOOL}/new/{kept}"), again);
        }
    }

    #[test]
    fn a_report_that_somebody_planted_is_not_adopted() {
        let host = host_with_two_kept();
        make_room(&host);
        host.give_to(NOBODY, EMERGENCY_SPOOL);
        assert!(upstart_crash(&host, &[], "deliver").status.success());
        assert!(host.spool("new").is_empty());
        assert_eq!(host.emergency_spool("new").len(), 1);
    }
}
