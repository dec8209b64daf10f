//! D-Bus, as far as an init speaks it on a socket of its own: calls out, answers in.
//!
//! No bus and no library is needed. Upstart (init/control.c) and systemd (core/dbus.c) listen for
//! root alone, each at a private address. One question is one connection, bounded in time and
//! bytes. Calls are written in `call.rs`, messages read in `message.rs`, `connection.rs` carries
//! both.

mod call;
mod connection;
mod message;

use arrayvec::ArrayVec;

use crate::sys::Errno;

pub(crate) use call::{Call, PROPERTIES, Piece, QUESTION_LEN, START_LEN};
pub(crate) use connection::{exchange, exchange_all};
#[cfg(test)]
pub(crate) use message::testing;
pub(crate) use message::{Body, Reader, Value};

/// The longest address of a socket (`sun_path`).
pub(crate) type Address = ArrayVec<u8, 108>;

/// Why init gave no answer, or not the one that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unavailable {
    /// Nobody listens, or the connection broke.
    Unreachable(Errno),
    /// Only root is talked to, and only root's init.
    NotPermitted,
    /// No answer within the deadline.
    TimedOut,
    /// Init has no such job, or no such instance of it.
    UnknownJob,
    /// A start of what is started, a stop of what is stopped.
    AlreadyDone,
    /// Another refusal of init's.
    Refused,
    /// The answer is not one that this init gives.
    NotUnderstood,
    /// The question is longer than this program can ask, or holds bytes that D-Bus cannot carry.
    CannotAsk,
}

impl Unavailable {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Unreachable(errno) => errno.desc(),
            Self::NotPermitted => "it talks to root only",
            Self::TimedOut => "it does not answer",
            Self::UnknownJob => "it does not know the job",
            Self::AlreadyDone => "that is so already",
            Self::Refused => "it refused",
            Self::NotUnderstood => "its answer is not understood",
            Self::CannotAsk => "the job's variables are too long, or not UTF-8",
        }
    }
}

/// The address that the two parts make, one after the other.
///
/// # Errors
/// [`Unavailable::CannotAsk`] where no socket can have that name.
pub(crate) fn address(parts: [&[u8]; 2]) -> Result<Address, Unavailable> {
    let mut address = Address::new();
    for part in parts {
        address.try_extend_from_slice(part).map_err(|_| Unavailable::CannotAsk)?;
    }
    Ok(address)
}
