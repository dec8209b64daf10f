//! The command, as people run it.
#![cfg(feature = "deliver")]
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;
use upstart_monitor::marker::Content;
use upstart_monitor::report::CrashReport;
use upstart_monitor::snapshot::{Host, LogTail};

/// A throw-away root.
struct Root(TempDir);

/// What a run of the command gave.
#[derive(Debug)]
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl Root {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn spool(&self) -> PathBuf {
        self.0.path().join("var/spool/upstart-monitor")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_upstart-crash"));
        command.args(arguments).env_clear().env("UPSTART_MONITOR_ROOT", self.0.path());
        command
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        self.command(arguments).output().unwrap().into()
    }

    /// Leaves a report on run `run` of a service with a hostile log.
    fn leave_report(&self, run: &str) -> CrashReport {
        let text = format!(
            "upstart-monitor marker 1\njob nginx\ninstance eu-1\nrun {run}\n\
             started 1795232000000000 5000000\nended 1795232537123456 542123456\n"
        );
        let marker = Content::parse(text.as_bytes()).unwrap();
        let mut report = CrashReport::of_unseen(&marker, Host::here());
        report.log = Some(LogTail {
            path: "/var/log/upstart/nginx-eu-1.log".to_owned(),
            lines: vec!["\u{1b}[2Jlast words".to_owned()],
            bytes: 15,
            truncated: false,
            this_run_only: true,
        });
        fs::create_dir_all(self.spool().join("new")).unwrap();
        let json = serde_json::to_vec(&report).unwrap();
        fs::write(self.spool().join(format!("new/{}.json", report.id)), json).unwrap();
        report
    }
}

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
    let listed = as_nobody(&root, &["list"]);
    fs::set_permissions(root.spool(), Permissions::from_mode(0o700)).unwrap();
    assert_eq!((listed.code, listed.out.as_str()), (Some(1), ""), "{listed:?}");
    let path = root.spool().display().to_string();
    assert!(listed.err.contains(&path) && listed.err.contains("denied"), "{listed:?}");
}

/// Runs the command as a user who may read nothing that is root's.
fn as_nobody(root: &Root, arguments: &[&str]) -> Ran {
    if !nix::unistd::geteuid().is_root() {
        return root.run(arguments);
    }
    // Neither the build directory nor a temporary one need be open to others.
    let program = root.0.path().join("upstart-crash");
    // Copied by another process: a file that this one has open for writing may be inherited by a
    // child of another test, and could not be executed.
    let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_upstart-crash")).arg(&program).status();
    assert!(copied.unwrap().success());
    for path in [root.0.path(), &program] {
        fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
    }
    let mut command = Command::new(program);
    command.args(arguments).env("UPSTART_MONITOR_ROOT", root.0.path());
    command.uid(65534).gid(65534).output().unwrap().into()
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
