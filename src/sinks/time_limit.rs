//! A limit for what has none of its own, such as a resolver that gets no answer.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// What `work` gives within `limit`; `None` where it goes on, which nobody waits for then.
///
/// # Errors
/// That the host is short of threads.
pub(super) fn within<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> std::io::Result<Option<T>> {
    let (done, given) = mpsc::channel();
    thread::Builder::new().spawn(move || {
        let _ = done.send(work());
    })?;
    Ok(given.recv_timeout(limit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_end_is_left_alone() {
        let (_open, never) = mpsc::channel::<()>();
        assert_eq!(within(Duration::from_millis(20), move || never.recv()).unwrap(), None);
        assert_eq!(within(Duration::from_secs(60), || 7).unwrap(), Some(7));
    }
}
