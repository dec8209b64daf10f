use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::sync::Mutex;

use super::super::testing::{empty, id, marker};
use super::*;
use crate::sys;
use crate::verdict::VerdictKind;

const SINKS: [&str; 2] = ["file.a", "slack.b"];

fn now() -> Timestamp {
    Timestamp::from_micros(1_795_300_000_000_000)
}

/// What was said while `story` ran.
fn said(story: impl FnOnce(Say<'_>)) -> Vec<String> {
    let lines = Mutex::new(Vec::new());
    story(&|line| lines.lock().unwrap().push(line.to_string()));
    lines.into_inner().unwrap()
}

/// Takes everything, with nothing to complain about.
fn take(spool: &Spool) -> Taken {
    let mut taken = Taken::default();
    let lines = said(|say| taken = spool.take_all(&SINKS, now(), say));
    assert_eq!(lines, [""; 0]);
    taken
}

#[test]
fn a_taken_report_is_archived_and_owed_to_every_sink() {
    let (_dir, spool) = empty();
    let _lock = spool.lock().unwrap();
    let id = spool.leave_report(1);
    assert_eq!(take(&spool), Taken { taken: 1, left: 0 });
    assert_eq!(
        spool.files(),
        [
            format!("archive/{id}.json"),
            format!("queue/file.a/{id}.json"),
            format!("queue/slack.b/{id}.json"),
        ]
    );
    assert_eq!(spool.record("file.a", id, sys::now()).unwrap(), Record::fresh(now()));
    for (path, mode) in [("queue", 0o700), (&format!("queue/file.a/{id}.json"), 0o600)] {
        let found = fs::metadata(spool.dir.join(path)).unwrap().permissions().mode();
        assert_eq!(found & 0o777, mode, "{path}");
    }
}

#[test]
fn killed_between_any_two_steps_of_taking_each_sink_gets_one_record() {
    for killed_after in ["nothing", "one record", "a torn record", "all records"] {
        let (_dir, spool) = empty();
        let _lock = spool.lock().unwrap();
        let id = spool.leave_report(1);
        match killed_after {
            "one record" => spool.enqueue(SINKS[0], &[id], now()).unwrap(),
            "a torn record" => spool.leave("queue/file.a", &format!("{id}.json"), b"{\"queu"),
            "all records" => {
                SINKS.iter().for_each(|sink| spool.enqueue(sink, &[id], now()).unwrap())
            }
            _ => {}
        }
        assert_eq!(spool.first("file.a"), None, "not sent yet after {killed_after}");
        take(&spool);
        for sink in SINKS {
            assert_eq!(spool.first(sink), Some(id), "{sink} after {killed_after}");
            assert_eq!(spool.record(sink, id, now()).unwrap(), Record::fresh(now()));
        }
        assert_eq!(spool.files().len(), 3, "{killed_after}: {:?}", spool.files());
    }
}

#[test]
fn what_was_delivered_does_not_come_back() {
    let (_dir, spool) = empty();
    let _lock = spool.lock().unwrap();
    let id = spool.leave_report(1);
    take(&spool);
    spool.delivered("file.a", id).unwrap();

    assert_eq!(take(&spool), Taken::default());
    spool.leave_report(1);
    assert_eq!(take(&spool), Taken { taken: 1, left: 0 });
    assert_eq!(spool.files(), [format!("archive/{id}.json"), format!("queue/slack.b/{id}.json")]);
}

#[test]
fn what_is_no_report_is_set_aside_and_the_rest_goes_on() {
    let (dir, spool) = empty();
    let _lock = spool.lock().unwrap();
    let whole = spool.leave_report(9);
    let (torn, other, link) = (id(1), id(2), id(3));
    spool.leave("new", &format!("{torn}.json"), b"{\"version\":1,");
    spool.leave("new", "notes.txt", b"hello");
    fs::copy(spool.report_path("new", whole), spool.report_path("new", other)).unwrap();
    fs::write(dir.path().join("elsewhere"), "{}").unwrap();
    symlink(dir.path().join("elsewhere"), spool.report_path("new", link)).unwrap();
    spool.leave("unseen", &format!("{torn}.marker"), b"not a marker");

    let lines = said(|say| {
        spool.adopt_unseen(say).unwrap();
        assert_eq!(spool.take_all(&SINKS, now(), say), Taken { taken: 1, left: 0 });
    });
    assert_eq!(lines.len(), 5, "{lines:#?}");
    assert!(lines.iter().all(|line| line.contains("/corrupt/")), "{lines:#?}");
    let mut corrupt: Vec<_> = spool.files();
    corrupt.retain(|file| file.starts_with("corrupt/"));
    let mut expected = vec![
        format!("corrupt/{torn}.json"),
        format!("corrupt/{torn}.marker"),
        format!("corrupt/{other}.json"),
        format!("corrupt/{link}.json"),
        "corrupt/notes.txt".to_owned(),
    ];
    expected.sort();
    assert_eq!(corrupt, expected);
    assert_eq!(fs::read_to_string(dir.path().join("elsewhere")).unwrap(), "{}");
    assert_eq!(spool.first("file.a"), Some(whole));
}

#[test]
fn an_unseen_marker_becomes_a_report_of_the_same_name() {
    let (_dir, spool) = empty();
    let _lock = spool.lock().unwrap();
    let id = spool.leave_marker(1);
    let lines = said(|say| {
        assert_eq!(spool.adopt_unseen(say).unwrap(), Taken { taken: 1, left: 0 });
    });
    assert_eq!(lines, [""; 0]);
    assert_eq!(spool.files(), [format!("new/{id}.json")]);
    let (report, _) = spool.read_report("new", id).unwrap();
    assert_eq!(report.verdict.kind, VerdictKind::Unseen);
    assert_eq!(report.time, marker(1).report_time());
}

#[test]
fn an_unseen_marker_whose_report_is_there_is_only_removed() {
    for place in ["new", "archive"] {
        let (_dir, spool) = empty();
        let _lock = spool.lock().unwrap();
        let id = spool.leave_report(1);
        if place == "archive" {
            spool.archive(&[id]).unwrap();
        }
        let before = fs::read(spool.report_path(place, id)).unwrap();
        spool.leave_marker(1);
        said(|say| assert_eq!(spool.adopt_unseen(say).unwrap().left, 0));
        assert_eq!(spool.files(), [format!("{place}/{id}.json")]);
        assert_eq!(fs::read(spool.report_path(place, id)).unwrap(), before);
    }
}

#[test]
fn a_torn_report_does_not_cost_the_marker_that_can_replace_it() {
    let (_dir, spool) = empty();
    let _lock = spool.lock().unwrap();
    let id = spool.leave_marker(1);
    spool.leave("new", &format!("{id}.json"), b"");
    said(|say| assert_eq!(spool.adopt_unseen(say).unwrap().left, 0));
    assert_eq!(spool.files(), [format!("new/{id}.json")]);
    assert!(spool.read_report("new", id).is_ok());
}

#[test]
fn one_notifier_at_a_time() {
    let (_dir, spool) = empty();
    let held = spool.lock().unwrap();
    assert!(held.is_some());
    assert!(spool.lock().unwrap().is_none());
    drop(held);
    assert!(spool.lock().unwrap().is_some());
}

#[test]
fn only_old_leftovers_are_removed() {
    let (_dir, spool) = empty();
    let _lock = spool.lock().unwrap();
    fs::write(spool.dir.join("tmp/half"), "{").unwrap();
    fs::create_dir_all(spool.dir.join("tmp/odd")).unwrap();
    let in_minutes =
        |minutes: i64| Timestamp::from_micros(sys::now().micros() + minutes * 60_000_000);
    said(|say| spool.remove_leftovers(in_minutes(-600), say).unwrap());
    said(|say| spool.remove_leftovers(in_minutes(59), say).unwrap());
    assert_eq!(spool.files(), ["tmp/half"]);
    let lines = said(|say| spool.remove_leftovers(in_minutes(61), say).unwrap());
    assert_eq!(spool.files(), [""; 0]);
    assert!(lines.len() == 1 && lines[0].contains("tmp/odd"), "{lines:?}");
}

#[test]
fn arrivals_are_reports_and_markers_and_nothing_else() {
    let (_dir, spool) = empty();
    let has = || (spool.has_new().unwrap(), spool.has_unseen().unwrap());
    assert_eq!(has(), (false, false), "a host without a spool");
    spool.leave("new", "notes.txt", b"hello");
    spool.leave("unseen", "notes.txt", b"hello");
    assert_eq!(has(), (false, false));
    spool.leave_marker(1);
    assert_eq!(has(), (false, true));
    spool.leave_report(1);
    assert_eq!(has(), (true, true));
}
