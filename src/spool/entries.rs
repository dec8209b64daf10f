//! The spool for people to look at: read without the lock, and without changing anything.

use std::collections::BTreeSet;
use std::io::ErrorKind;

use super::disk::{self, SpoolError};
use super::record::{Parked, Record};
use super::store::{Spool, ids_of, json_line};
use crate::id::ReportId;
use crate::report::CrashReport;
use crate::snapshot::Host;
use crate::time::Timestamp;

/// How far a report has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// The notifier has not taken it yet.
    New,
    /// It is taken: every sink has it, unless the entry says otherwise.
    Taken,
}

/// A sink that does not have a taken report yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owed {
    /// The sink's name.
    pub sink: String,
    /// How the delivery stands.
    pub record: Record,
    /// Why the sink is sent nothing at the moment.
    pub parked: Option<Parked>,
}

/// One report and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The report.
    pub report: CrashReport,
    /// The report as it is stored, one line of JSON without its end.
    pub json: String,
    /// How far it has come.
    pub progress: Progress,
    /// The sinks that do not have it yet.
    pub owed: Vec<Owed>,
    /// The sinks that are told of it with the next ones of its job.
    pub folded: Vec<String>,
    /// The sinks that will never have it, and why.
    pub dead: Vec<(String, Record)>,
}

impl Spool {
    /// The names of all reports, the oldest first.
    ///
    /// # Errors
    /// What the kernel says; a spool that is missing is empty.
    pub fn ids(&self) -> Result<BTreeSet<ReportId>, SpoolError> {
        let mut ids = match self.emergency_spool() {
            Some(emergency) => emergency.ids()?,
            None => BTreeSet::new(),
        };
        // In the order in which a report moves: none is missed while the notifier is at work.
        for (place, end) in [("unseen", ".marker"), ("new", ".json"), ("archive", ".json")] {
            ids.extend(ids_of(&disk::names(&self.dir.join(place))?, end));
        }
        Ok(ids)
    }

    /// The names of the reports in the emergency spool.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn emergency_ids(&self) -> Result<BTreeSet<ReportId>, SpoolError> {
        self.emergency_spool().map_or_else(|| Ok(BTreeSet::new()), |emergency| emergency.ids())
    }

    /// How many reports the notifier has not taken.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn new_count(&self) -> Result<usize, SpoolError> {
        let mut ids = self.emergency_ids()?;
        for (place, end) in [("unseen", ".marker"), ("new", ".json")] {
            ids.extend(ids_of(&disk::names(&self.dir.join(place))?, end));
        }
        Ok(ids.len())
    }

    /// Since when the job with `key` is in trouble that is not over.
    pub fn open_incident_since(&self, key: &str) -> Option<Timestamp> {
        let incident = self.incident(key)?;
        incident.closed_at.is_none().then_some(incident.relapsed)
    }

    /// The report named `id`, wherever it lies; `None` where there is none.
    ///
    /// # Errors
    /// `InvalidData` where what has that name is no report; else what the kernel says.
    pub fn report(&self, id: ReportId) -> Result<Option<CrashReport>, SpoolError> {
        if let Some(emergency) = self.emergency_spool()
            && let Some(report) = emergency.report(id)?
        {
            return Ok(Some(report));
        }
        if let Some(marker) = found(self.read_unseen(id))? {
            return Ok(Some(CrashReport::of_unseen(&marker, Host::here())));
        }
        for place in ["new", "archive"] {
            if let Some((report, _)) = found(self.read_report(place, id))? {
                return Ok(Some(report));
            }
        }
        Ok(None)
    }

    /// The report named `id` with its state; `None` where there is none.
    ///
    /// # Errors
    /// `InvalidData` where what has that name is no report; else what the kernel says.
    pub fn entry(&self, id: ReportId, now: Timestamp) -> Result<Option<Entry>, SpoolError> {
        if let Some(emergency) = self.emergency_spool()
            && let Some(entry) = emergency.entry(id, now)?
        {
            return Ok(Some(entry));
        }
        if let Some(marker) = found(self.read_unseen(id))? {
            let report = CrashReport::of_unseen(&marker, Host::here());
            let json = json_line(&report, &self.dir)?;
            return Ok(Some(Entry::new(report, &json, Progress::New)));
        }
        if let Some((report, json)) = found(self.read_report("new", id))? {
            return Ok(Some(Entry::new(report, &json, Progress::New)));
        }
        let Some((report, json)) = found(self.read_report("archive", id))? else { return Ok(None) };
        let mut entry = Entry::new(report, &json, Progress::Taken);
        let mut owed = self.records("queue", id, now)?;
        entry.dead = self.records("dead", id, now)?;
        let incident = self.incident(&entry.report.key).filter(|_| entry.report.withheld.is_none());
        for (sink, account) in incident.into_iter().flat_map(|incident| incident.accounts) {
            let of = |known: &[(String, Record)]| known.iter().any(|(name, _)| *name == sink);
            if account.lacks(id) {
                entry.folded.push(sink);
            } else if let Some(notice) = account.notice.filter(|_| account.tells_of(id))
                && !of(&owed)
                && !of(&entry.dead)
            {
                let at = |place| found(self.read_record(place, &sink, notice, now));
                owed.extend(at("queue")?.map(|record| (sink.clone(), record)));
                entry.dead.extend(at("dead")?.map(|record| (sink.clone(), record)));
            }
        }
        let owed = owed.into_iter();
        entry.owed =
            owed.map(|(sink, record)| Owed { parked: self.parked(&sink), sink, record }).collect();
        Ok(Some(entry))
    }

    /// The records on report `id` in `place`, with the names of their sinks.
    fn records(
        &self,
        place: &str,
        id: ReportId,
        now: Timestamp,
    ) -> Result<Vec<(String, Record)>, SpoolError> {
        let mut records = Vec::new();
        for sink in disk::names(&self.dir.join(place))? {
            let Some(sink) = sink.to_str() else { continue };
            if let Some(record) = found(self.read_record(place, sink, id, now))? {
                records.push((sink.to_owned(), record));
            }
        }
        Ok(records)
    }
}

impl Entry {
    fn new(report: CrashReport, json: &[u8], progress: Progress) -> Self {
        // Line ends are only white space in JSON: without them it is one line.
        let json = String::from_utf8_lossy(json).replace(['\n', '\r'], "");
        Self { report, json, progress, owed: Vec::new(), folded: Vec::new(), dead: Vec::new() }
    }
}

/// What was read; `None` where there is nothing.
fn found<T>(read: Result<T, SpoolError>) -> Result<Option<T>, SpoolError> {
    match read {
        Ok(value) => Ok(Some(value)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{empty, id};
    use super::*;
    use crate::verdict::VerdictKind;

    fn now() -> Timestamp {
        Timestamp::from_micros(1_795_300_000_000_000)
    }

    #[test]
    fn a_spool_that_is_missing_is_empty() {
        let (_dir, spool) = empty();
        assert_eq!(spool.ids().unwrap(), BTreeSet::new());
        assert_eq!(spool.entry(id(1), now()).unwrap(), None);
    }

    #[test]
    fn every_report_is_shown_with_its_state_and_nothing_is_changed() {
        let (_dir, spool) = empty();
        drop(spool.lock().unwrap());
        for number in [1, 2] {
            spool.leave_report(number);
        }
        spool.take_all(&["file.a", "slack.b"], now(), &|_| ());
        spool.delivered("file.a", id(1)).unwrap();
        spool.delivered("slack.b", id(1)).unwrap();
        let why = Record { given_up: Some("no".to_owned()), ..Record::fresh(now()) };
        spool.give_up("file.a", id(2), &why).unwrap();
        let parked =
            Parked { fingerprint: "f1".to_owned(), why: "410 Gone".to_owned(), since: now() };
        spool.park("slack.b", &parked).unwrap();
        spool.leave_report(3);
        spool.leave_marker(4);
        std::fs::write(spool.dir.join("queue/stray"), "").unwrap();
        let before = spool.files();

        assert_eq!(spool.ids().unwrap(), BTreeSet::from([id(1), id(2), id(3), id(4)]));
        let entry = |number| spool.entry(id(number), now()).unwrap().unwrap();
        assert_eq!(
            (entry(1).progress, entry(1).owed, entry(1).dead),
            (Progress::Taken, vec![], vec![])
        );
        assert_eq!(entry(2).dead, [("file.a".to_owned(), why)]);
        let owed =
            Owed { sink: "slack.b".to_owned(), record: Record::fresh(now()), parked: Some(parked) };
        assert_eq!(entry(2).owed, [owed]);
        assert_eq!(entry(3).progress, Progress::New);
        assert_eq!(entry(4).progress, Progress::New);
        assert_eq!(entry(4).report.verdict.kind, VerdictKind::Unseen);
        assert_eq!(spool.files(), before);
    }

    #[test]
    fn the_stored_text_is_kept_as_one_line() {
        let (_dir, spool) = empty();
        let id = spool.leave_report(1);
        let stored = std::fs::read(spool.report_path("new", id)).unwrap();
        assert_eq!(spool.entry(id, now()).unwrap().unwrap().json.as_bytes(), stored);

        let value: serde_json::Value = serde_json::from_slice(&stored).unwrap();
        let pretty = serde_json::to_vec_pretty(&value).unwrap();
        spool.leave("new", &format!("{id}.json"), &pretty);
        let json = spool.entry(id, now()).unwrap().unwrap().json;
        assert!(!json.contains('\n'));
        assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap(), value);
    }

    #[test]
    fn a_torn_report_is_an_error_that_names_it() {
        let (_dir, spool) = empty();
        spool.leave("new", &format!("{}.json", id(1)), b"{");
        let error = spool.entry(id(1), now()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidData);
        assert!(error.to_string().contains(&format!("new/{}.json", id(1))), "{error}");
    }
}
