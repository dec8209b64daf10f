use std::fmt;
use std::sync::Mutex;
use std::time::Duration;

use super::*;
use crate::notice::Notice;
use crate::sinks::Period;
use crate::spool::testing::{empty, id};
use crate::spool::{KeepFree, Record, Size};
use crate::sys;

/// Limits of which only that of the reports' number can be passed.
fn at_most(max_reports: u64) -> Limits {
    Limits {
        max_reports,
        max_bytes: Size(u64::MAX),
        max_age: Period(Duration::MAX),
        keep_free: KeepFree::Percent(0),
    }
}

/// A spool with reports `1..=count` in `new/`.
fn spool_with(count: u16) -> (tempfile::TempDir, Spool) {
    let (dir, spool) = empty();
    drop(spool.lock().unwrap());
    for number in 1..=count {
        spool.leave_report(number);
    }
    (dir, spool)
}

/// The same, taken for `file.a`.
fn spool_with_taken(count: u16) -> (tempfile::TempDir, Spool) {
    let (dir, spool) = spool_with(count);
    spool.take_all(&["file.a"], sys::now(), &|_| ());
    (dir, spool)
}

/// Prunes; what was said, and which reports in `new/` were told of.
fn prune(
    spool: &Spool,
    limits: &Limits,
    protected: &BTreeSet<ReportId>,
) -> (Pruned, Vec<String>, Vec<ReportId>) {
    let lines = Mutex::new(Vec::new());
    let say = |line: fmt::Arguments<'_>| lines.lock().unwrap().push(line.to_string());
    let mut told = Vec::new();
    let mut tell = |report: &CrashReport| {
        told.push(report.id);
        Ok(())
    };
    let pruned = spool.prune(limits, protected, sys::now(), &mut tell, &say).unwrap();
    (pruned, lines.into_inner().unwrap(), told)
}

#[test]
fn what_is_dropped_is_counted_and_said() {
    let (_dir, spool) = spool_with_taken(20);
    for number in [1, 3] {
        assert!(spool.undelivered(sys::now()).unwrap().contains(&id(number)));
    }
    for number in (1..=20).filter(|number| ![1, 3].contains(number)) {
        spool.delivered("file.a", id(number)).unwrap();
    }
    let (pruned, said, told) = prune(&spool, &at_most(10), &spool.undelivered(sys::now()).unwrap());
    let key = spool.taken_report(id(20)).unwrap().key;
    let (oldest, newest) = (id(2).time(), id(13).time());
    let (limit, owner, reports) = (Limit::Reports, key.clone(), true);
    assert_eq!(pruned.0, [Drops { limit, owner, reports, count: 11, oldest, newest }]);
    let line = format!(
        "the spool is over max_reports: dropped 11 reports on {key}, the oldest of {oldest}, the \
         newest of {newest}"
    );
    assert_eq!((said, told), (vec![line], vec![]));
    let left: BTreeSet<_> = [1, 3].into_iter().chain(14..=20).map(id).collect();
    assert_eq!(spool.ids().unwrap(), left);
    assert_eq!(prune(&spool, &at_most(10), &BTreeSet::new()), Default::default(), "and no more");
}

#[test]
fn reports_that_were_not_taken_are_told_of_before_they_go() {
    let (_dir, spool) = spool_with(5);
    spool.leave("new", &format!("{}.json", id(3)), b"{");
    let (pruned, said, told) = prune(&spool, &at_most(3), &BTreeSet::new());
    assert_eq!(told, [2, 4].map(id));
    assert_eq!((pruned.0.len(), said.len()), (1, 1), "{said:?}");
    // The torn one is the first of a job of its own, as far as anybody knows.
    assert_eq!(spool.waiting().unwrap(), [1, 3, 5].map(id));
}

#[test]
fn one_that_cannot_be_told_of_stays() {
    let (_dir, spool) = spool_with(5);
    let mut first = true;
    let mut tell = |_: &CrashReport| match std::mem::take(&mut first) {
        true => Ok(()),
        false => Err(SpoolError::at("count", Path::new("x"))(ErrorKind::StorageFull.into())),
    };
    let lines = Mutex::new(Vec::new());
    let say = |line: fmt::Arguments<'_>| lines.lock().unwrap().push(line.to_string());
    let nobody = BTreeSet::new();
    let error = spool.prune(&at_most(2), &nobody, sys::now(), &mut tell, &say).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StorageFull);
    assert_eq!(spool.waiting().unwrap(), [1, 3, 4, 5].map(id));
    assert!(
        lines.into_inner().unwrap()[0].contains("dropped 1 report on "),
        "what is gone is said"
    );
}

#[test]
fn other_files_are_bounded_too_and_foreign_ones_left_alone() {
    let (_dir, spool) = spool_with_taken(2);
    spool.leave("dead/slack.ops", &format!("{}.json", id(1)), b"{}");
    spool.leave("corrupt", "torn.json", b"{");
    spool.leave("archive", "README", b"");
    std::fs::create_dir(spool.dir.join("corrupt/directory")).unwrap();
    std::os::unix::fs::symlink("/", spool.dir.join("corrupt/link")).unwrap();
    std::fs::write(spool.dir.join("dead/stray"), "").unwrap();
    let (pruned, said, _) = prune(&spool, &at_most(2), &BTreeSet::new());
    let owners: Vec<_> = pruned.0.iter().map(|drops| (&*drops.owner, drops.count)).collect();
    assert_eq!(owners, [("corrupt", 2), ("dead/slack.ops", 1)]);
    assert!(said[0].starts_with("the spool is over max_reports: dropped 2 files in corrupt, "));
    assert_eq!(spool.ids().unwrap().len(), 2);
    assert!(spool.files().contains(&"archive/README".to_owned()));
}

#[test]
fn each_limit_is_named() {
    let far = Limits { max_age: Period(Duration::from_secs(1)), ..at_most(100) };
    let narrow = Limits { max_bytes: Size(1), ..at_most(100) };
    for (limits, begins) in [
        (far, "older than max_age: dropped 3 reports on "),
        (narrow, "the spool is over max_bytes: dropped 3 reports on "),
    ] {
        let (_dir, spool) = spool_with_taken(3);
        let much_later = Timestamp::from_micros(id(3).time().micros() + 10_000_000);
        let lines = Mutex::new(Vec::new());
        let say = |line: fmt::Arguments<'_>| lines.lock().unwrap().push(line.to_string());
        spool.prune(&limits, &BTreeSet::new(), much_later, &mut |_| Ok(()), &say).unwrap();
        let lines = lines.into_inner().unwrap();
        assert!(lines.len() == 1 && lines[0].starts_with(begins), "{lines:?}");
    }
}

#[test]
fn a_spool_that_is_missing_is_within_bounds() {
    let (_dir, spool) = empty();
    assert_eq!(prune(&spool, &at_most(1), &BTreeSet::new()), Default::default());
}

#[test]
fn the_report_that_a_notice_shows_is_undelivered() {
    let (_dir, spool) = spool_with_taken(3);
    for number in [1, 2, 3] {
        spool.delivered("file.a", id(number)).unwrap();
    }
    let report = spool.taken_report(id(2)).unwrap();
    let notice = Notice { id: id(9), ..Notice::of(&report) };
    spool.keep("file.a", id(9), &Record::of(notice, Vec::new(), sys::now())).unwrap();
    assert_eq!(spool.undelivered(sys::now()).unwrap(), BTreeSet::from([id(2), id(9)]));
}

#[test]
fn the_report_of_a_draft_is_undelivered() {
    let (_dir, spool) = spool_with_taken(3);
    for number in [1, 2, 3] {
        spool.delivered("file.a", id(number)).unwrap();
    }
    let report = spool.taken_report(id(2)).unwrap();
    let notice = Notice { id: id(9), ..Notice::of(&report) };
    spool.put_draft("file.a", id(9), &Record::of(notice, Vec::new(), sys::now())).unwrap();
    spool.leave("queue/file.a", &format!("{}.draft", id(8)), b"{");
    let undelivered = spool.undelivered(sys::now()).unwrap();
    assert_eq!(undelivered, BTreeSet::from([id(2), id(9)]));
    prune(&spool, &at_most(1), &undelivered);
    assert!(spool.ids().unwrap().contains(&id(2)), "it is still to be sent");
    assert_eq!(spool.drafts(&mut Vec::new()).unwrap().len(), 1, "and looking moved nothing");
}

#[test]
fn of_what_was_to_go_that_is_told_which_went() {
    let (_dir, spool) = spool_with_taken(3);
    let asked = Surplus { older_than_seconds: Some(0), jobs: Vec::new() };
    let going = spool.surplus(&asked, None, &BTreeSet::from([id(1)]), sys::now()).unwrap();
    assert_eq!((going.all().0[0].count, going.gone()), (2, Pruned::default()));
    fs::remove_file(spool.report_path("archive", id(3))).unwrap();
    let gone = going.gone().0;
    assert_eq!((gone.len(), gone[0].count, gone[0].oldest), (1, 1, id(3).time()));
}
