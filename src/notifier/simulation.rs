//! A notifier on a host whose clock the test turns: hours of crashes in a moment.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::books::Books;
use super::clock::Moment;
use super::desk::Desk;
use super::examinations::Examinations;
use super::given_up::GivenUp;
use super::worker::{Memory, Next, Worker};
use crate::config::Config;
use crate::examine::Settings;
use crate::id::{ReportId, RunId};
use crate::job_settings::JobSettings;
use crate::notice::{JobName, Notice, Subject};
use crate::paths::Places;
use crate::policy::Folding;
use crate::quiet::Windows;
use crate::redaction::Redaction;
use crate::routing::Routing;
use crate::sinks::{Attempt, NamedSink, Outcome, Sink, samples};
use crate::spool::{Limits, Spool};
use crate::time::Timestamp;
use crate::verdict::{Exit, ExitKind, VerdictKind};
use crate::zone::Zone;

/// What a service of the simulation answers at a time.
type Answers = Box<dyn Fn(Seconds) -> Outcome + Send + Sync>;

/// Seconds since the simulation began.
pub(super) type Seconds = i64;

/// When it begins: long after any real clock, so that nothing is found fresh enough to be examined.
const BEGIN: i64 = 2_100_000_000;

/// The longest step of the clock where nothing is due.
const STEP: Duration = Duration::from_secs(3600);

/// The clocks of the host.
#[derive(Default)]
struct Clocks {
    /// Since the beginning, in microseconds; nobody sets this one.
    steady: AtomicI64,
    /// By how much somebody has set the other, in microseconds.
    set_by: AtomicI64,
}

impl Clocks {
    fn now(&self) -> Moment {
        let steady = self.steady.load(Relaxed);
        Moment {
            time: Timestamp::from_micros(BEGIN * 1_000_000 + steady + self.set_by.load(Relaxed)),
            steady: Duration::from_micros(steady.unsigned_abs()),
        }
    }
}

/// A service, and what it took.
#[derive(Clone)]
pub(super) struct Service {
    answers: Arc<Answers>,
    clocks: Arc<Clocks>,
    log: Arc<Mutex<Log>>,
}

#[derive(Default)]
struct Log {
    tries: Vec<ReportId>,
    took: Vec<(Seconds, Notice)>,
}

impl Sink for Service {
    fn try_once(&self, attempt: &Attempt<'_>) -> Result<Outcome, Outcome> {
        let now = seconds(self.clocks.now());
        let outcome = (self.answers)(now);
        let mut log = self.log.lock().unwrap();
        log.tries.push(attempt.notice.notice().id);
        if matches!(outcome, Outcome::Delivered { .. }) {
            log.took.push((now, attempt.notice.notice().clone()));
        }
        Ok(outcome)
    }

    fn fingerprint(&self) -> String {
        String::new()
    }
}

impl Service {
    /// What it took, and when.
    pub(super) fn took(&self) -> Vec<(Seconds, Notice)> {
        self.log.lock().unwrap().took.clone()
    }

    /// How often something was sent.
    pub(super) fn tries(&self) -> usize {
        self.log.lock().unwrap().tries.len()
    }

    /// How many crashes it was told of, all notices together.
    pub(super) fn crashes_told(&self) -> u64 {
        self.took().iter().map(|(_, notice)| crashes_in(notice)).sum()
    }

    /// One word and a count for each notice, with the time: `60 repeats 6`.
    pub(super) fn story(&self) -> Vec<String> {
        let word = |notice: &Notice| match &notice.subject {
            Subject::Crash { .. } if notice.severity == crate::verdict::Severity::Critical => {
                "gave up"
            }
            Subject::Crash { .. } => "crash",
            Subject::Repeats { .. } => "repeats",
            Subject::Recovered { .. } => "recovered",
            Subject::Digest { .. } => "digest",
            Subject::SinkFailed { .. } => "sink failed",
            Subject::Test { .. } => "test",
        };
        let told = |notice: &Notice| match &notice.subject {
            Subject::Recovered { tally, .. } => tally.total(),
            _ => crashes_in(notice),
        };
        let took = self.took();
        took.iter().map(|(at, it)| format!("{at} {} {}", word(it), told(it))).collect()
    }
}

/// How many crashes a notice tells of that no other one does.
pub(super) fn crashes_in(notice: &Notice) -> u64 {
    match &notice.subject {
        Subject::Crash { tally, .. } | Subject::Repeats { tally, .. } => tally.total(),
        Subject::Digest { jobs, more_crashes, .. } => {
            jobs.iter().map(|job| job.tally.total()).sum::<u64>() + more_crashes
        }
        Subject::Recovered { .. } | Subject::SinkFailed { .. } | Subject::Test { .. } => 0,
    }
}

/// The host, its spool, its notifier.
pub(super) struct Simulation {
    _dir: tempfile::TempDir,
    pub(super) spool: Spool,
    clocks: Arc<Clocks>,
    config: Config,
    examinations: Examinations,
    books: Option<Books>,
    memories: BTreeMap<String, Memory>,
    /// The crashes to come, in the order of their times.
    to_come: VecDeque<(Seconds, String, How)>,
    /// Since when jobs are up, that are.
    up_since: BTreeMap<String, Seconds>,
    reports: u64,
    /// What was said.
    pub(super) said: Mutex<Vec<String>>,
    /// Whether the notifier forgets, after each look, all that is not on the disk.
    pub(super) forgetful: bool,
}

/// How a job crashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    Status(i32),
    GaveUp,
}

impl Simulation {
    /// A host whose services answer as they are told.
    pub(super) fn new<const N: usize>(services: [(&str, Answers); N]) -> (Self, [Service; N]) {
        let memory = std::path::Path::new("/dev/shm");
        let dir = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        let dir = dir.unwrap();
        let spool = Spool::at(dir.path().join("spool"));
        drop(spool.lock().unwrap());
        let clocks = Arc::new(Clocks::default());
        let named = services.map(|(name, answers)| {
            let (answers, clocks, log) = (Arc::new(answers), clocks.clone(), Arc::default());
            (name, Service { answers, clocks, log })
        });
        let sink = |(name, service): &(&str, Service)| NamedSink {
            name: (*name).to_owned(),
            routing: Routing::default(),
            sink: Box::new(service.clone()),
        };
        let config = Config {
            retry_for: Duration::from_secs(24 * 3600),
            redaction: Redaction::off(),
            folding: Folding::default(),
            examination: Arc::new(Settings { settle: Duration::ZERO, ..Settings::default() }),
            jobs: JobSettings::default(),
            windows: Windows::new(Vec::new(), Ok(Zone::utc())),
            spool: Limits::default(),
            metrics: None,
            sinks: named.iter().map(sink).collect(),
        };
        let examinations = Examinations::new(Places::under(b"/nonexistent"), &spool).unwrap();
        let simulation = Self {
            _dir: dir,
            spool,
            clocks,
            config,
            examinations,
            books: None,
            memories: BTreeMap::new(),
            to_come: VecDeque::new(),
            up_since: BTreeMap::new(),
            reports: 0,
            said: Mutex::default(),
            forgetful: false,
        };
        (simulation, named.map(|(_, service)| service))
    }

    /// `job` is to crash at `at`; those of all jobs are given in the order of their times.
    pub(super) fn crash(&mut self, at: Seconds, job: &str, how: How) {
        assert!(self.to_come.back().is_none_or(|(before, ..)| *before <= at), "in their order");
        self.to_come.push_back((at, job.to_owned(), how));
    }

    /// From now on `job` has been up since `since`.
    pub(super) fn up(&mut self, job: &str, since: Seconds) {
        self.up_since.insert(job.to_owned(), since);
    }

    /// Somebody sets the clock by so many seconds.
    pub(super) fn set_clock_by(&self, seconds: Seconds) {
        self.clocks.set_by.fetch_add(seconds * 1_000_000, Relaxed);
    }

    /// Goes on until `end`. Tells whether there was nothing left to do before.
    pub(super) fn run_until(&mut self, end: Seconds) -> bool {
        loop {
            let now = self.now();
            while let Some((_, job, how)) = self.to_come.pop_front_if(|(at, ..)| *at <= now) {
                self.leave_report(&job, how);
            }
            let wait = self.look();
            let is_idle = wait.is_none() && self.to_come.is_empty();
            if is_idle || now >= end {
                return is_idle;
            }
            let until_next = self.to_come.front().map_or(end - now, |(at, ..)| at - now).max(0);
            let until_next = Duration::from_secs(until_next.unsigned_abs());
            let step = wait.unwrap_or(STEP).min(STEP).min(until_next);
            let micros = i64::try_from(step.as_micros()).unwrap().max(1000);
            self.clocks.steady.fetch_add(micros, Relaxed);
        }
    }

    fn now(&self) -> Seconds {
        seconds(self.clocks.now())
    }

    /// One look at the spool, and all that the workers can do then. How long nothing is to be done;
    /// `None` where nothing is left.
    fn look(&mut self) -> Option<Duration> {
        let Self { spool, clocks, config, examinations, books, memories, up_since, said, .. } =
            self;
        let (clock, said) = (|| clocks.now(), &*said);
        let say = |line: std::fmt::Arguments<'_>| said.lock().unwrap().push(line.to_string());
        let now = seconds(clock());
        let uptime = |job: &JobName| {
            let since = up_since.get(&job.name)?;
            Some(Duration::from_secs((now - since).max(0).unsigned_abs()))
        };
        let mut desk = Desk {
            spool,
            config,
            examinations,
            given_up: &mut GivenUp::new(Places::under(b"/nonexistent")),
            uptime: &uptime,
            clock: &clock,
            say: &say,
            books: books.take(),
            meters: None,
            unpruned: 0,
        };
        let look = desk.look().unwrap();
        *books = desk.books;
        let mut waits: Vec<_> = look.again_in.into_iter().collect();
        waits.extend((look.more || look.left).then_some(Duration::ZERO));
        for sink in &config.sinks {
            let memory = memories.entry(sink.name.clone()).or_default();
            if spool.parked(&sink.name).is_some() {
                continue;
            }
            let (redaction, retry_for) = (&config.redaction, config.retry_for);
            let worker = Worker {
                spool,
                sink,
                redaction,
                retry_for,
                clock: &clock,
                meters: None,
                say: &say,
            };
            let next = loop {
                match worker.step(memory) {
                    Next::After(wait) if wait.is_zero() => {}
                    next => break next,
                }
            };
            let owed = !spool.owed(&sink.name).unwrap().is_empty();
            if let Next::After(wait) = next
                && owed
            {
                waits.push(wait);
            }
        }
        if self.forgetful {
            self.books = None;
            self.memories.clear();
        }
        waits.into_iter().min()
    }

    /// Leaves a report as post-stop does.
    fn leave_report(&mut self, job: &str, how: How) {
        self.reports += 1;
        let mut run = [0; 10];
        run.iter_mut().rev().zip(self.reports.to_le_bytes()).for_each(|(to, from)| *to = from);
        let mut report = samples::report();
        report.time = self.clocks.now().time;
        report.id = ReportId::new(report.time, RunId(run));
        report.key = format!("web-1/{job}");
        (report.job.name, report.job.instance) = (job.to_owned(), String::new());
        (report.verdict.kind, report.exit) = match how {
            How::Status(status) => (
                VerdictKind::Crashed,
                Exit { kind: ExitKind::Status, status: Some(status), ..Exit::unknown() },
            ),
            How::GaveUp => (VerdictKind::GaveUp, Exit::unknown()),
        };
        report.severity = report.verdict.kind.severity();
        self.up_since.remove(job);
        let json = serde_json::to_vec(&report).unwrap();
        self.spool.leave("new", &format!("{}.json", report.id), &json);
    }
}

fn seconds(moment: Moment) -> Seconds {
    i64::try_from(moment.steady.as_secs()).unwrap()
}

/// A service that is up.
pub(super) fn takes_all() -> Answers {
    Box::new(|_| Outcome::Delivered { answer: String::new() })
}
