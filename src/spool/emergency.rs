//! What hooks left in the emergency spool, because the spool took nothing.
//!
//! A full disk is a reason for which services die, and no time to be silent: while the spool takes
//! nothing, a notifier works in the emergency spool as in any other. When the spool takes something
//! again, and nobody is at work there, everything is carried over.
//!
//! It may lie on another file system, so that nothing is renamed from the one to the other: it is
//! written, on the disk, before it is removed. Killed in between, the next notifier finds both, and
//! only removes.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;

use super::arrivals::Taken;
use super::disk::{self, SpoolError};
use super::store::{Say, Spool};
use crate::id::ReportId;
use crate::time::Timestamp;

/// What is carried over, in this order.
const PLACES: [(&str, &str); 3] = [("unseen", ".marker"), ("new", ".json"), ("archive", ".json")];

impl Spool {
    /// The emergency spool, where hooks have left something in it and this one takes nothing.
    pub fn stand_in(&self) -> Option<Self> {
        let emergency = self.emergency_spool()?;
        let is_used =
            emergency.has_new().unwrap_or(false) || emergency.has_unseen().unwrap_or(false);
        (is_used && self.try_to_write().is_err()).then_some(emergency)
    }

    /// Writes something and removes it; where hooks take the disk for full, so does the notifier.
    fn try_to_write(&self) -> Result<(), SpoolError> {
        let tmp = self.dir.join("tmp");
        // Hooks that keep away from a disk do not make it.
        disk::make_dirs(&tmp)?;
        if self.room().is_some_and(|room| super::is_nearly_full(&room)) {
            return Err(SpoolError::at("write", &tmp)(ErrorKind::StorageFull.into()));
        }
        let (beside, probe) = (tmp.join("probe.new"), tmp.join("probe"));
        disk::write(&beside, &probe, &[0; 4096]).and_then(|()| disk::remove(&probe))
    }

    /// Carries what lies in the emergency spool to where it would have been left in this one. While
    /// a notifier is at work there, it stays.
    ///
    /// # Errors
    /// Where the emergency spool cannot be read. What is wrong with a single file is said.
    pub fn adopt_emergency(&self, now: Timestamp, say: Say<'_>) -> Result<Taken, SpoolError> {
        let Some(emergency) = self.emergency_spool() else { return Ok(Taken::default()) };
        let mut left = 0;
        for place in PLACES {
            left += disk::names(&emergency.dir.join(place.0))?.len();
        }
        if left == 0 {
            return Ok(Taken::default());
        }
        if self.try_to_write().is_err() {
            return Ok(Taken { taken: 0, left });
        }
        let Some(_lock) = emergency.lock()? else { return Ok(Taken { taken: 0, left }) };
        emergency.remove_leftovers(now, say)?;
        for sink in emergency.queues()? {
            for id in emergency.owed(&sink)? {
                if let Err(error) = self.carry_record(&emergency, &sink, id) {
                    say(format_args!("{error}; it stays where it is"));
                }
            }
        }
        let mut all = Taken::default();
        for (place, end) in PLACES {
            let some =
                emergency.for_each(place, end, say, |id| self.carry(&emergency, place, end, id))?;
            all.taken += some.taken;
            all.left += some.left;
        }
        Ok(all)
    }

    /// The emergency spool, where it is there and nobody but us can have put it there.
    pub(super) fn emergency_spool(&self) -> Option<Self> {
        let dir = self.emergency.as_ref()?;
        let found = fs::symlink_metadata(dir).ok()?;
        let us = nix::unistd::geteuid().as_raw();
        let ours = found.is_dir() && found.uid() == us && found.mode() & 0o022 == 0;
        ours.then(|| Self::at(dir.clone()))
    }

    /// Carries over what `sink` was not sent, before its report.
    fn carry_record(&self, emergency: &Self, sink: &str, id: ReportId) -> Result<(), SpoolError> {
        let [from, to] = [emergency, self].map(|spool| spool.record_path("queue", sink, id));
        let content = disk::read(&from).map_err(SpoolError::at("read", &from))?;
        self.make_queue(sink)?;
        disk::write(&self.dir.join("tmp").join(format!("emergency.{sink}.{id}")), &to, &content)?;
        disk::remove(&from)
    }

    fn carry(
        &self,
        emergency: &Self,
        place: &str,
        end: &str,
        id: ReportId,
    ) -> Result<(), SpoolError> {
        let name = format!("{id}{end}");
        let [from, to] = [&emergency.dir, &self.dir].map(|dir| dir.join(place).join(&name));
        // Else this one might be torn, if it was written when the power went, and that one is whole.
        let carried =
            self.read_report("new", id).is_ok() || disk::exists(&self.report_path("archive", id));
        if !carried {
            let content = disk::read(&from).map_err(SpoolError::at("read", &from))?;
            disk::write(&self.dir.join("tmp").join(format!("emergency.{name}")), &to, &content)?;
        }
        disk::remove(&from)
    }
}
