//! A host on which a notifier has something to do.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use nix::errno::Errno;
use serde_json::Value;
use upstart_monitor::id::{ReportId, RunId};
use upstart_monitor::time::Timestamp;

use crate::support::Hook::{PostStop, PreStart};
use crate::support::{AT_ONCE, Answer, Host, Receiver, SystemCall, Then, Traced, trace};

const SPOOL: &str = "/var/spool/upstart-monitor";
const FEED: &str = "/reports.jsonl";

/// What is no report: a torn one, and somebody's file.
const FOREIGN: [(&str, &str); 2] =
    [("01a1fc32-9a23-7d21-bf55-3b2f6c1d8e40.json", "{\"ver"), ("notes.txt", "mine")];

/// Before a notifier looks around by itself, after a minute: that would hide that it was not woken.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// Some time ago, so that nothing is examined: what is left in /proc of others is not ours to fail.
const AGO: Duration = Duration::from_secs(60);

/// What hooks left: its id, its place in the spool, its text.
type Left = [String; 3];

/// The reports on a job that crashed again and again.
fn left_by_a_loop() -> &'static [Left] {
    static LEFT: OnceLock<Vec<Left>> = OnceLock::new();
    LEFT.get_or_init(|| {
        let host = Host::new();
        for _ in 0..6 {
            host.hook(PreStart, "loop").run().harms_nobody();
            host.hook(PostStop, "loop").run().harms_nobody();
        }
        let then = Timestamp::from(SystemTime::now() - AGO);
        host.reports().into_iter().map(|report| aged(report, then)).collect()
    })
}

fn aged(mut report: Value, then: Timestamp) -> Left {
    report["time"] = serde_json::to_value(then).unwrap();
    let id = report["id"].as_str().unwrap().to_owned();
    [id.clone(), format!("new/{id}.json"), report.to_string()]
}

/// Reports and a marker, each of another job.
fn left_by_hooks() -> &'static [Left] {
    static LEFT: OnceLock<Vec<Left>> = OnceLock::new();
    LEFT.get_or_init(|| {
        let host = Host::new();
        for job in ["shop", "cart", "mail"] {
            host.hook(PreStart, job).run().harms_nobody();
            host.hook(PostStop, job).run().harms_nobody();
        }
        host.hook(PreStart, "lost").run().harms_nobody();
        host.hook(PreStart, "lost").run().harms_nobody();
        let then = Timestamp::from(SystemTime::now() - AGO);
        let reports = host.reports().into_iter().map(|report| aged(report, then));
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
pub(super) struct Stage {
    pub(super) host: Host,
    hook: Receiver,
    /// What hooks leave here, the first of it last.
    left: &'static [Left],
    /// What is to be told.
    ids: RefCell<BTreeSet<String>>,
}

impl Stage {
    /// With the last `count` of what hooks left, which are of different jobs.
    pub(super) fn with(count: usize) -> Self {
        Self::set(left_by_hooks(), count)
    }

    /// After `count` crashes of a job in a loop.
    pub(super) fn of_a_loop(count: usize) -> Self {
        Self::set(left_by_a_loop(), count)
    }

    fn set(left: &'static [Left], count: usize) -> Self {
        let (host, hook) = (Host::with_notifier(), Receiver::new([]));
        for place in ["new", "unseen"] {
            host.make_dir(&format!("{SPOOL}/{place}"));
        }
        for (name, content) in FOREIGN {
            host.write(&format!("{SPOOL}/new/{name}"), content);
        }
        host.config(&format!(
            "[delivery]\nproxy = \"none\"\n[sink.file.all]\npath = \"{FEED}\"\n\
             [sink.webhook.hook]\nurl = \"{}\"\nrecovered = false\n\
             [folding]\nintervals = [\"1ms\"]\n{AT_ONCE}",
            hook.url("/hook")
        ));
        let config = host.path("/etc/upstart-monitor/config.toml");
        std::fs::set_permissions(config, PermissionsExt::from_mode(0o600)).unwrap();
        let stage = Self { host, hook, left, ids: RefCell::default() };
        (0..count).for_each(|_| stage.arrives());
        stage
    }

    /// One more of what hooks left arrives.
    pub(super) fn arrives(&self) {
        let mut ids = self.ids.borrow_mut();
        let [id, path, text] = self.left.iter().rev().nth(ids.len()).unwrap();
        self.host.write(&format!("{SPOOL}/arriving"), text);
        let target = self.host.path(&format!("{SPOOL}/{path}"));
        std::fs::rename(self.host.path(&format!("{SPOOL}/arriving")), target).unwrap();
        ids.insert(id.clone());
    }

    /// Runs a notifier, and asks `judge` of each of its calls from the first one below the root.
    pub(super) fn deliver_watched(
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

    pub(super) fn notifier(&self) -> Command {
        let mut command = Command::new(self.host.program("upstart-crash"));
        command.arg("deliver").env_clear().env("UPSTART_MONITOR_ROOT", self.host.path(""));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command
    }

    /// Runs a notifier that nothing happens to.
    #[track_caller]
    pub(super) fn deliver(&self) {
        let ran = self.deliver_watched(PATIENCE, |_| Then::Made);
        assert_eq!(ran.status.and_then(|status| status.code()), Some(0));
    }

    /// Whatever was to be told is in the spool, on its way or taken.
    #[track_caller]
    pub(super) fn has_lost_nothing(&self) {
        let places = [("new", ".json"), ("unseen", ".marker"), ("archive", ".json")];
        let held: BTreeSet<_> = places
            .iter()
            .flat_map(|(place, end)| {
                let names = self.host.spool(place).into_iter();
                names.filter_map(move |name| name.strip_suffix(end).map(str::to_owned))
            })
            .collect();
        assert!(held.is_superset(&self.ids.borrow()), "{held:?}");
        let foreign: BTreeSet<_> =
            ["new", "corrupt"].iter().flat_map(|place| self.host.spool(place)).collect();
        assert!(FOREIGN.iter().all(|(name, _)| foreign.contains(*name)), "{foreign:?}");
    }

    /// Everything was given up for the service, and now somebody wants it sent.
    pub(super) fn is_to_be_sent_again(&self) {
        self.is_given_up();
        self.is_asked(r#"{"retry":[{"sink":"webhook.hook","notice":null}]}"#);
    }

    /// Everything was given up for the service, and now somebody wants to be dropped what need not be
    /// kept; there is one more crash to be told.
    pub(super) fn is_to_be_pruned(&self) {
        self.is_given_up();
        self.is_asked(r#"{"prune":{"older_than_seconds":0,"jobs":[]}}"#);
        self.arrives();
    }

    /// The service takes nothing of what there is, and all that comes later.
    fn is_given_up(&self) {
        let refused = self.ids.borrow().iter().map(|_| Answer::status(418)).collect::<Vec<_>>();
        self.hook.answer_from_now_on(refused.into_iter().chain([Answer::status(200)]));
        self.deliver();
        assert_eq!(self.host.spool("dead/webhook.hook").len(), self.ids.borrow().len());
    }

    /// Somebody asks the notifier for something.
    fn is_asked(&self, request: &str) {
        self.host.make_dir(&format!("{SPOOL}/requests"));
        let name = "01a1fc32-9a23-7d21-bf55-3b2f6c1d8e41.json";
        self.host.write(&format!("{SPOOL}/requests/{name}"), request);
    }

    /// What could be dropped is, and nobody is asked any more. The last crash is kept, and was told.
    #[track_caller]
    pub(super) fn has_kept_the_last(&self) {
        let spool = |place: &str| self.host.spool(place);
        let told = [self.fed(), self.posted()];
        let last = self.left.iter().rev().nth(self.ids.borrow().len() - 1).unwrap()[0].clone();
        assert_eq!(spool("archive"), [format!("{last}.json")]);
        for place in ["requests", "new", "corrupt", "dead/webhook.hook"] {
            assert_eq!(spool(place), [""; 0], "{place}");
        }
        // Killed after its last notice, a sink that had failed is noted to do so until the next one.
        let queued = spool("queue/webhook.hook");
        assert!(queued.is_empty() || queued == ["failing"], "{queued:?}");
        assert!(told.iter().all(|told| told.keys().eq(self.ids.borrow().iter())), "{told:?}");
    }

    /// What was given up is sent, and nobody is asked any more. The answer: how often each was
    /// posted after that.
    #[track_caller]
    pub(super) fn has_sent_again(&self) -> BTreeMap<String, usize> {
        self.is_taken();
        assert_eq!(self.host.spool("requests"), [""; 0]);
        let [_, mut posted] = self.is_settled();
        posted.values_mut().for_each(|count| *count -= 1);
        posted
    }

    /// Everything is taken and told, and the notices, each of which may have come twice under its
    /// id, tell together of every crash once.
    #[track_caller]
    pub(super) fn has_told_of_each_once(&self) {
        self.is_taken();
        let mut notices = BTreeMap::new();
        for post in self.hook.requests() {
            let notice = post.json();
            let id = notice["id"].as_str().unwrap().to_owned();
            let before = notices.insert(id, notice.clone());
            assert!(before.is_none_or(|before| before == notice), "not what it was before");
        }
        let tallies = notices.values().flat_map(|notice| {
            let details = if notice["kind"] == "crash" { "incident" } else { "repeats" };
            notice[details]["tally"].as_array().unwrap()
        });
        let told: u64 = tallies.map(|count| count["count"].as_u64().unwrap()).sum();
        assert_eq!(told, self.ids.borrow().len() as u64, "{:?}", notices.keys());
    }

    /// Nothing is new, nothing waits, and what is no report is put aside.
    #[track_caller]
    fn is_taken(&self) {
        let spool = |place: &str| self.host.spool(place);
        assert_eq!((spool("new"), spool("unseen")), (vec![], vec![]));
        assert_eq!(spool("corrupt"), FOREIGN.map(|(name, _)| name));
        let taken: Vec<_> = self.ids.borrow().iter().map(|id| format!("{id}.json")).collect();
        assert_eq!(spool("archive"), taken);
        for sink in ["file.all", "webhook.hook"] {
            assert_eq!(spool(&format!("queue/{sink}")), [""; 0]);
            assert_eq!(spool(&format!("dead/{sink}")), [""; 0]);
        }
    }

    /// Everything is settled: taken and told, and what is no report is put aside. The answers: how
    /// often each id stands in the file, and how often each was posted.
    #[track_caller]
    pub(super) fn is_settled(&self) -> [BTreeMap<String, usize>; 2] {
        self.is_taken();
        let told = [self.fed(), self.posted()];
        assert!(told.iter().all(|told| told.keys().eq(self.ids.borrow().iter())), "{told:?}");
        told
    }

    /// How often each id stands in the file.
    fn fed(&self) -> BTreeMap<String, usize> {
        let feed = self.host.read(FEED);
        assert!(feed.ends_with('\n'));
        counted(feed.lines().map(|line| {
            let report: Value = serde_json::from_str(line).unwrap();
            report["id"].as_str().unwrap().to_owned()
        }))
    }

    /// How often each id was posted.
    fn posted(&self) -> BTreeMap<String, usize> {
        counted(self.hook.requests().into_iter().map(|post| {
            let id = post.header("webhook-id").unwrap().to_owned();
            assert_eq!(post.json()["id"], id);
            id
        }))
    }
}

fn counted(ids: impl Iterator<Item = String>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    ids.for_each(|id| *counts.entry(id).or_default() += 1);
    counts
}
