//! Reports in `new/` that are examined before they are taken.

use super::disk::{self, SpoolError};
use super::store::{Spool, ids_of, json_line};
use crate::id::ReportId;
use crate::report::CrashReport;
use crate::time::Timestamp;

impl Spool {
    /// The reports that wait in `new/`, in the order of their ids.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn waiting(&self) -> Result<Vec<ReportId>, SpoolError> {
        Ok(ids_of(&disk::names(&self.dir.join("new"))?, ".json").collect())
    }

    /// The report named `id` in `new/`.
    ///
    /// # Errors
    /// `InvalidData` where it is none; else what the kernel says.
    pub fn waiting_report(&self, id: ReportId) -> Result<CrashReport, SpoolError> {
        self.read_report("new", id).map(|(report, _)| report)
    }

    /// When the same job crashed next after `report`, if that waits in `new/` too. It does until
    /// `report` is taken: reports of a job are taken in their order.
    ///
    /// # Errors
    /// Where `new/` cannot be read.
    pub fn later_crash(&self, report: &CrashReport) -> Result<Option<Timestamp>, SpoolError> {
        let later = self.waiting()?.into_iter().filter(|id| *id > report.id);
        let mut reports = later.filter_map(|id| self.waiting_report(id).ok());
        // What else is reported of the same run is no crash more.
        let is_next = |other: &CrashReport| {
            other.key == report.key && other.time > report.time && other.job.run != report.job.run
        };
        let next = reports.find(is_next);
        Ok(next.map(|next| next.time))
    }

    /// Puts `report`, which was examined, in the place of the one in `new/`, in one step. The disk
    /// has the one or the other, until it is taken.
    ///
    /// # Errors
    /// What the kernel says; then the earlier one is still there.
    pub fn put_examined(&self, report: &CrashReport) -> Result<(), SpoolError> {
        let path = self.report_path("new", report.id);
        let beside = self.dir.join("tmp").join(format!("examined.{}.json", report.id));
        disk::replace(&beside, &path, &json_line(report, &path)?)
    }
}
