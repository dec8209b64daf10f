//! A name may have several addresses.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

/// What `reach` gives for the first address of `to` that it can reach.
///
/// # Errors
/// What the last one gave, or the resolver.
pub(super) fn first_that<T>(
    to: &impl ToSocketAddrs,
    mut reach: impl FnMut(SocketAddr) -> io::Result<T>,
) -> io::Result<T> {
    let mut why = io::Error::other("the name has no address");
    for address in to.to_socket_addrs()? {
        match reach(address) {
            Ok(reached) => return Ok(reached),
            Err(error) => why = error,
        }
    }
    Err(why)
}
