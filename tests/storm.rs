//! A storm of crashes while the service that is to be told is down: nothing is lost, and nobody is
//! spammed. The real notifier, on the real clock.
#![cfg(feature = "deliver")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test that cannot go on fails, and what was measured can be looked at"
)]

mod support;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;
use support::{Answer, Crashes, Host, Notifier, Receiver, configure, wait_until};
use upstart_monitor::time::Timestamp;

const CRASHES: usize = 1000;
const JOBS: usize = 50;

const SPOOL: &str = "/var/spool/upstart-monitor";

/// How many messages a sink is sent in a minute, if nothing else is configured.
const A_MINUTE: usize = 10;

/// A host with a feed, and a service that is told of the storm.
struct Stage {
    host: Host,
    hook: Receiver,
    peak: Cell<Peak>,
    began: Instant,
    /// How many have passed while no notifier was at work.
    minutes: Cell<usize>,
}

/// The most that was seen.
#[derive(Debug, Clone, Copy, Default)]
struct Peak {
    spool_files: u64,
    spool_bytes: u64,
    notifier_kib: u64,
}

impl Stage {
    /// The service is down.
    fn new() -> Self {
        let (host, hook) = (Host::with_notifier(), Receiver::new([Answer::Reset]));
        configure(
            &host,
            &format!(
                "[sink.file.feed]\npath = \"/feed.jsonl\"\n\
                 [sink.webhook.hook]\nurl = \"{}\"\nrecovered = false\n\
                 [folding]\nintervals = [\"1s\"]\n",
                hook.url("/hook")
            ),
        );
        // In memory: how fast a disk flushes is no matter of this test.
        host.mount_small(SPOOL, 64 << 20);
        let (peak, minutes) = (Cell::default(), Cell::default());
        Self { host, hook, peak, began: Instant::now(), minutes }
    }

    /// Waits, and watches meanwhile how much `notifier` and the spool take.
    #[track_caller]
    fn wait_until(&self, notifier: &Notifier<'_>, what: &str, condition: impl Fn() -> bool) {
        let mut measured = None;
        wait_until(what, || {
            // To measure takes time, too, which the notifier would lack.
            if measured.is_none_or(|at: Instant| at.elapsed() > Duration::from_millis(50)) {
                self.measure(notifier);
                measured = Some(Instant::now());
            }
            condition()
        });
    }

    fn measure(&self, notifier: &Notifier<'_>) {
        let [files, bytes] = size(&self.host.path(SPOOL));
        let before = self.peak.get();
        self.peak.set(Peak {
            spool_files: before.spool_files.max(files),
            spool_bytes: before.spool_bytes.max(bytes),
            notifier_kib: before.notifier_kib.max(notifier.peak_kib()),
        });
    }

    /// A minute passes while no notifier is at work: all that the next one knows of what was told
    /// is a minute older.
    fn a_minute_passes(&self) {
        self.minutes.set(self.minutes.get() + 1);
        for name in self.host.spool("incidents") {
            let path = format!("{SPOOL}/incidents/{name}");
            let mut incident: Value = serde_json::from_str(&self.host.read(&path)).unwrap();
            for account in incident["accounts"].as_object_mut().unwrap().values_mut() {
                for time in ["told_at", "untold_since"] {
                    let then: Option<Timestamp> =
                        serde_json::from_value(account[time].clone()).unwrap();
                    let earlier =
                        then.map(|then| Timestamp::from_micros(then.micros() - 60_000_000));
                    account[time] = serde_json::to_value(earlier).unwrap();
                }
            }
            self.host.write(&path, incident.to_string());
        }
    }

    /// How often each id stands in the feed.
    fn feed(&self) -> BTreeMap<String, usize> {
        let mut ids = BTreeMap::new();
        for line in self.host.read("/feed.jsonl").lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            *ids.entry(line["id"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        ids
    }

    /// What the service took.
    fn told(&self) -> Vec<Value> {
        let taken = self.hook.requests().into_iter().filter(|it| it.answered == Some(200));
        taken.map(|request| request.json()).collect()
    }

    fn crashes_told(&self) -> u64 {
        self.told().iter().map(crashes_in).sum()
    }

    /// Whether everything that hooks left is taken.
    fn has_taken(&self, reports: usize) -> bool {
        self.host.spool("new").is_empty() && self.host.spool("archive").len() == reports
    }

    fn owes(&self, sink: &str) -> usize {
        self.host.spool(&format!("queue/{sink}")).len()
    }
}

/// How many crashes a notice tells of that no other one does.
fn crashes_in(notice: &Value) -> u64 {
    let total = |tally: &Value| -> u64 {
        tally.as_array().unwrap().iter().map(|it| it["count"].as_u64().unwrap()).sum()
    };
    match notice["kind"].as_str().unwrap() {
        "crash" => total(&notice["incident"]["tally"]),
        "repeats" => notice["repeats"]["crashes"].as_u64().unwrap(),
        "digest" => {
            let jobs = notice["digest"]["jobs"].as_array().unwrap();
            let named: u64 = jobs.iter().map(|job| total(&job["tally"])).sum();
            named + notice["digest"]["more_crashes"].as_u64().unwrap()
        }
        other => unreachable!("{other}"),
    }
}

/// The files below `directory`, and their bytes.
fn size(directory: &Path) -> [u64; 2] {
    let mut sum = [0; 2];
    for item in directory.read_dir().into_iter().flatten().flatten() {
        // What is gone by now is not counted.
        let Ok(facts) = item.metadata() else { continue };
        let of = if facts.is_dir() { size(&item.path()) } else { [1, facts.len()] };
        sum = [sum[0] + of[0], sum[1] + of[1]];
    }
    sum
}

/// A thousand crashes of fifty jobs while the service is down. Then it is busy, and then up.
/// So many notifiers are killed while they take what arrives.
fn storm(killed: usize) -> Stage {
    let stage = Stage::new();
    let Stage { host, hook, .. } = &stage;
    let crashes = Crashes::on(host);
    std::thread::scope(|scope| {
        let mut notifier = Notifier::start(host);
        scope.spawn(|| crashes.storm(CRASHES, JOBS));
        for nth in 1..=killed {
            let some = nth * CRASHES / (killed + 1);
            stage.wait_until(&notifier, "some to be taken", || host.spool("archive").len() >= some);
            drop(notifier);
            notifier = Notifier::start(host);
        }
        stage.wait_until(&notifier, "all to be taken", || stage.has_taken(CRASHES));
        stage.wait_until(&notifier, "the feed", || stage.owes("file.feed") == 0);
        hook.wait_for(2);
    });
    assert!(stage.owes("webhook.hook") <= A_MINUTE + 1, "{:?}", host.spool("queue/webhook.hook"));

    let busy = Answer::status(429).header("Retry-After", "1");
    hook.answer_from_now_on([busy.clone(), busy, Answer::status(200)]);
    let all = u64::try_from(CRASHES).unwrap();
    let mut last = None;
    while stage.crashes_told() < all {
        drop(last.take());
        stage.a_minute_passes();
        let notifier = last.insert(Notifier::start(host));
        let before = stage.told().len();
        stage.wait_until(notifier, "something to be told", || {
            stage.told().len() > before && stage.owes("webhook.hook") == 0
        });
    }
    assert!(last.unwrap().wait().success(), "with everything told, it ends");
    stage
}

/// What is true however often notifiers are killed.
fn is_settled(stage: &Stage) {
    let Stage { host, hook, peak, began, minutes } = stage;
    let (told, tries) = (stage.told(), hook.requests());
    let peak = peak.get();
    let line = format!(
        "{CRASHES} crashes of {JOBS} jobs: {} told in {} messages, {} tries; feed: {} lines; {peak:?}",
        stage.crashes_told(),
        told.len(),
        tries.len(),
        host.read("/feed.jsonl").lines().count(),
    );
    host.note(&line);
    eprintln!("{line}");

    assert_eq!(stage.crashes_told(), CRASHES as u64, "{told:#?}");
    let messages: BTreeMap<_, _> = told.iter().map(|it| (it["id"].to_string(), it)).collect();
    assert_eq!(messages.len(), told.len(), "nothing is told twice");
    // Each minute as many as the limit allows, and one digest of the rest. One is over before the
    // service is back, one brings what has repeated since, the others are for a slow machine.
    assert!(minutes.get() <= 4, "{minutes:?}: {told:#?}");
    let minutes = minutes.get() + 1 + began.elapsed().as_secs() as usize / 60;
    assert!(told.len() <= minutes * (A_MINUTE + 1), "{minutes}: {told:#?}");
    assert!(tries.iter().any(|it| it.answered == Some(429)));

    assert_eq!(stage.feed().len(), CRASHES);
    for place in ["new", "unseen", "corrupt", "queue/file.feed", "queue/webhook.hook", "dead"] {
        assert_eq!(host.spool(place), [""; 0], "{place}");
    }
    // A report, what it is for the feed until that has it, and what the books hold.
    let report = size(&host.path(SPOOL).join("archive"))[1];
    assert!(peak.spool_bytes <= 3 * report, "{peak:?}, reports {report}");
    assert!(peak.spool_files <= 2 * CRASHES as u64 + 500, "{peak:?}");
    assert!((1..64 * 1024).contains(&peak.notifier_kib), "{peak:?}");
}

#[test]
fn a_storm_while_the_service_is_down_arrives_whole_in_a_few_messages() {
    let stage = storm(0);
    is_settled(&stage);
    assert!(stage.feed().values().all(|count| *count == 1));
}

#[test]
fn notifiers_that_are_killed_in_it_lose_nothing() {
    let killed = 3;
    let stage = storm(killed);
    is_settled(&stage);
    let twice = stage.feed().values().sum::<usize>() - CRASHES;
    assert!(twice <= killed, "only what was being told is told twice: {twice}");
}
