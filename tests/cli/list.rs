//! `upstart-crash list`.

use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdout, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::root::Root;

const HOUR: Duration = Duration::from_secs(3600);

/// The short ids that a list with `arguments` shows.
fn listed(root: &Root, arguments: &[&str]) -> Vec<String> {
    let ran = root.run(&[&["list", "--json"], arguments].concat());
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran:?}");
    let json = ran.out.lines().map(|line| {
        let report: serde_json::Value = serde_json::from_str(line).unwrap();
        report["id"].as_str().unwrap().to_owned()
    });
    json.collect()
}

#[test]
fn a_list_is_of_the_jobs_times_verdicts_and_states_that_are_asked_for() {
    let root = Root::new();
    let ids = [
        root.leave_end("new", "shop", "gave_up", HOUR * 50),
        root.leave_end("archive", "shop-canary", "crashed", HOUR * 25),
        root.leave_end("archive", "cart", "unseen", HOUR),
        root.leave_end("archive", "shop", "crashed", Duration::ZERO),
    ]
    .map(|id| id.to_string());
    root.leave("dead/slack.ops", &format!("{}.json", ids[1]), b"{\"queued_at\":\"x\"}");
    root.leave("queue/slack.ops", &format!("{}.json", ids[2]), b"");
    for (arguments, expected) in [
        (&[][..], &[0, 1, 2, 3][..]),
        (&["--job", "shop"], &[0, 3]),
        (&["--job", "shop*", "--job", "!*-canary"], &[0, 3]),
        (&["--job", "!shop*"], &[2]),
        (&["--since", "2h"], &[2, 3]),
        (&["--since", "26h ago", "--until", "30m"], &[1, 2]),
        (&["--until", "2001-01-01"], &[]),
        (&["--verdict", "crashed,unseen"], &[1, 2, 3]),
        (&["--verdict", "gave_up"], &[0]),
        (&["--state", "new"], &[0]),
        (&["--state", "dead,queued"], &[1, 2]),
        (&["--state", "delivered"], &[3]),
        (&["-n", "2"], &[2, 3]),
        (&["--last", "1", "--job", "shop*", "--until", "1h"], &[1]),
        (&["--last", "0"], &[]),
        (&["--job", "shop", "--verdict", "crashed", "--state", "delivered"], &[3]),
    ] {
        let expected: Vec<_> = expected.iter().map(|index: &usize| ids[*index].clone()).collect();
        assert_eq!(listed(&root, arguments), expected, "{arguments:?}");
    }
    // A time that the list shows can be pasted.
    let text = root.run(&["list", "--job", "cart"]).out;
    let time = text.lines().nth(1).unwrap().split("  ").next().unwrap().to_owned();
    assert!(time.ends_with(" UTC"), "{text}");
    assert_eq!(listed(&root, &["--since", &time]), ids[2..]);
}

#[test]
fn only_reports_of_a_time_that_is_wanted_are_opened() {
    let root = Root::new();
    let old = root.leave_crash("new", "shop", HOUR * 48);
    root.leave("new", &format!("{old}.json"), b"torn");
    let new = root.leave_crash("new", "shop", HOUR);
    assert_eq!(listed(&root, &["--since", "1d"]), [new.to_string()]);
    assert_eq!(listed(&root, &["--last", "1"]), [new.to_string()]);
    assert!(root.run(&["list"]).err.contains("not a whole report"));
}

#[test]
fn nothing_at_all_is_told_from_nothing_that_was_asked_for() {
    let root = Root::new();
    assert_eq!(root.run(&["list", "--job", "x"]).out, "No crash has been reported.\n");
    root.leave_crash("new", "shop", HOUR);
    let none = root.run(&["list", "--job", "x"]);
    assert_eq!(none.out, "The only report in the spool is not one of these.\n");
    root.leave_crash("new", "shop", HOUR);
    let none = root.run(&["list", "--job", "x"]);
    assert_eq!(
        (none.code, none.out.as_str()),
        (Some(0), "None of the 2 reports in the spool is one of these.\n",)
    );
}

#[test]
fn a_wrong_filter_is_wrong_usage_and_the_right_words_are_named() {
    let root = Root::new();
    for (arguments, hint) in [
        (["--verdict", "stopped"], "gave_up"),
        (["--state", "lost"], "delivered"),
        (["--since", "yesterday"], "2026-11-21 03:42"),
        (["--last", "many"], "--last"),
    ] {
        let ran = root.run(&[&["list"], &arguments[..]].concat());
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{ran:?}");
        assert!(ran.err.contains(hint), "{ran:?}");
    }
}

#[test]
fn a_table_fits_the_terminal_and_is_whole_in_a_pipe() {
    let root = Root::new();
    let name = "a-job-with-a-name-that-is-much-longer-than-anybody-would-like-to-read-in-a-table";
    let id = root.leave_end("new", name, "gave_up", HOUR).short().to_string();
    for (columns, widest) in [(20, 40), (40, 40), (60, 60), (80, 80), (100, 100), (300, 300)] {
        let text = root.run_on_a_terminal(columns, &[], &["list"]);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 2, "{text}");
        let longest = lines.iter().map(|line| line.chars().count()).max().unwrap();
        assert!(longest <= widest, "{columns}: {text}");
        assert!(text.contains(&id), "the id can be copied: {text}");
        assert_eq!(text.contains('…'), columns < 300, "{text}");
    }
    let piped = root.run(&["list"]);
    assert!(piped.out.contains(name) && !piped.out.contains('…'), "{piped:?}");
}

#[test]
fn colour_is_for_terminals_that_want_it() {
    let root = Root::new();
    root.leave_end("new", "shop", "gave_up", HOUR);
    let is_coloured = |variables: &[(&str, &str)]| {
        root.run_on_a_terminal(100, variables, &["list"]).contains("\u{1b}[31mgave_up\u{1b}[0m")
    };
    assert!(is_coloured(&[("TERM", "xterm")]));
    assert!(is_coloured(&[("TERM", "xterm"), ("NO_COLOR", "")]));
    for variables in [&[("TERM", "xterm"), ("NO_COLOR", "1")][..], &[("TERM", "dumb")], &[]] {
        let text = root.run_on_a_terminal(100, variables, &["list"]);
        assert!(text.contains("gave_up") && !text.contains('\u{1b}'), "{text:?}");
    }
    assert!(!root.run(&["list"]).out.contains('\u{1b}'));
}

#[test]
fn a_hostile_name_is_shown_and_has_no_power() {
    let root = Root::new();
    root.leave_crash("new", "a\u{1b}[2J\nb\tc\u{202e}", HOUR);
    for text in [root.run(&["list"]).out, root.run_on_a_terminal(100, &[], &["list"])] {
        assert_eq!(text.lines().count(), 2, "{text:?}");
        assert!(text.contains("a^[[2J^Jb^Ic\\u{202e}  new"), "{text:?}");
    }
}

/// `list --follow` at work.
struct Followed {
    child: Child,
    lines: Option<BufReader<ChildStdout>>,
}

impl Followed {
    fn start(root: &Root, arguments: &[&str]) -> Self {
        let mut command = root.command(&[&["list", "--follow"], arguments].concat());
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = child.stdout.take().map(BufReader::new);
        Self { child, lines }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        let read = self.lines.as_mut().unwrap().read_line(&mut line).unwrap();
        assert!(read > 0, "it has ended");
        line
    }
}

impl Drop for Followed {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn what_comes_is_followed_and_shown_once_wherever_it_moves() {
    let root = Root::new();
    let first = root.leave_crash("archive", "shop", HOUR);
    let mut followed = Followed::start(&root, &["--json", "--job", "shop"]);
    assert!(followed.line().contains(&first.to_string()));

    root.leave_crash("new", "cart", Duration::ZERO);
    let second = root.leave_crash("new", "shop", Duration::ZERO);
    assert!(followed.line().contains(&second.to_string()));
    // As a notifier takes it: the same report, examined, in another place.
    let name = format!("{second}.json");
    std::fs::rename(root.spool().join("new").join(&name), root.spool().join("archive").join(&name))
        .unwrap();
    // Between two looks from nowhere to the archive.
    let third = root.leave_crash("archive", "shop", Duration::ZERO);
    let fourth = root.leave_crash("new", "shop", Duration::ZERO);
    let mut rest = [followed.line(), followed.line()];
    rest.sort();
    let mut expected = [third, fourth];
    expected.sort();
    for (line, id) in rest.iter().zip(expected) {
        assert!(line.contains(&id.to_string()), "{line}");
    }
}

#[test]
fn a_table_that_is_followed_has_one_head() {
    let root = Root::new();
    root.leave_crash("new", "shop", HOUR);
    let first = root.leave_crash("new", "shop", Duration::ZERO);
    let mut followed = Followed::start(&root, &["--last", "1"]);
    assert!(followed.line().starts_with("TIME "));
    assert!(followed.line().contains(first.short().as_str()));
    let second = root.leave_crash("new", "shop", Duration::ZERO);
    assert!(followed.line().contains(second.short().as_str()));
}

#[test]
fn following_ends_when_nobody_reads_on_and_when_interrupted() {
    let root = Root::new();
    root.leave_crash("new", "shop", Duration::ZERO);
    let mut followed = Followed::start(&root, &["--json"]);
    followed.line();
    // Without any further report.
    followed.lines = None;
    assert!(followed.child.wait().unwrap().success());

    let mut followed = Followed::start(&root, &["--json"]);
    followed.line();
    kill(Pid::from_raw(followed.child.id() as i32), Signal::SIGINT).unwrap();
    assert_eq!(followed.child.wait().unwrap().signal(), Some(Signal::SIGINT as i32));
}
