use std::time::Duration;

use super::Area::{Archive, Corrupt, Dead, New};
use super::*;
use crate::sinks::Period;
use crate::spool::{KeepFree, Size};

const NOW: Timestamp = Timestamp::from_micros(1_795_300_000_000_000);

/// Limits of which none is passed.
fn wide() -> Limits {
    Limits {
        max_reports: 1_000,
        max_bytes: Size(1 << 30),
        max_age: Period(Duration::from_secs(1_000_000)),
        keep_free: KeepFree::Bytes(Size(1)),
    }
}

/// A file of `bytes` bytes, `age` seconds old; it is called `owner.age`.
fn held(area: Area, owner: &str, age: i64, bytes: u64) -> Held {
    Held {
        path: format!("{owner}.{age}").into(),
        area,
        owner: owner.to_owned(),
        time: Timestamp::from_micros(NOW.micros() - age * 1_000_000),
        bytes,
        protected: false,
    }
}

fn protected(held: Held) -> Held {
    Held { protected: true, ..held }
}

/// `count` reports of 10 bytes each; the first is `count` seconds old, the last one second.
fn archived(owner: &str, count: i64) -> Vec<Held> {
    (1..=count).rev().map(|age| held(Archive, owner, age, 10)).collect()
}

/// The names of what goes, in its order.
#[track_caller]
fn going(files: &[Held], limits: &Limits, free: u64) -> Vec<String> {
    let volume = Volume { total_bytes: 100_000, available_bytes: free };
    let going = surplus(files, limits, NOW, Some(volume));
    let distinct: BTreeSet<_> = going.iter().map(|(file, _)| &file.path).collect();
    assert_eq!(distinct.len(), going.len(), "something goes twice");
    going.iter().map(|(file, _)| file.path.display().to_string()).collect()
}

const PLENTY: u64 = 50_000;

#[test]
fn nothing_goes_while_every_limit_is_kept() {
    let limits = Limits { max_reports: 10, max_bytes: Size(100), ..wide() };
    assert_eq!(going(&archived("a", 10), &limits, PLENTY), [""; 0]);
    assert_eq!(going(&[], &limits, 0), [""; 0]);
}

#[test]
fn of_the_job_that_keeps_most_bytes_the_oldest_goes_and_again() {
    let files = [
        held(Archive, "small", 90, 1),
        held(Archive, "big", 80, 50),
        held(Archive, "big", 70, 30),
        held(Archive, "big", 60, 30),
        held(Archive, "middle", 50, 40),
        held(Archive, "middle", 40, 40),
        held(Archive, "small", 30, 1),
    ];
    for (max_bytes, expected) in [
        // 192 are there.
        (192, &[][..]),
        (191, &["big.80"]),
        (150, &["big.80", "middle.50"]),
        (100, &["big.80", "middle.50", "big.70"]),
        (50, &["big.80", "middle.50", "big.70", "middle.40"]),
        (10, &["big.80", "middle.50", "big.70", "middle.40", "big.60"]),
        (1, &["big.80", "middle.50", "big.70", "middle.40", "big.60", "small.90"]),
    ] {
        let limits = Limits { max_bytes: Size(max_bytes), ..wide() };
        assert_eq!(going(&files, &limits, PLENTY), expected, "max_bytes {max_bytes}");
    }
}

#[test]
fn a_passed_limit_is_kept_with_a_tenth_to_spare() {
    let files = archived("a", 101);
    for (limits, free, count) in [
        (Limits { max_reports: 100, ..wide() }, PLENTY, 11),
        (Limits { max_reports: 101, ..wide() }, PLENTY, 0),
        (Limits { max_reports: 1, ..wide() }, PLENTY, 100),
        (Limits { max_bytes: Size(1_000), ..wide() }, PLENTY, 11),
        // 5000 are to be free: 4900 are, 5500 are wanted.
        (Limits { keep_free: KeepFree::Percent(5), ..wide() }, 4_900, 60),
        (Limits { keep_free: KeepFree::Percent(5), ..wide() }, 5_000, 0),
        (Limits { keep_free: KeepFree::Bytes(Size(400)), ..wide() }, 399, 5),
        // The limit that needs most decides.
        (Limits { max_reports: 100, max_bytes: Size(500), ..wide() }, PLENTY, 56),
    ] {
        let going = going(&files, &limits, free);
        assert_eq!(going.len(), count, "{limits:?}, {free} free");
        assert!(going.first().is_none_or(|first| first == "a.101"), "the oldest first");
    }
}

#[test]
fn what_is_not_a_report_goes_first_and_what_was_not_taken_last() {
    let files = [
        held(New, "a", 99, 10),
        held(New, "a", 98, 10),
        held(New, "a", 97, 10),
        held(New, "b", 96, 10),
        held(Archive, "a", 95, 10),
        held(Archive, "b", 5, 90),
        held(Dead, "dead/x", 4, 10),
        held(Dead, "dead/y", 6, 10),
        held(Corrupt, "corrupt", 3, 10),
        held(Corrupt, "corrupt", 2, 10),
    ];
    let order = ["corrupt.3", "corrupt.2", "dead/y.6", "dead/x.4", "b.5", "a.95", "a.98", "a.97"];
    for max_reports in [9, 6, 4, 1] {
        let going = going(&files, &Limits { max_reports, ..wide() }, PLENTY);
        let count = 10_usize.saturating_sub(max_reports as usize).min(order.len());
        assert_eq!(going, order[..count], "max_reports {max_reports}");
    }
    // The first of each job in new/ stays, whatever is asked.
    let limits = Limits { max_bytes: Size(1), max_age: Period(Duration::from_secs(1)), ..wide() };
    let mut gone = going(&files, &limits, 0);
    gone.sort();
    let mut all = order.map(str::to_owned);
    all.sort();
    assert_eq!(gone, all);
}

#[test]
fn what_is_protected_stays_and_counts() {
    let mut files: Vec<_> = archived("a", 30);
    files[0].protected = true;
    files[29].protected = true;
    files.extend(archived("b", 10).into_iter().map(protected));
    for (limits, count) in [
        (Limits { max_reports: 39, ..wide() }, 4),
        (Limits { max_reports: 5, ..wide() }, 28),
        (Limits { max_age: Period(Duration::from_secs(20)), ..wide() }, 9),
        (Limits { max_age: Period(Duration::from_secs(0)), ..wide() }, 28),
    ] {
        let going = going(&files, &limits, PLENTY);
        assert_eq!(going.len(), count, "{limits:?}");
        let stays = |name: &str| ["a.30", "a.1"].contains(&name) || name.starts_with('b');
        assert!(!going.iter().any(|name| stays(name)), "{going:?}");
    }
}

#[test]
fn the_protected_reports_of_a_job_make_it_the_worst() {
    let files = [
        protected(held(Archive, "a", 9, 90)),
        held(Archive, "a", 2, 10),
        held(Archive, "b", 8, 50),
        held(Archive, "b", 7, 10),
    ];
    let limits = Limits { max_bytes: Size(159), ..wide() };
    assert_eq!(going(&files, &limits, PLENTY), ["a.2", "b.8"]);
}

#[test]
fn age_comes_first_and_spares_the_rest() {
    let mut files = archived("a", 20);
    files.extend([held(Archive, "b", 500, 10), held(Corrupt, "corrupt", 400, 10)]);
    files.push(held(Dead, "dead/x", 300, 10));
    let limits = Limits { max_reports: 20, max_age: Period(Duration::from_secs(299)), ..wide() };
    assert_eq!(going(&files, &limits, PLENTY), ["b.500", "corrupt.400", "dead/x.300"]);
    let volume = None;
    let limits_passed: BTreeSet<_> =
        surplus(&files, &Limits { max_reports: 10, ..limits }, NOW, volume)
            .into_iter()
            .map(|(_, limit)| limit)
            .collect();
    assert_eq!(limits_passed, BTreeSet::from([Limit::Age, Limit::Reports]));
}

#[test]
fn others_who_fill_the_disk_never_take_the_newest() {
    let mut files = archived("a", 30);
    files.extend(archived("b", 3));
    let limits = Limits { keep_free: KeepFree::Percent(5), ..wide() };
    let gone = going(&files, &limits, 0);
    assert_eq!(gone.len(), 33 - STAY);
    assert!(!gone.iter().any(|name| name.starts_with('b') || name == "a.13"), "{gone:?}");
    assert!(going(&archived("a", STAY as i64), &limits, 0).is_empty());
    // The operator's own limits do.
    assert_eq!(going(&files, &Limits { max_reports: 3, ..limits }, 0).len(), 30);
}

#[test]
fn a_file_that_claims_to_be_endless_goes_and_not_the_rest() {
    let mut files = archived("a", 5);
    files.push(held(Corrupt, "corrupt", 9, u64::MAX));
    assert_eq!(going(&files, &wide(), PLENTY), ["corrupt.9"]);
}

#[test]
fn a_clock_that_was_set_back_makes_nothing_old() {
    let files = [held(Archive, "a", -5_000_000, 10), held(Corrupt, "corrupt", -1, 10)];
    assert_eq!(going(&files, &wide(), PLENTY), [""; 0]);
}
