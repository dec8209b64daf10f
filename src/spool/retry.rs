//! The way back into a queue, for what somebody wants to be sent again.

use super::disk::{self, SpoolError};
use super::queue::Undelivered;
use super::record::Record;
use super::requests::Again;
use super::store::Spool;
use crate::time::Timestamp;

/// What was put back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Resumed {
    /// How many sinks were set free.
    pub unparked: usize,
    /// How many notices came back from `dead/`.
    pub revived: usize,
    /// How many waited, and are due now.
    pub hastened: usize,
}

impl Spool {
    /// What `again` means: the sink is set free, what it is owed is due, and what was given up for
    /// it is owed again, as if it had never been tried. Only while nobody sends anything.
    ///
    /// A record is written afresh where it lies in `dead/`, and then moved: killed in between, it
    /// lies there still, and the request beside it.
    ///
    /// # Errors
    /// What the kernel says; some of it may be done by then, and may be done again.
    pub fn resume(&self, again: &Again, now: Timestamp) -> Result<Resumed, SpoolError> {
        let Again { sink, notice } = again;
        let mut resumed = Resumed::default();
        if self.parked(sink).is_some() {
            self.unpark(sink)?;
            resumed.unparked += 1;
        }
        for Undelivered { id, record, is_dead } in self.undelivered_to(sink, now)? {
            if notice.is_some_and(|wanted| wanted != id) {
                continue;
            }
            let (place, is_due) = match is_dead {
                true => ("dead", false),
                false => ("queue", record.next_attempt_at.is_none()),
            };
            if !is_due {
                let path = self.record_path(place, sink, id);
                let fresh = record.anew(now);
                let json = super::store::json_line(&fresh, &path)?;
                disk::write(&self.beside(sink, &id.to_string()), &path, &json)?;
            }
            if is_dead {
                self.make_queue(sink)?;
                disk::rename(
                    &self.record_path("dead", sink, id),
                    &self.record_path("queue", sink, id),
                )?;
                resumed.revived += 1;
            } else if !is_due {
                resumed.hastened += 1;
            }
        }
        Ok(resumed)
    }
}

impl Record {
    /// The record of the same notice, which is to be tried as if it never had been.
    fn anew(self, now: Timestamp) -> Self {
        Self { notice: self.notice, accounts: self.accounts, ..Self::fresh(now) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::Parked;
    use super::super::testing::{empty, id};
    use super::*;
    use crate::sinks::Fidelity;

    fn now() -> Timestamp {
        Timestamp::from_micros(1_795_300_000_000_000)
    }

    fn all(sink: &str) -> Again {
        Again { sink: sink.to_owned(), notice: None }
    }

    /// A spool in which two reports are given up for `slack.b`, and one waits for its next try.
    fn stuck() -> (tempfile::TempDir, Spool) {
        let (dir, spool) = empty();
        drop(spool.lock().unwrap());
        for number in [1, 2, 3] {
            spool.leave_report(number);
        }
        spool.take_all(&["slack.b"], now(), &|_| ());
        let tried = Record {
            attempts: 7,
            tried_at: Some(now()),
            next_attempt_at: Some(now()),
            last_error: Some("HTTP 503".to_owned()),
            fidelity: Fidelity::Minimal,
            ..Record::fresh(now())
        };
        for number in [1, 2] {
            let why = Record { given_up: Some("no".to_owned()), ..tried.clone() };
            spool.give_up("slack.b", id(number), &why).unwrap();
        }
        spool.keep("slack.b", id(3), &tried).unwrap();
        (dir, spool)
    }

    #[test]
    fn what_was_given_up_is_owed_again_as_if_it_had_never_been_tried() {
        let (_dir, spool) = stuck();
        let later = Timestamp::from_micros(now().micros() + 1);
        let resumed = spool.resume(&all("slack.b"), later).unwrap();
        assert_eq!(resumed, Resumed { unparked: 0, revived: 2, hastened: 1 });
        assert_eq!(spool.owed("slack.b").unwrap(), [id(1), id(2), id(3)]);
        for number in [1, 2, 3] {
            let record = spool.record("slack.b", id(number), now()).unwrap();
            assert_eq!(record, Record::fresh(later), "{number}");
        }
        // Carried out once more, nothing changes.
        let before = spool.files();
        assert_eq!(spool.resume(&all("slack.b"), now()).unwrap(), Resumed::default());
        assert_eq!(spool.files(), before);
    }

    #[test]
    fn one_notice_is_sent_again_and_the_others_stay_where_they_are() {
        let (_dir, spool) = stuck();
        let one = Again { notice: Some(id(2)), ..all("slack.b") };
        assert_eq!(spool.resume(&one, now()).unwrap().revived, 1);
        assert_eq!(spool.owed("slack.b").unwrap(), [id(2), id(3)]);
        assert_eq!(spool.resume(&all("file.other"), now()).unwrap(), Resumed::default());
    }

    #[test]
    fn a_parked_sink_is_set_free() {
        let (_dir, spool) = stuck();
        let parked = Parked { fingerprint: "f".to_owned(), why: "410".to_owned(), since: now() };
        spool.park("slack.b", &parked).unwrap();
        assert_eq!(spool.resume(&all("slack.b"), now()).unwrap().unparked, 1);
        assert_eq!(spool.parked("slack.b"), None);
    }
}
