//! The command, as people run it.
#![cfg(feature = "deliver")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod help;
mod json;
mod list;
mod root;
mod status;

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use upstart_monitor::report::CrashReport;

use root::{Ran, Root};

#[test]
fn a_host_without_a_spool_has_no_reports() {
    let root = Root::new();
    let listed = root.run(&["list"]);
    assert_eq!((listed.code, listed.out.as_str()), (Some(0), "No crash has been reported.\n"));
    let listed = root.run(&["list", "--json"]);
    assert_eq!((listed.code, listed.out.as_str(), listed.err.as_str()), (Some(0), "", ""));
    let shown = root.run(&["show", "6c1d8e40"]);
    assert_eq!(shown.code, Some(1), "{shown:?}");
    assert!(shown.err.contains("no report has the id 6c1d8e40"), "{shown:?}");
    assert!(!root.spool().exists(), "looking changes nothing");
}

#[test]
fn list_shows_a_line_for_each_report_the_newest_last() {
    let root = Root::new();
    let report = root.leave_report("fd21ff553b2f6c1d8e40");
    let listed = root.run(&["list"]);
    let lines: Vec<_> = listed.out.lines().collect();
    assert_eq!(lines.len(), 2, "{listed:?}");
    let expected = "2026-11-21 03:42:17 UTC  6c1d8e40  unseen   nginx (eu-1)  new";
    assert_eq!(lines[1], expected, "{listed:?}");

    let listed = root.run(&["list", "--json"]);
    let stored = fs::read_to_string(root.spool().join(format!("new/{}.json", report.id))).unwrap();
    assert_eq!(listed.out, stored + "\n");
}

#[test]
fn show_takes_the_short_id_or_a_beginning_and_nothing_in_doubt() {
    let root = Root::new();
    let one = root.leave_report("fd21ff553b2f6c1d8e40").id.to_string();
    let other = root.leave_report("fd21ff553b2f00000001").id.to_string();
    for id in ["6c1d8e40", "6C1D8E40", &one, &one[..30]] {
        let shown = root.run(&["show", "--json", id]);
        assert_eq!(shown.code, Some(0), "{shown:?}");
        let report: CrashReport = serde_json::from_str(&shown.out).unwrap();
        assert_eq!(report.id.to_string(), one);
    }
    let shown = root.run(&["show", &one[..8]]);
    assert_eq!((shown.code, shown.out.as_str()), (Some(1), ""));
    assert!(shown.err.contains(&one) && shown.err.contains(&other), "{shown:?}");
}

#[test]
fn show_tells_a_person_everything_and_does_nothing_to_the_terminal() {
    let root = Root::new();
    root.leave_report("fd21ff553b2f6c1d8e40");
    let shown = root.run(&["show", "6c1d8e40"]);
    assert_eq!(shown.code, Some(0), "{shown:?}");
    for part in [
        "nginx (eu-1) ended unseen after 8 min 57 s\n",
        "Verdict   ended unseen\n          - the marker that pre-start armed at ",
        "ran 8 min 57 s\n",
        "| ^[[2Jlast words\n",
        "Missing   snapshot: nobody saw the end of this run\n",
        "Delivery  not begun",
    ] {
        assert!(shown.out.contains(part), "{part:?} is not in\n{}", shown.out);
    }
    assert!(!shown.out.contains('\u{1b}'));
}

#[test]
fn a_report_that_cannot_be_read_is_named_and_the_others_are_listed() {
    let root = Root::new();
    let torn = root.leave_report("fd21ff553b2f00000001").id;
    root.leave_report("fd21ff553b2f6c1d8e40");
    fs::write(root.spool().join(format!("new/{torn}.json")), "{").unwrap();
    let listed = root.run(&["list"]);
    assert_eq!(listed.code, Some(0));
    assert!(listed.out.contains("6c1d8e40"), "{listed:?}");
    assert!(listed.err.contains(&format!("new/{torn}.json")), "{listed:?}");
}

#[test]
fn a_spool_that_may_not_be_read_is_an_error_that_names_it() {
    let root = Root::new();
    root.leave_report("fd21ff553b2f6c1d8e40");
    let closed = if nix::unistd::geteuid().is_root() { 0o700 } else { 0 };
    fs::set_permissions(root.spool(), Permissions::from_mode(closed)).unwrap();
    let listed = root.run_as_nobody(&["list"]);
    fs::set_permissions(root.spool(), Permissions::from_mode(0o700)).unwrap();
    assert_eq!((listed.code, listed.out.as_str()), (Some(1), ""), "{listed:?}");
    let path = root.spool().display().to_string();
    assert!(listed.err.contains(&path) && listed.err.contains("denied"), "{listed:?}");
}

#[test]
fn a_spool_that_is_a_file_is_an_error_that_names_it() {
    let root = Root::new();
    fs::create_dir_all(root.spool().parent().unwrap()).unwrap();
    fs::write(root.spool(), "").unwrap();
    for arguments in [&["list"][..], &["show", "6c1d8e40"], &["deliver"]] {
        let ran = root.run(arguments);
        assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{ran:?}");
        assert!(ran.err.contains(&root.spool().display().to_string()), "{ran:?}");
    }
}

#[test]
fn a_reader_who_has_seen_enough_is_no_failure_and_a_full_disk_is() {
    let root = Root::new();
    root.leave_report("fd21ff553b2f6c1d8e40");
    for arguments in [&["list"][..], &["list", "--json"], &["show", "6c1d8e40"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let ran = Ran::from(root.command(arguments).stdout(writer).output().unwrap());
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran:?}");

        let full = File::options().write(true).open("/dev/full").unwrap();
        let ran = Ran::from(root.command(arguments).stdout(full).output().unwrap());
        assert_eq!(ran.code, Some(1), "{ran:?}");
        assert!(ran.err.contains("No space left"), "{ran:?}");
    }
}

#[test]
fn without_a_config_deliver_leaves_the_reports_where_they_are() {
    let root = Root::new();
    let id = root.leave_report("fd21ff553b2f6c1d8e40").id;
    let ran = root.run(&["deliver"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(Path::new(&root.spool().join(format!("new/{id}.json"))).exists());
    assert!(ran.err.contains("no sink"), "{ran:?}");
}

#[test]
fn wrong_usage_is_told_from_failure() {
    let root = Root::new();
    for (arguments, code) in [
        (&["--version"][..], 0),
        (&["--help"], 0),
        (&["list", "--help"], 0),
        (&[], 2),
        (&["shwo"], 2),
        (&["show"], 2),
        (&["list", "--yaml"], 2),
    ] {
        let ran = root.run(arguments);
        assert_eq!(ran.code, Some(code), "{arguments:?}: {ran:?}");
    }
}
