//! One connection to init for one question: who we are, the calls, the answers.
//!
//! Everything is sent at once and the answers are read in their order, so that a question costs one
//! turn. Signals, which Upstart sends to everybody who is connected, are passed over.

use arrayvec::ArrayVec;

use super::Unavailable;
use super::message::{Answer, Body, FIXED_LEN, Header};
use crate::sys::{self, Deadline, Errno, Socket};

/// The longest message that is looked at, in bytes; longer ones are signals of no interest.
const MESSAGE_LEN: usize = 4096;

/// The most bytes that init may send before its answer.
const MOST: usize = 1 << 20;

/// Asks for `call`, which is number 1, at `address` and gives the answer's arguments to `read`,
/// which says `None` where it does not understand them.
pub(crate) fn exchange<T>(
    address: &[u8],
    call: &[u8],
    deadline: Deadline,
    read: impl Fn(Body<'_>) -> Option<T>,
) -> Result<T, Unavailable> {
    converse(sys::connect(address)?, call, deadline, |serial, answer| {
        let understood = |body| read(body).ok_or(Unavailable::NotUnderstood);
        (serial == 1).then(|| answer.and_then(understood))
    })?
}

/// Asks for `calls`, which have the numbers from 1 to `count`, at `address` and gives `each` the
/// answer to each by its number, in whatever order they come.
pub(crate) fn exchange_all(
    address: &[u8],
    calls: &[u8],
    count: u32,
    deadline: Deadline,
    mut each: impl FnMut(u32, Result<Body<'_>, Unavailable>),
) -> Result<(), Unavailable> {
    let mut left = count;
    converse(sys::connect(address)?, calls, deadline, |serial, answer| {
        if (1..=count).contains(&serial) {
            each(serial, answer);
            left = left.saturating_sub(1);
        }
        (left == 0).then_some(())
    })
}

/// The same, once connected, until `heard` says that it has heard enough. Not inlined: where nobody
/// listens its frame is not paid for.
#[inline(never)]
fn converse<T>(
    socket: Socket,
    calls: &[u8],
    deadline: Deadline,
    mut heard: impl FnMut(u32, Result<Body<'_>, Unavailable>) -> Option<T>,
) -> Result<T, Unavailable> {
    sys::send(&socket, &introduction(), deadline)?;
    sys::send(&socket, calls, deadline)?;
    let mut incoming =
        Incoming { socket, bytes: [0; MESSAGE_LEN], unread: 0..0, left: MOST, deadline };

    let mut line = ArrayVec::<u8, 128>::new();
    while !line.ends_with(b"\r\n") {
        let byte = incoming.next()?;
        line.try_push(byte).map_err(|_| Unavailable::NotUnderstood)?;
    }
    if !line.starts_with(b"OK ") {
        return Err(Unavailable::NotPermitted);
    }
    loop {
        let mut message = ArrayVec::<u8, MESSAGE_LEN>::new();
        for _ in 0..FIXED_LEN {
            message.push_or_drop(incoming.next()?);
        }
        let header = Header::parse(&message).ok_or(Unavailable::NotUnderstood)?;
        for _ in 0..header.rest {
            message.push_or_drop(incoming.next()?);
        }
        let done = match header.answer(&message) {
            Answer::Other => None,
            Answer::Done(serial, body) => heard(serial, Ok(body)),
            Answer::Error(serial, name) => heard(serial, Err(refusal(name))),
        };
        if let Some(done) = done {
            return Ok(done);
        }
    }
}

/// `AUTH EXTERNAL` with the user id, in decimal, each digit in hexadecimal; and `BEGIN`.
fn introduction() -> ArrayVec<u8, 64> {
    let mut digits = ArrayVec::<u8, 10>::new();
    let mut id = nix::unistd::geteuid().as_raw();
    while digits.is_empty() || id > 0 {
        let _ = digits.try_push(b'0' + (id % 10) as u8);
        id /= 10;
    }
    let mut text = ArrayVec::new();
    let _ = text.try_extend_from_slice(b"\0AUTH EXTERNAL ");
    for digit in digits.iter().rev() {
        let _ = text.try_extend_from_slice(&[b'3', *digit]);
    }
    let _ = text.try_extend_from_slice(b"\r\nBEGIN\r\n");
    text
}

/// What the name of a D-Bus error means.
fn refusal(name: &[u8]) -> Unavailable {
    let last = name.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    match last {
        b"AlreadyStarted" | b"AlreadyStopped" => Unavailable::AlreadyDone,
        b"PermissionDenied" | b"AccessDenied" => Unavailable::NotPermitted,
        // An object that is not there has no methods.
        b"UnknownMethod" | b"UnknownObject" | b"UnknownJob" | b"UnknownInstance"
        | b"NoSuchUnit" | b"NoSuchJob" => Unavailable::UnknownJob,
        _ => Unavailable::Refused,
    }
}

impl From<Errno> for Unavailable {
    fn from(errno: Errno) -> Self {
        match errno {
            Errno::ETIMEDOUT => Self::TimedOut,
            // A broken connection is how Upstart treats those whom it does not talk to.
            Errno::EPERM | Errno::EACCES | Errno::EPIPE | Errno::ECONNRESET => Self::NotPermitted,
            Errno::ENAMETOOLONG => Self::CannotAsk,
            errno => Self::Unreachable(errno),
        }
    }
}

/// What init sends, byte by byte.
struct Incoming {
    socket: Socket,
    bytes: [u8; MESSAGE_LEN],
    unread: std::ops::Range<usize>,
    /// How many bytes are still read before the peer is given up.
    left: usize,
    deadline: Deadline,
}

impl Incoming {
    fn next(&mut self) -> Result<u8, Unavailable> {
        if self.unread.is_empty() {
            let count = sys::receive(&self.socket, &mut self.bytes, self.deadline)?;
            self.unread = 0..count;
            self.left = self.left.checked_sub(count).ok_or(Unavailable::NotUnderstood)?;
        }
        // Closed before the answer.
        let at = self.unread.next().ok_or(Unavailable::NotPermitted)?;
        self.bytes.get(at).copied().ok_or(Unavailable::NotUnderstood)
    }
}

/// A buffer that keeps what fits.
trait PushOrDrop {
    fn push_or_drop(&mut self, byte: u8);
}

impl PushOrDrop for ArrayVec<u8, MESSAGE_LEN> {
    fn push_or_drop(&mut self, byte: u8) {
        let _ = self.try_push(byte);
    }
}
