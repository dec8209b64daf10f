//! A fault at every system call of the notifier, whichever of its threads makes it: the end, an
//! error, a second notifier. The one after it makes everything right: each report arrives, and
//! what arrives twice has the same id.
#![cfg(all(feature = "deliver", target_arch = "x86_64"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use nix::errno::Errno;
use nix::libc;
use serde_json::Value;
use support::Hook::{PostStop, PreStart};
use support::{AT_ONCE, Host, Receiver, SystemCall, Then, Traced, trace};
use upstart_monitor::id::{ReportId, RunId};
use upstart_monitor::time::Timestamp;

const SPOOL: &str = "/var/spool/upstart-monitor";
const FEED: &str = "/reports.jsonl";

/// What is no report: a torn one, and somebody's file.
const FOREIGN: [(&str, &str); 2] =
    [("01a1fc32-9a23-7d21-bf55-3b2f6c1d8e40.json", "{\"ver"), ("notes.txt", "mine")];

/// Before a notifier looks around by itself, after a minute: that would hide that it was not woken.
const PATIENCE: Duration = Duration::from_secs(20);

/// How many notifiers are at work at a time, each on a host of its own.
const AT_A_TIME: usize = 4;

/// Some time ago, so that nothing is examined: what is left in /proc of others is not ours to fail.
const AGO: Duration = Duration::from_secs(60);

/// The reports and the marker that hooks left: their ids, their places in the spool, their text.
fn left_by_hooks() -> &'static [[String; 3]] {
    static LEFT: OnceLock<Vec<[String; 3]>> = OnceLock::new();
    LEFT.get_or_init(|| {
        let host = Host::new();
        for job in ["shop", "cart", "mail"] {
            host.hook(PreStart, job).run().harms_nobody();
            host.hook(PostStop, job).run().harms_nobody();
        }
        host.hook(PreStart, "lost").run().harms_nobody();
        host.hook(PreStart, "lost").run().harms_nobody();
        let then = Timestamp::from(SystemTime::now() - AGO);
        let reports = host.reports().into_iter().map(|mut report| {
            report["time"] = serde_json::to_value(then).unwrap();
            let id = report["id"].as_str().unwrap().to_owned();
            [id.clone(), format!("new/{id}.json"), report.to_string()]
        });
        let unseen = host.unseen().into_iter().map(|marker| {
            let value = |key| marker.lines().find_map(|line| line.strip_prefix(key)).unwrap();
            let found = value("found ").split(' ').next().unwrap();
            let run = RunId::from_hex(value("run ").as_bytes()).unwrap();
            let id = ReportId::new(then, run).text().to_string();
            let text = marker.replace(found, &then.micros().to_string());
            [id.clone(), format!("unseen/{id}.marker"), text]
        });
        reports.chain(unseen).collect()
    })
}

/// A host on which a notifier has something to do, and a service that it tells.
struct Stage {
    host: Host,
    hook: Receiver,
    /// What is to be told.
    ids: BTreeSet<String>,
}

impl Stage {
    /// With the last `count` of what hooks left, which are of different jobs.
    fn with(count: usize) -> Self {
        let (host, hook) = (Host::with_notifier(), Receiver::new([]));
        for place in ["new", "unseen"] {
            host.make_dir(&format!("{SPOOL}/{place}"));
        }
        for (name, content) in FOREIGN {
            host.write(&format!("{SPOOL}/new/{name}"), content);
        }
        let left = left_by_hooks().iter().rev().take(count);
        let ids = left.map(|[id, path, text]| {
            host.write(&format!("{SPOOL}/{path}"), text);
            id.clone()
        });
        let ids = ids.collect();
        host.config(&format!(
            "[delivery]\nproxy = \"none\"\n[sink.file.all]\npath = \"{FEED}\"\n\
             [sink.webhook.hook]\nurl = \"{}\"\n{AT_ONCE}",
            hook.url("/hook")
        ));
        let config = host.path("/etc/upstart-monitor/config.toml");
        std::fs::set_permissions(config, PermissionsExt::from_mode(0o600)).unwrap();
        Self { host, hook, ids }
    }

    /// Runs a notifier, and asks `judge` of each of its calls from the first one below the root.
    fn deliver_watched(
        &self,
        patience: Duration,
        mut judge: impl FnMut(&SystemCall) -> Then,
    ) -> Traced {
        let root = self.host.path("");
        let mut begun = false;
        let traced = trace(self.notifier(), patience, |call| {
            let file = call.file();
            begun |= file.as_ref().is_some_and(|path| path.starts_with(&root));
            match file {
                // To read hundreds of certificates takes longer than all the rest.
                Some(path) if path.starts_with("/etc/ssl") => Then::Fails(Errno::ENOENT),
                _ if !begun => Then::Made,
                _ => judge(call),
            }
        });
        self.host.note(format!("{:?}: {}", traced.status, traced.stderr));
        traced
    }

    fn notifier(&self) -> Command {
        let mut command = Command::new(self.host.program("upstart-crash"));
        command.arg("deliver").env_clear().env("UPSTART_MONITOR_ROOT", self.host.path(""));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command
    }

    /// Runs a notifier that nothing happens to.
    #[track_caller]
    fn deliver(&self) {
        let ran = self.deliver_watched(PATIENCE, |_| Then::Made);
        assert_eq!(ran.status.and_then(|status| status.code()), Some(0));
    }

    /// Whatever was to be told is in the spool, on its way or taken.
    #[track_caller]
    fn has_lost_nothing(&self) {
        let places = [("new", ".json"), ("unseen", ".marker"), ("archive", ".json")];
        let held: BTreeSet<_> = places
            .iter()
            .flat_map(|(place, end)| {
                let names = self.host.spool(place).into_iter();
                names.filter_map(move |name| name.strip_suffix(end).map(str::to_owned))
            })
            .collect();
        assert!(held.is_superset(&self.ids), "{held:?}");
        let foreign: BTreeSet<_> =
            ["new", "corrupt"].iter().flat_map(|place| self.host.spool(place)).collect();
        assert!(FOREIGN.iter().all(|(name, _)| foreign.contains(*name)), "{foreign:?}");
    }

    /// Everything is settled: taken and told, and what is no report is put aside. The answers: how
    /// often each id stands in the file, and how often each was posted.
    #[track_caller]
    fn is_settled(&self) -> [BTreeMap<String, usize>; 2] {
        let spool = |place: &str| self.host.spool(place);
        assert_eq!((spool("new"), spool("unseen")), (vec![], vec![]));
        assert_eq!(spool("corrupt"), FOREIGN.map(|(name, _)| name));
        let taken: Vec<_> = self.ids.iter().map(|id| format!("{id}.json")).collect();
        assert_eq!(spool("archive"), taken);
        for sink in ["file.all", "webhook.hook"] {
            assert_eq!(spool(&format!("queue/{sink}")), [""; 0]);
            assert_eq!(spool(&format!("dead/{sink}")), [""; 0]);
        }
        let feed = self.host.read(FEED);
        let lines = feed.lines().map(|line| {
            let report: Value = serde_json::from_str(line).unwrap();
            report["id"].as_str().unwrap().to_owned()
        });
        let posts = self.hook.requests().into_iter();
        let posts = posts.map(|post| {
            let id = post.header("webhook-id").unwrap().to_owned();
            assert_eq!(post.json()["id"], id);
            id
        });
        let told = [counted(lines), counted(posts)];
        assert!(feed.ends_with('\n'));
        assert!(told.iter().all(|told| told.keys().eq(&self.ids)), "{told:?}");
        told
    }
}

fn counted(ids: impl Iterator<Item = String>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    ids.for_each(|id| *counts.entry(id).or_default() += 1);
    counts
}

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
    println!("{calls} calls");
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

#[test]
fn the_end_at_every_call_loses_nothing() {
    for_each_call(|nth| {
        let stage = Stage::with(4);
        let mut left = nth;
        stage.deliver_watched(PATIENCE, |call| {
            left = left.saturating_sub(usize::from(has_effect(call)));
            if left > 0 {
                return Then::Made;
            }
            stage.host.note(format!("killed at {call:?}"));
            Then::Killed
        });
        stage.has_lost_nothing();
        stage.deliver();
        for told in stage.is_settled() {
            let twice = told.values().sum::<usize>() - told.len();
            assert!(twice <= 1, "only what was being told is told twice: {told:?}");
        }
        left == 0
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
    use Errno::{ECONNREFUSED, ECONNRESET, EINTR, EIO, EMFILE, ENETUNREACH, ENOLCK, ENOSPC, EROFS};
    match (call.number(), about) {
        (libc::SYS_connect, _) => &[ENETUNREACH, ECONNREFUSED, ECONNRESET],
        (libc::SYS_sendto | libc::SYS_recvfrom, _)
        | (libc::SYS_read | libc::SYS_write | libc::SYS_writev, About::Network) => {
            &[ECONNRESET, EINTR]
        }
        (libc::SYS_poll | libc::SYS_epoll_wait, _) => &[EINTR],
        (libc::SYS_socket, _) => &[EMFILE],
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

/// At every so many calls a second notifier is started.
const EVERY: usize = 7;

#[test]
fn a_second_one_at_any_moment_leaves_each_report_told_once() {
    for_each_call(|nth| {
        let stage = Stage::with(2);
        let (mut left, mut second) = (nth * EVERY, None);
        let first = stage.deliver_watched(PATIENCE, |call| {
            left = left.saturating_sub(1);
            if left == 0 && second.is_none() {
                stage.host.note(format!("a second one at {call:?}"));
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
