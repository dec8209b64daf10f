//! What systemd knows of a unit, asked at the socket that it has for root (core/dbus.c).
//!
//! The properties are those of org.freedesktop.systemd1(5), read one by one: all of a unit's at
//! once would make systemd count the processes and bytes of its control group.

mod command;
#[cfg(feature = "deliver")]
mod files;
mod properties;
#[cfg(feature = "deliver")]
mod setting;

use std::time::Duration;

pub use command::FailedCommand;
#[cfg(feature = "deliver")]
pub use files::UnitFiles;
pub use properties::{RunningJob, UnitStatus};
#[cfg(feature = "deliver")]
pub use setting::last_setting;

pub use crate::bus::Unavailable;
use crate::bus::{self, Address, Body, Call, PROPERTIES, Piece, QUESTION_LEN, exchange_all};
use crate::paths::Places;
use crate::sys::Deadline;

/// The object that is systemd itself.
const ROOT: Piece<'_> = Piece::Plain("/org/freedesktop/systemd1");
const MANAGER: &str = "org.freedesktop.systemd1.Manager";
const UNIT: &str = "org.freedesktop.systemd1.Unit";
const SERVICE: &str = "org.freedesktop.systemd1.Service";
const JOB: &str = "org.freedesktop.systemd1.Job";

/// systemd, as one unit's hook asks it.
#[derive(Debug)]
pub struct Systemd {
    address: Address,
    deadline: Deadline,
}

impl Systemd {
    /// The host's, which has `patience` for all that it is asked.
    ///
    /// # Errors
    /// [`Unavailable::CannotAsk`] where no socket can have its name.
    pub fn of(places: Places, patience: Duration) -> Result<Self, Unavailable> {
        Ok(Self {
            address: bus::address(places.systemd_socket())?,
            deadline: Deadline::within(patience),
        })
    }

    /// How the unit called `unit` is, `nginx.service`.
    ///
    /// # Errors
    /// [`Unavailable`]. A property that this systemd does not have yet is none.
    pub fn unit(&self, unit: &[u8]) -> Result<UnitStatus, Unavailable> {
        properties::read(self, unit)
    }

    /// Asks for the properties `names`, each with the object that has it and its interface, and
    /// gives `each` the number of one and its value.
    fn properties(
        &self,
        names: &[(&[Piece<'_>], &str, &str)],
        mut each: impl FnMut(usize, Body<'_>),
    ) -> Result<(), Unavailable> {
        let mut calls = Vec::new();
        let mut count = 0;
        for (object, interface, name) in names {
            count += 1;
            let mut call = Call::<QUESTION_LEN>::new(count, object, PROPERTIES, "Get", "ss")?;
            call.text(interface.as_bytes())?;
            call.text(name.as_bytes())?;
            calls.extend_from_slice(call.bytes());
        }
        let mut refused = None;
        exchange_all(&self.address, &calls, count, self.deadline, |serial, answer| match answer {
            Ok(body) => each(serial as usize - 1, body),
            Err(why) => refused = Some(why),
        })?;
        match refused {
            Some(why @ Unavailable::NotPermitted) => Err(why),
            _ => Ok(()),
        }
    }
}

/// The object that is the unit called `unit`.
fn object(unit: &[u8]) -> [Piece<'_>; 3] {
    [ROOT, Piece::Plain("/unit/"), Piece::Label(unit)]
}
