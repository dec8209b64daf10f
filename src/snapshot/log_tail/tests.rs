use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

use proptest::prelude::*;

use super::*;

/// When the run of these tests began.
const BEGAN_SECONDS: u64 = 1_795_232_000;

/// A directory with a log `a.log` and what its rotation left.
struct Logs(tempfile::TempDir);

impl Logs {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, end: &str) -> PathBuf {
        self.0.path().join(format!("a.log{end}"))
    }

    /// A file that was last written to some seconds after the run began, or before.
    fn with(self, end: &str, content: &str, after: i64) -> Self {
        fs::write(self.path(end), content).unwrap();
        let began = UNIX_EPOCH + Duration::from_secs(BEGAN_SECONDS);
        let age = Duration::from_secs(after.unsigned_abs());
        let modified = if after < 0 { began - age } else { began + age };
        File::options().write(true).open(self.path(end)).unwrap().set_modified(modified).unwrap();
        self
    }

    /// The run that began when the log was the file that is now called so, with `size` bytes.
    fn run(&self, end: &str, size: u64) -> Option<RunStart> {
        let stat = fs::metadata(self.path(end)).unwrap();
        start(LogStart { device: stat.dev(), inode: stat.ino(), size })
    }

    fn tail(&self, run: Option<RunStart>, bounds: Bounds) -> Found {
        let path = CPath::concat([self.path("").to_str().unwrap().as_bytes()]).unwrap();
        tail(&path, run, bounds)
    }

    /// The lines, and what is missing, without the directory.
    fn told(&self, run: Option<RunStart>) -> (String, String) {
        let Found { tail, missing } = self.tail(run, Bounds::JOB);
        let lines = tail.map(|tail| tail.lines.join(" ")).unwrap_or_default();
        let directory = format!("{}/", self.0.path().display());
        (lines, missing.unwrap_or_default().replace(&directory, ""))
    }
}

fn start(log: LogStart) -> Option<RunStart> {
    let at = Timestamp::from_micros(i64::try_from(BEGAN_SECONDS).unwrap() * 1_000_000);
    Some(RunStart { log, at })
}

/// Of a file that is no longer there.
const GONE: LogStart = LogStart { device: 1, inode: 1, size: 4 };

#[test]
fn of_this_run_wherever_a_rotation_put_it() {
    const NOTHING: &str = "a.log has nothing: the job wrote nothing, or has `console none`";
    const IS_GONE: &str = "a.log: what this run wrote before it was emptied or removed is gone";
    let logs = Logs::new;
    let table = [
        ("nothing at all", logs(), None, "", NOTHING),
        (
            "no rotation",
            logs().with("", "old\nnew\n", 9).with(".1", "older\n", -9),
            Some(("", 4)),
            "new",
            "",
        ),
        ("nothing written", logs().with("", "old\n", -1), Some(("", 4)), "", ""),
        (
            "moved, and written to under its new name",
            logs().with(".1", "old\nnew\n", 9),
            Some((".1", 4)),
            "new",
            "",
        ),
        (
            "moved, and an empty one made in its place",
            logs().with(".1", "old\nnew\n", 9).with("", "", 8),
            Some((".1", 4)),
            "new",
            "",
        ),
        (
            "both files, and a line that was written into both",
            logs().with(".1", "old\nnew\nhal", 8).with("", "f\nnewer\n", 9),
            Some((".1", 4)),
            "new half newer",
            "",
        ),
        (
            "several rotations",
            logs()
                .with(".3", "old\none\n", 5)
                .with(".2", "two\n", 6)
                .with(".1", "three\n", 7)
                .with("", "four\n", 8),
            Some((".3", 4)),
            "one two three four",
            "",
        ),
        (
            "emptied and copied (copytruncate)",
            logs().with(".1", "old\none\n", 5).with("", "two", 9),
            Some(("", 4)),
            "one two",
            "",
        ),
        (
            "emptied and copied, and longer by now than it was",
            logs().with(".1", "old\none\n", 5).with("", "two\nthree\n", 9),
            Some(("", 4)),
            "one two three",
            "",
        ),
        (
            "made anew with the number of the compressed one",
            logs().with(".1.gz", "packed", 5).with("", "new\nnewer\n", 9),
            Some(("", 4)),
            "new newer",
            "a.log.1.gz is compressed: not read",
        ),
        (
            "emptied and copied twice",
            logs().with(".2", "old\none\n", 5).with(".1", "two\n", 6).with("", "new", 9),
            Some(("", 4)),
            "one two new",
            "",
        ),
        (
            "emptied, and the copy compressed",
            logs().with(".1.gz", "packed", 5).with("", "two", 9),
            Some(("", 4)),
            "two",
            "a.log.1.gz is compressed: not read",
        ),
        (
            "emptied by hand",
            logs().with("", "two", 9).with(".1", "of an earlier run\n", -9),
            Some(("", 4)),
            "two",
            IS_GONE,
        ),
    ];
    for (what, logs, run, lines, missing) in table {
        let run = match run {
            Some((end, size)) => logs.run(end, size),
            None => start(LogStart::NONE),
        };
        assert_eq!(logs.told(run), (lines.to_owned(), missing.to_owned()), "{what}");
    }

    let table = [
        (
            "compressed",
            logs().with(".1.gz", "packed", 5).with("", "new\n", 9),
            GONE,
            "new",
            "a.log.1.gz is compressed: not read",
        ),
        (
            "compressed one rotation later",
            logs().with(".2.xz", "packed", 5).with(".1", "one\n", 7).with("", "new\n", 9),
            GONE,
            "one new",
            "a.log.2.xz is compressed: not read",
        ),
        (
            "compressed, and this run had not written to it",
            logs().with(".1.gz", "packed", -5).with("", "new\n", 9),
            GONE,
            "new",
            "",
        ),
        ("removed", logs().with("", "new\n", 9), GONE, "new", IS_GONE),
        ("removed, and nothing new", logs(), GONE, "", IS_GONE),
        ("moved elsewhere", logs().with(".1", "of an earlier run\n", -5), GONE, "", IS_GONE),
        (
            "made by this run",
            logs().with("", "all\n", 9).with(".1", "of an earlier run\n", -5),
            LogStart::NONE,
            "all",
            "",
        ),
        ("made by this run, and moved", logs().with(".1", "all\n", 9), LogStart::NONE, "all", ""),
        (
            "only an earlier run's",
            logs().with(".1", "of an earlier run\n", -5),
            LogStart::NONE,
            "",
            NOTHING,
        ),
    ];
    for (what, logs, log, lines, missing) in table {
        assert_eq!(logs.told(start(log)), (lines.to_owned(), missing.to_owned()), "{what}");
    }
}

#[test]
fn where_nobody_noted_the_start_runs_are_not_told_apart() {
    let logs = Logs::new().with("", "old\nnew\n", 9).with(".1", "older\n", 8);
    let tail = logs.tail(None, Bounds::JOB).tail.unwrap();
    assert_eq!(tail.lines, ["old", "new"]);
    assert_eq!((tail.this_run_only, tail.bytes), (false, 8));
    assert!(logs.tail(logs.run("", 4), Bounds::JOB).tail.unwrap().this_run_only);
    // Just rotated: where the job writes now.
    assert_eq!(Logs::new().with(".1", "old\n", 9).told(None).0, "old");
    assert_eq!(Logs::new().with(".1", "old\n", 9).with("", "", 9).told(None).0, "old");
}

#[test]
fn what_is_missing_is_not_told_where_it_would_not_be_shown() {
    let logs = Logs::new().with(".1.gz", "packed", 5).with("", "one\ntwo\nthree\n", 9);
    let found = logs.tail(start(GONE), Bounds { lines: 2, ..Bounds::JOB });
    assert_eq!(found.missing, None);
    let tail = found.tail.unwrap();
    assert_eq!(
        (tail.lines, tail.truncated, tail.bytes),
        (vec!["two".into(), "three".into()], true, 14)
    );
}

#[test]
fn the_end_of_a_sparse_file_of_gigabytes_is_its_end() {
    let logs = Logs::new().with("", "", 9);
    let file = File::options().write(true).open(logs.path("")).unwrap();
    file.set_len(10 << 30).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, b"\nlast words\n", 10 << 30).unwrap();
    drop(file);
    let tail = logs.tail(logs.run("", 0), Bounds::JOB).tail.unwrap();
    let zeros = 64 * 1024 - 12;
    assert_eq!(tail.lines, [format!("[... more than {zeros} bytes ...]"), "last words".to_owned()]);
    assert_eq!((tail.truncated, tail.bytes), (true, (10 << 30) + 12));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn however_it_is_cut_into_files_it_is_the_same(
        text in "[a-c\n\r\u{2603}]{0,60}",
        cuts in [0_usize..99, 0..99],
        bounds in (0_usize..9, 1_usize..40),
    ) {
        let bounds = Bounds { lines: bounds.0, bytes: bounds.1 };
        let whole = Logs::new().with("", &format!("old\n{text}"), 9);
        let mut cuts = cuts.map(|cut| text.floor_char_boundary(cut));
        cuts.sort_unstable();
        let (one, rest) = text.split_at(cuts[0]);
        let (two, three) = rest.split_at(cuts[1] - cuts[0]);
        let cut = Logs::new().with(".2", &format!("old\n{one}"), 7).with(".1", two, 8).with("", three, 9);
        let lines = |logs: &Logs, end| {
            let tail = logs.tail(logs.run(end, 4), bounds).tail.unwrap();
            (tail.lines, tail.bytes, tail.truncated)
        };
        prop_assert_eq!(lines(&cut, ".2"), lines(&whole, ""));
    }
}
