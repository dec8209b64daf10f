//! A fault at every system call of the notifier, whichever of its threads makes it: the end, an
//! error, a second notifier. The one after it makes everything right: each report arrives, and
//! what arrives twice has the same id.
#![cfg(all(feature = "deliver", target_arch = "x86_64"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

#[path = "../support/mod.rs"]
mod support;

mod stage;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use nix::errno::Errno;
use nix::libc;

use stage::{PATIENCE, Stage};
use support::{SystemCall, Then};

/// How many notifiers are at work at a time, each on a host of its own.
const AT_A_TIME: usize = 4;

/// Tells `story` for 1, 2, 3, ... until there is no such call any more, a few at a time. The answer
/// of a story is whether there was one.
fn for_each_call(story: impl Fn(usize) -> bool + Sync) {
    let (next, past_the_end) = (AtomicUsize::new(1), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                // No two runs make the same calls: a short one is not the end.
                while past_the_end.load(Ordering::Relaxed) < AT_A_TIME {
                    if !story(next.fetch_add(1, Ordering::Relaxed)) {
                        past_the_end.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let calls = next.into_inner() - AT_A_TIME;
    assert!(calls > 50, "these are not all calls of a notifier: {calls}");
}

/// Whether `call` does what outlasts the process, or ends it. To be killed at another one leaves
/// what it leaves to be killed at the next of these.
fn has_effect(call: &SystemCall) -> bool {
    match call.number() {
        libc::SYS_openat => call.arguments()[2] & libc::O_CREAT as u64 != 0,
        number => [
            libc::SYS_mkdir,
            libc::SYS_rename,
            libc::SYS_unlink,
            libc::SYS_write,
            libc::SYS_writev,
            libc::SYS_ftruncate,
            libc::SYS_connect,
            libc::SYS_sendto,
            libc::SYS_exit_group,
        ]
        .contains(&number),
    }
}

/// Kills a notifier at its `nth` call that has an effect. Tells whether there was one.
fn killed_at(nth: usize, stage: &Stage) -> bool {
    let mut left = nth;
    stage.deliver_watched(PATIENCE, |call| {
        left = left.saturating_sub(usize::from(has_effect(call)));
        if left > 0 {
            return Then::Made;
        }
        stage.host.note(format!("killed at {call:?}"));
        Then::Killed
    });
    left == 0
}

#[test]
fn the_end_at_every_call_loses_nothing() {
    for_each_call(|nth| {
        let stage = Stage::with(4);
        let was_killed = killed_at(nth, &stage);
        stage.has_lost_nothing();
        stage.deliver();
        for told in stage.is_settled() {
            let twice = told.values().sum::<usize>() - told.len();
            assert!(twice <= 1, "only what was being told is told twice: {told:?}");
        }
        was_killed
    });
}

/// The first crashes were told; now there are more, and a notifier that is killed while it counts
/// and tells them.
#[test]
fn the_end_at_every_call_counts_each_crash_of_a_loop_once() {
    for_each_call(|nth| {
        let stage = Stage::of_a_loop(2);
        stage.deliver();
        (0..4).for_each(|_| stage.arrives());
        let was_killed = killed_at(nth, &stage);
        stage.deliver();
        stage.has_told_of_each_once();
        was_killed
    });
}

#[test]
fn the_end_at_every_call_of_a_retry_loses_nothing_and_doubles_nothing() {
    for_each_call(|nth| {
        let stage = Stage::with(4);
        stage.is_to_be_sent_again();
        let was_killed = killed_at(nth, &stage);
        stage.deliver();
        let sent = stage.has_sent_again();
        let twice = sent.values().sum::<usize>() - sent.len();
        assert!(sent.values().all(|count| *count > 0) && twice <= 1, "{sent:?}");
        was_killed
    });
}

#[test]
fn the_end_at_every_call_of_a_prune_drops_nothing_that_is_still_to_be_told() {
    for_each_call(|nth| {
        let stage = Stage::with(3);
        stage.is_to_be_pruned();
        let was_killed = killed_at(nth, &stage);
        stage.deliver();
        stage.has_kept_the_last();
        was_killed
    });
}

/// Of the same call for the same file no more than so many are refused: the notifier looks again
/// whenever something has moved.
const LOOKS: usize = 4;

/// A notifier that has done nothing but wait for so long has nothing left to do now.
const IDLE: Duration = Duration::from_millis(100);

/// What a call is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum About {
    Spool,
    Network,
    Neither,
}

/// What the disk or the network may refuse `call` with.
fn refusals(call: &SystemCall, about: About) -> &'static [Errno] {
    use Errno::{
        EAGAIN, ECONNREFUSED, ECONNRESET, EINTR, EIO, EMFILE, ENETUNREACH, ENOLCK, ENOSPC, EROFS,
    };
    match (call.number(), about) {
        (libc::SYS_connect, _) => &[ENETUNREACH, ECONNREFUSED, ECONNRESET],
        (libc::SYS_sendto | libc::SYS_recvfrom, _)
        | (libc::SYS_read | libc::SYS_write | libc::SYS_writev, About::Network) => {
            &[ECONNRESET, EINTR]
        }
        (libc::SYS_poll | libc::SYS_epoll_wait, _) => &[EINTR],
        (
            libc::SYS_socket | libc::SYS_socketpair | libc::SYS_epoll_create1 | libc::SYS_eventfd2,
            _,
        ) => &[EMFILE],
        (libc::SYS_clone3 | libc::SYS_clone, _) => &[EAGAIN],
        (libc::SYS_inotify_init1 | libc::SYS_inotify_add_watch, _) => &[ENOSPC],
        (libc::SYS_flock, _) => &[ENOLCK],
        (libc::SYS_openat, About::Spool) => &[EIO, EMFILE, ENOSPC],
        (
            libc::SYS_read | libc::SYS_getdents64 | libc::SYS_statx | libc::SYS_lstat,
            About::Spool,
        )
        | (libc::SYS_newfstatat | libc::SYS_fstat, About::Spool) => &[EIO],
        (libc::SYS_write | libc::SYS_fsync | libc::SYS_fdatasync, About::Spool) => &[ENOSPC, EIO],
        (libc::SYS_mkdir | libc::SYS_rename | libc::SYS_unlink | libc::SYS_ftruncate, _) => {
            &[EROFS, ENOSPC, EIO]
        }
        _ => &[],
    }
}

/// Lets every call fail that `refusals` names errors for, one in each run.
fn refuse_each(refusals: impl Fn(&SystemCall, About) -> &'static [Errno] + Sync) {
    for_each_call(|nth| {
        let stage = Stage::with(2);
        let root = stage.host.path("");
        let (mut left, mut refused, mut looks) = (nth, false, BTreeMap::new());
        let traced = stage.deliver_watched(IDLE, |call| {
            let file = call.file();
            let about = match &file {
                Some(file) if file.starts_with(&root) => About::Spool,
                Some(file) if file.to_string_lossy().starts_with("socket:") => About::Network,
                _ => About::Neither,
            };
            let errors = refusals(call, about);
            if refused || errors.is_empty() {
                return Then::Made;
            }
            let look = looks.entry((call.number(), file.clone())).or_insert(0);
            *look += 1;
            left -= usize::from(*look <= LOOKS);
            if left > 0 {
                return Then::Made;
            }
            refused = true;
            let errno = errors[nth % errors.len()];
            stage.host.note(format!("{errno} at {call:?} of {file:?}"));
            Then::Fails(errno)
        });
        let ended = traced.status.is_none_or(|status| status.code().is_some());
        assert!(ended && !traced.stderr.contains("panicked"));
        stage.has_lost_nothing();
        stage.deliver();
        stage.is_settled();
        refused
    });
}

#[test]
fn an_error_at_every_call_loses_nothing() {
    refuse_each(refusals);
}

/// At every so many calls a report arrives, and its hook starts a second notifier.
const EVERY: usize = 7;

#[test]
fn what_arrives_at_any_moment_is_told_once_by_the_first_or_by_the_second() {
    for_each_call(|nth| {
        let stage = Stage::with(2);
        let (mut left, mut second) = (nth * EVERY, None);
        let first = stage.deliver_watched(PATIENCE, |call| {
            left = left.saturating_sub(1);
            if left == 0 && second.is_none() {
                stage.host.note(format!("a second one at {call:?}"));
                stage.arrives();
                second = Some(stage.notifier().output().unwrap());
            }
            Then::Made
        });
        assert!(second.as_ref().is_none_or(|ran| ran.status.success()), "{second:?}");
        assert_eq!(first.status.and_then(|status| status.code()), Some(0));
        for told in stage.is_settled() {
            assert!(told.values().all(|count| *count == 1), "{told:?}");
        }
        second.is_some()
    });
}
