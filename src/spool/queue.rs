//! The notifier's way out: what each sink is owed. One worker a sink, so one writer a directory.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::PathBuf;

use super::disk::{self, SpoolError};
use super::record::Record;
use super::store::{Spool, ids_of, json_line};
use crate::id::ReportId;
use crate::report::CrashReport;
use crate::time::Timestamp;

/// A notice that a sink does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undelivered {
    /// Its name.
    pub id: ReportId,
    /// How its delivery stands.
    pub record: Record,
    /// Whether it was given up.
    pub is_dead: bool,
}

impl Spool {
    /// All that `sink` does not have: what it is owed, and what was given up for it, each in the
    /// order of the ids. Read without the lock, and without changing anything; what is settled
    /// meanwhile may be missing.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn undelivered_to(
        &self,
        sink: &str,
        now: Timestamp,
    ) -> Result<Vec<Undelivered>, SpoolError> {
        let mut undelivered = Vec::new();
        for (place, is_dead) in [("queue", false), ("dead", true)] {
            for id in ids_of(&disk::names(&self.dir.join(place).join(sink))?, ".json") {
                match self.read_record(place, sink, id, now) {
                    Ok(record) => undelivered.push(Undelivered { id, record, is_dead }),
                    Err(error) if error.kind() == ErrorKind::NotFound => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(undelivered)
    }

    /// The names of all sinks that ever were owed something, or that something was given up for.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn sinks(&self) -> Result<BTreeSet<String>, SpoolError> {
        let mut sinks = BTreeSet::from_iter(self.queues()?);
        let dead = disk::names(&self.dir.join("dead"))?.into_iter();
        sinks.extend(dead.filter_map(|name| name.into_string().ok()));
        Ok(sinks)
    }

    /// The notices that `sink` is owed, in the order of their ids; none where it has everything.
    ///
    /// A record whose report is still being taken does not count yet.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn owed(&self, sink: &str) -> Result<Vec<ReportId>, SpoolError> {
        let names = disk::names(&self.queue(sink))?;
        Ok(ids_of(&names, ".json").filter(|id| !self.is_new(*id)).collect())
    }

    /// Whether `sink` is owed a notice.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn owes(&self, sink: &str) -> Result<bool, SpoolError> {
        let names = disk::names(&self.queue(sink))?;
        Ok(ids_of(&names, ".json").any(|id| !self.is_new(id)))
    }

    /// How the delivery of notice `id` to `sink` stands; fresh at `now` where the record was torn.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn record(&self, sink: &str, id: ReportId, now: Timestamp) -> Result<Record, SpoolError> {
        self.read_record("queue", sink, id, now)
    }

    pub(super) fn read_record(
        &self,
        place: &str,
        sink: &str,
        id: ReportId,
        now: Timestamp,
    ) -> Result<Record, SpoolError> {
        let path = self.record_path(place, sink, id);
        match disk::read(&path) {
            Ok(json) => Ok(Record::parse(&json, now)),
            Err(error) if error.kind() == ErrorKind::InvalidData => Ok(Record::fresh(now)),
            Err(error) => Err(SpoolError::at("read", &path)(error)),
        }
    }

    /// The taken report named `id`.
    ///
    /// # Errors
    /// `InvalidData` where it is none any more; else what the kernel says.
    pub fn taken_report(&self, id: ReportId) -> Result<CrashReport, SpoolError> {
        self.read_report("archive", id).map(|(report, _)| report)
    }

    /// Writes down how the delivery of report `id` to `sink` stands.
    ///
    /// # Errors
    /// What the kernel says; then the earlier record is still there.
    pub fn keep(&self, sink: &str, id: ReportId, record: &Record) -> Result<(), SpoolError> {
        let path = self.record_path("queue", sink, id);
        disk::write(&self.beside(sink, &id.to_string()), &path, &json_line(record, &path)?)
    }

    /// `sink` has report `id`: it is owed no more.
    ///
    /// # Errors
    /// What the kernel says; then it is still owed.
    pub fn delivered(&self, sink: &str, id: ReportId) -> Result<(), SpoolError> {
        disk::remove(&self.record_path("queue", sink, id))
    }

    /// Gives report `id` up for `sink`, with the reason in `record`, which is written first: killed
    /// in between, the next notifier finds it in the queue and moves it. A disk that is full keeps
    /// the reason from being written, not the record from being moved.
    ///
    /// # Errors
    /// What the kernel says; then it is still owed.
    pub fn give_up(&self, sink: &str, id: ReportId, record: &Record) -> Result<(), SpoolError> {
        let _ = self.keep(sink, id, record);
        disk::make_dirs(&self.dir.join("dead").join(sink))?;
        let [queued, dead] = ["queue", "dead"].map(|place| self.record_path(place, sink, id));
        disk::rename(&queued, &dead)
    }

    /// Creates the directory of what `sink` is owed, so that it can be watched.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn make_queue(&self, sink: &str) -> Result<PathBuf, SpoolError> {
        let queue = self.queue(sink);
        disk::make_dirs(&queue)?;
        Ok(queue)
    }

    /// The names of all sinks that ever were owed a report.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn queues(&self) -> Result<Vec<String>, SpoolError> {
        let queues = disk::names(&self.dir.join("queue"))?.into_iter();
        let names = queues.filter_map(|name| name.into_string().ok());
        Ok(names.filter(|name| self.queue(name).is_dir()).collect())
    }

    pub(super) fn queue(&self, sink: &str) -> PathBuf {
        self.dir.join("queue").join(sink)
    }

    pub(super) fn beside(&self, sink: &str, name: &str) -> PathBuf {
        self.dir.join("tmp").join(format!("{sink}.{name}"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::Parked;
    use super::super::testing::{empty, id};
    use super::*;
    use std::fs;

    fn now() -> Timestamp {
        Timestamp::from_micros(1_795_300_000_000_000)
    }

    /// A spool in which `sink` is owed three reports.
    fn three_owed(sink: &str) -> (tempfile::TempDir, Spool) {
        let (dir, spool) = empty();
        drop(spool.lock().unwrap());
        for number in [3, 1, 2] {
            spool.leave_report(number);
        }
        assert_eq!(spool.take_all(&[sink], now(), &|_| ()).taken, 3);
        (dir, spool)
    }

    #[test]
    fn a_sink_gets_its_reports_in_their_order() {
        let (_dir, spool) = three_owed("file.a");
        for number in [1, 2, 3] {
            assert_eq!(spool.first("file.a"), Some(id(number)));
            spool.delivered("file.a", id(number)).unwrap();
        }
        assert_eq!(spool.first("file.a"), None);
        assert_eq!(spool.first("never.heard.of"), None);
    }

    #[test]
    fn a_record_is_kept_and_a_torn_one_is_a_fresh_one() {
        let (_dir, spool) = three_owed("file.a");
        let record = Record { attempts: 7, ..Record::fresh(now()) };
        spool.keep("file.a", id(1), &record).unwrap();
        assert_eq!(spool.record("file.a", id(1), now()).unwrap(), record);
        fs::write(spool.record_path("queue", "file.a", id(1)), "").unwrap();
        assert_eq!(spool.record("file.a", id(1), now()).unwrap(), Record::fresh(now()));
        assert_eq!(spool.first("file.a"), Some(id(1)), "still owed");
    }

    #[test]
    fn what_is_given_up_lies_in_dead_with_the_reason() {
        let (_dir, spool) = three_owed("file.a");
        let record = Record { given_up: Some("no such hook".to_owned()), ..Record::fresh(now()) };
        spool.give_up("file.a", id(1), &record).unwrap();
        assert_eq!(spool.read_record("dead", "file.a", id(1), now()).unwrap(), record);
        assert_eq!(spool.first("file.a"), Some(id(2)));
    }

    #[test]
    fn a_parked_sink_stays_so_until_it_is_set_free() {
        let (_dir, spool) = three_owed("file.a");
        let parked =
            Parked { fingerprint: "f1".to_owned(), why: "410 Gone".to_owned(), since: now() };
        spool.park("file.a", &parked).unwrap();
        assert_eq!(spool.parked("file.a"), Some(parked));
        assert_eq!(spool.first("file.a"), Some(id(1)), "the note is no report");
        spool.unpark("file.a").unwrap();
        spool.unpark("file.a").unwrap();
        assert_eq!(spool.parked("file.a"), None);
    }

    #[test]
    fn what_is_being_taken_is_not_owed_yet() {
        let (_dir, spool) = three_owed("file.a");
        fs::remove_file(spool.report_path("archive", id(1))).unwrap();
        fs::rename(spool.report_path("archive", id(2)), spool.report_path("new", id(2))).unwrap();
        assert_eq!(spool.owed("file.a").unwrap(), [id(1), id(3)]);
    }
}
