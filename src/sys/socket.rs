//! Unix sockets that are never waited for longer than told.

use std::ffi::c_int;
use std::mem;
use std::time::Duration;

use nix::errno::Errno;

use super::boot_micros;

/// When to give up.
#[derive(Debug, Clone, Copy)]
pub struct Deadline(i64);

impl Deadline {
    /// `patience` from now.
    pub fn within(patience: Duration) -> Self {
        let micros = i64::try_from(patience.as_micros()).unwrap_or(i64::MAX);
        Self(boot_micros().saturating_add(micros))
    }

    /// Milliseconds until then, rounded up; `None` where it is past.
    fn left(self) -> Option<c_int> {
        let micros = self.0.saturating_sub(boot_micros());
        let millis = c_int::try_from(micros.saturating_add(999) / 1000).unwrap_or(c_int::MAX);
        (micros > 0).then_some(millis)
    }
}

/// A connected socket. Not the standard library's `OwnedFd`, whose check of the number keeps a
/// panic path in the program.
#[derive(Debug)]
pub struct Socket(c_int);

impl Drop for Socket {
    fn drop(&mut self) {
        // SAFETY: the descriptor is nobody else's.
        unsafe { libc::close(self.0) };
    }
}

/// Connects to the stream socket `name`: a path, or an abstract name where it begins with NUL.
///
/// Only a listener of root's or of the caller's own user is talked to: anybody may bind an abstract
/// name that is free.
///
/// # Errors
/// What the kernel says; `EPERM` for somebody else's listener, `ENAMETOOLONG` for a name that no
/// socket can have.
pub fn connect(name: &[u8]) -> Result<Socket, Errno> {
    // SAFETY: plain system calls on live local values of the sizes that are given; a descriptor
    // other than -1 is open and nobody else's.
    unsafe {
        let mut address: libc::sockaddr_un = mem::zeroed();
        if name.len() >= address.sun_path.len() {
            return Err(Errno::ENAMETOOLONG);
        }
        address.sun_family = libc::AF_UNIX as libc::sa_family_t;
        for (slot, byte) in address.sun_path.iter_mut().zip(name) {
            *slot = libc::c_char::from_ne_bytes([*byte]);
        }
        // An abstract name has no end byte: it is as long as it is said to be.
        let ended = usize::from(name.first() != Some(&0));
        let length = mem::offset_of!(libc::sockaddr_un, sun_path) + name.len() + ended;

        let kind = libc::SOCK_STREAM | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
        let fd = match libc::socket(libc::AF_UNIX, kind, 0) {
            -1 => return Err(Errno::last()),
            fd => Socket(fd),
        };
        if libc::connect(fd.0, (&raw const address).cast(), length as libc::socklen_t) == -1 {
            return Err(Errno::last());
        }
        let mut peer: libc::ucred = mem::zeroed();
        let mut size = size_of::<libc::ucred>() as libc::socklen_t;
        let (level, option) = (libc::SOL_SOCKET, libc::SO_PEERCRED);
        let found = (&raw mut peer).cast();
        match libc::getsockopt(fd.0, level, option, found, &raw mut size) {
            -1 => Err(Errno::last()),
            _ if peer.uid == 0 || peer.uid == libc::geteuid() => Ok(fd),
            _ => Err(Errno::EPERM),
        }
    }
}

/// Two sockets that speak to each other.
///
/// # Errors
/// What the kernel says.
pub(super) fn pair() -> Result<(Socket, Socket), Errno> {
    let kind = libc::SOCK_STREAM | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
    let mut fds = [-1; 2];
    // SAFETY: `fds` holds two descriptors; after success they are open and nobody else's.
    unsafe {
        match libc::socketpair(libc::AF_UNIX, kind, 0, fds.as_mut_ptr()) {
            -1 => Err(Errno::last()),
            _ => Ok((Socket(fds[0]), Socket(fds[1]))),
        }
    }
}

impl Socket {
    /// Gives the socket the number `fd`, whatever had it.
    pub(super) fn renumbered(self, fd: c_int) -> Self {
        if self.0 == fd {
            return self;
        }
        // SAFETY: a plain system call; what `fd` was before is the caller's business.
        unsafe { libc::dup2(self.0, fd) };
        Self(fd)
    }
}

/// Sends all of `bytes`.
///
/// # Errors
/// What the kernel says; `ETIMEDOUT` at the deadline.
pub fn send(socket: &Socket, bytes: &[u8], deadline: Deadline) -> Result<(), Errno> {
    let mut rest = bytes;
    while !rest.is_empty() {
        // SAFETY: `rest` is read within its length.
        let sent =
            unsafe { libc::send(socket.0, rest.as_ptr().cast(), rest.len(), libc::MSG_NOSIGNAL) };
        match usize::try_from(sent) {
            Ok(count) => rest = rest.get(count..).unwrap_or_default(),
            Err(_) => wait(socket, libc::POLLOUT, Errno::last(), deadline)?,
        }
    }
    Ok(())
}

/// Receives what there is, at least one byte; 0 where the other side has closed.
///
/// # Errors
/// What the kernel says; `ETIMEDOUT` at the deadline.
pub fn receive(socket: &Socket, buffer: &mut [u8], deadline: Deadline) -> Result<usize, Errno> {
    loop {
        // SAFETY: `buffer` is written within its length.
        let received = unsafe { libc::recv(socket.0, buffer.as_mut_ptr().cast(), buffer.len(), 0) };
        match usize::try_from(received) {
            Ok(count) => return Ok(count),
            Err(_) => wait(socket, libc::POLLIN, Errno::last(), deadline)?,
        }
    }
}

/// Waits until `socket` is ready after it refused with `errno`.
fn wait(socket: &Socket, events: i16, errno: Errno, deadline: Deadline) -> Result<(), Errno> {
    let left = deadline.left().ok_or(Errno::ETIMEDOUT)?;
    match errno {
        Errno::EINTR => Ok(()),
        Errno::EAGAIN => {
            let mut ready = libc::pollfd { fd: socket.0, events, revents: 0 };
            // SAFETY: `ready` is one pollfd.
            match unsafe { libc::poll(&raw mut ready, 1, left) } {
                -1 if Errno::last() != Errno::EINTR => Err(Errno::last()),
                _ => Ok(()),
            }
        }
        errno => Err(errno),
    }
}
