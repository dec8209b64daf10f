//! For unit tests: a spool of their own, and what hooks leave in one.

use std::fs;

use tempfile::TempDir;

use super::{Say, Spool, Step, Taken};
use crate::id::{ReportId, RunId};
use crate::marker::{Content, Instant, kept};
use crate::notice::Notice;
use crate::report::CrashReport;
use crate::snapshot::Host;
use crate::supervisor::Supervisor;
use crate::time::Timestamp;

/// A spool that lasts as long as its directory.
pub(crate) fn empty() -> (TempDir, Spool) {
    let dir = tempfile::tempdir().unwrap();
    let spool = Spool::at(dir.path().join("spool"));
    (dir, spool)
}

/// The marker of run `number`, found `number` seconds after some instant: later ones sort later.
pub(crate) fn marker(number: u16) -> Content {
    let micros = 1_795_232_537_000_000 + i64::from(number) * 1_000_000;
    let [high, low] = number.to_be_bytes();
    Content {
        supervisor: Supervisor::Upstart,
        job: kept(b"nginx"),
        instance: kept(b""),
        run: RunId([1, 2, 3, 4, 5, 6, 7, 8, high, low]),
        boot: None,
        started: Instant { wall: Timestamp::from_micros(micros - 60_000_000), boot_micros: 0 },
        log: None,
        supervise: None,
        ended: None,
        found: Some(Instant { wall: Timestamp::from_micros(micros), boot_micros: 60_000_000 }),
    }
}

/// The name of the report on run `number`.
pub(crate) fn id(number: u16) -> ReportId {
    marker(number).report_id()
}

impl Spool {
    /// Leaves a report as post-stop does.
    pub(crate) fn leave_report(&self, number: u16) -> ReportId {
        let report = CrashReport::of_unseen(&marker(number), Host::here());
        self.leave("new", &format!("{}.json", report.id), &serde_json::to_vec(&report).unwrap());
        report.id
    }

    /// Leaves a marker as pre-start does.
    pub(crate) fn leave_marker(&self, number: u16) -> ReportId {
        let marker = marker(number);
        let id = marker.report_id();
        self.leave("unseen", &format!("{id}.marker"), &marker.write().unwrap());
        id
    }

    /// Takes everything, for `sinks` that are told of each report by itself.
    pub(crate) fn take_all(&self, sinks: &[&str], now: Timestamp, say: Say<'_>) -> Taken {
        let mut taken = Vec::new();
        let count = self.for_each_new(&|_| false, say, |report| {
            taken.push(report.id);
            Ok(Step::GoOn)
        });
        sinks.iter().for_each(|sink| self.enqueue(sink, &taken, now).unwrap());
        self.archive(&taken).unwrap();
        count.unwrap()
    }

    /// The notices that were given up for `sink`.
    pub(crate) fn given_up(&self, sink: &str) -> Vec<Notice> {
        let names = super::disk::names(&self.dir.join("dead").join(sink)).unwrap();
        let ids = super::store::ids_of(&names, ".json");
        let record = |id| self.read_record("dead", sink, id, Timestamp::from_micros(0)).unwrap();
        ids.filter_map(|id| record(id).notice).collect()
    }

    /// The first notice that `sink` is owed.
    pub(crate) fn first(&self, sink: &str) -> Option<ReportId> {
        self.owed(sink).unwrap().first().copied()
    }

    /// Puts a file into `place`, in one step.
    pub(crate) fn leave(&self, place: &str, name: &str, content: &[u8]) {
        let (tmp, place) = (self.dir.join("tmp"), self.dir.join(place));
        fs::create_dir_all(&tmp).unwrap();
        fs::create_dir_all(&place).unwrap();
        fs::write(tmp.join(name), content).unwrap();
        fs::rename(tmp.join(name), place.join(name)).unwrap();
    }

    /// The paths of all files below the spool, sorted: all that hold reports, notices, markers.
    pub(crate) fn files(&self) -> Vec<String> {
        let mut files = Vec::new();
        let mut directories = vec![self.dir.clone()];
        while let Some(directory) = directories.pop() {
            for item in fs::read_dir(directory).unwrap() {
                let path = item.unwrap().path();
                if path.is_dir() {
                    directories.push(path);
                } else if !path.ends_with("lock") && !path.starts_with(self.dir.join("incidents")) {
                    let below = path.strip_prefix(&self.dir).unwrap();
                    files.push(below.to_str().unwrap().to_owned());
                }
            }
        }
        files.sort();
        files
    }
}
