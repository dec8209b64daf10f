//! What hooks left in the emergency spool, because the spool took nothing.
//!
//! It may lie on another file system, so that nothing is renamed from the one to the other: it is
//! written, on the disk, before it is removed. Killed in between, the next notifier finds both, and
//! only removes.

use std::fs;
use std::os::unix::fs::MetadataExt;

use super::disk::{self, SpoolError};
use super::store::{Say, Spool, Taken};
use crate::id::ReportId;
use crate::time::Timestamp;

impl Spool {
    /// Carries what lies in the emergency spool to where the hooks would have left it.
    ///
    /// # Errors
    /// Where the emergency spool cannot be read. What is wrong with a single file is said.
    pub fn adopt_emergency(&self, now: Timestamp, say: Say<'_>) -> Result<Taken, SpoolError> {
        let Some(emergency) = self.emergency_spool() else { return Ok(Taken::default()) };
        emergency.remove_leftovers(now, say)?;
        let mut all = Taken::default();
        for (place, end) in [("unseen", ".marker"), ("new", ".json")] {
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
