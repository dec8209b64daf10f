//! Which report somebody means.

use super::CliError;
use crate::id::ReportId;
use crate::spool::Spool;
use crate::sys;

/// The one report that `wanted` means: its short id, its id, or a beginning of it.
pub(super) fn find(spool: &Spool, wanted: &str) -> Result<ReportId, CliError> {
    let lower = wanted.to_ascii_lowercase();
    let means = |id: &ReportId| id.short().as_str() == lower || id.text().starts_with(&lower);
    let meant: Vec<_> = spool.ids()?.into_iter().filter(means).collect();
    match meant.as_slice() {
        [id] => Ok(*id),
        [] => Err(CliError::NoSuchReport(wanted.to_owned())),
        _ => {
            let named = |id: &ReportId| match spool.entry(*id, sys::now()) {
                Ok(Some(entry)) => format!("{id}  {}", entry.report.summary),
                _ => id.to_string(),
            };
            Err(CliError::Ambiguous(wanted.to_owned(), meant.iter().map(named).collect()))
        }
    }
}
