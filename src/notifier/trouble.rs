//! That a sink fails for good is told to the others, once.

use sha2::{Digest, Sha256};

use super::books::Reader;
use crate::id::{ReportId, RunId};
use crate::notice::{Notice, Subject};
use crate::snapshot::Host;
use crate::spool::{Record, Spool, SpoolError, Trouble};
use crate::time::Timestamp;
use crate::verdict::Severity;

/// Puts a notice on every sink that is in trouble into the queue of each that is not and was not
/// told yet. Tells whether there was one.
///
/// # Errors
/// What the kernel says; then it is made again, under the same name.
pub(super) fn announce(
    spool: &Spool,
    readers: &[Reader],
    now: Timestamp,
) -> Result<bool, SpoolError> {
    let mut announced = false;
    for failing in readers {
        let Some(trouble) = spool.trouble(&failing.name) else { continue };
        let mut told = spool.announced(&failing.name, trouble.since);
        let is_told =
            |reader: &&Reader| reader.name != failing.name && !reader.parked && reader.routing.fold;
        let others: Vec<_> = readers
            .iter()
            .filter(|reader| is_told(reader) && !told.contains(&reader.name))
            .map(|reader| reader.name.clone())
            .collect();
        if others.is_empty() {
            continue;
        }
        let notice = notice(&failing.name, &trouble, spool.owed(&failing.name)?.len(), now);
        for other in &others {
            spool.keep(other, notice.id, &Record::of(notice.clone(), Vec::new(), now))?;
        }
        told.extend(others);
        spool.keep_announced(&failing.name, trouble.since, told)?;
        announced = true;
    }
    Ok(announced)
}

/// What is told of the trouble that `sink` is in. Its name is that trouble's: made once more, it is
/// the same one.
fn notice(sink: &str, trouble: &Trouble, waiting: usize, now: Timestamp) -> Notice {
    let mut run = [0; 10];
    run.iter_mut().zip(Sha256::digest(sink)).for_each(|(to, from)| *to = from);
    let subject = Subject::SinkFailed {
        sink: sink.to_owned(),
        why: trouble.why.clone(),
        since: trouble.since,
        waiting: waiting as u64,
    };
    let id = ReportId::new(trouble.since, RunId(run));
    let host = Host::here().name;
    Notice { id, time: now, severity: Severity::Error, host, subject }
}
