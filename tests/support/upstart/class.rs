//! A job as its stanzas describe it.

use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::time::Duration;

use nix::sys::signal::Signal;

use super::bus::{Callable, SOCKET};
use super::machine::Machine;
use super::state::{Command, Event, Goal, State};
use super::{Job, Status, Watched};
use crate::support::host::Shared;
use crate::support::{Hook, Surroundings};

/// A main process that serves until it is stopped.
pub const STAYS_UP: &str = "echo serving; exec sleep 3600";

/// What a process stanza runs.
#[derive(Debug, Clone)]
pub enum Stanza {
    /// `exec PROGRAM`, without a shell.
    Program(PathBuf),
    /// `script ... end script`.
    Script(String),
}

impl Stanza {
    pub fn script(text: &str) -> Self {
        Self::Script(text.to_owned())
    }

    /// A program that is not there.
    pub fn missing() -> Self {
        Self::Program("/no/such/program".into())
    }
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Exited(i32),
    Killed(Signal),
}

/// The stanzas.
#[derive(Debug, Clone)]
pub(super) struct Class {
    pub name: String,
    pub instance: String,
    pub pre_start: Option<Stanza>,
    pub post_start: Option<Stanza>,
    pub pre_stop: Option<Stanza>,
    pub post_stop: Option<Stanza>,
    /// What main runs in its first life, its second, ...; the last one for all that follow.
    pub lives: Vec<Stanza>,
    pub env: Vec<(String, String)>,
    pub task: bool,
    pub respawn: bool,
    pub respawn_limit: (usize, Duration),
    pub normal_exit: Vec<End>,
    pub kill_timeout: Duration,
    pub console_log: bool,
    pub surroundings: Surroundings,
}

impl Class {
    /// `JOB`, or `JOB (INSTANCE)`, as Upstart writes it.
    pub fn title(&self) -> String {
        if self.instance.is_empty() {
            self.name.clone()
        } else {
            format!("{} ({})", self.name, self.instance)
        }
    }

    /// Where its output goes, as a path of the host.
    pub fn log(&self) -> String {
        let flat = |name: &str| name.replace('/', "_");
        let dash = if self.instance.is_empty() { "" } else { "-" };
        format!("/var/log/upstart/{}{dash}{}.log", flat(&self.name), flat(&self.instance))
    }
}

/// A job that is being described. It has the three hooks, unless it is told otherwise.
#[must_use]
pub struct JobBuilder {
    shared: Arc<Shared>,
    class: Class,
}

impl JobBuilder {
    pub(in crate::support) fn new(shared: &Arc<Shared>, name: &str) -> Self {
        let hook = |hook: Hook| {
            let bin = shared.path("/opt/upstart-monitor/bin");
            Some(Stanza::Program(bin.join(hook.name())))
        };
        let root = shared.path("").to_str().unwrap().to_owned();
        let class = Class {
            name: name.to_owned(),
            instance: String::new(),
            pre_start: hook(Hook::PreStart),
            post_start: None,
            pre_stop: hook(Hook::PreStop),
            post_stop: hook(Hook::PostStop),
            lives: vec![Stanza::script(STAYS_UP)],
            env: vec![("UPSTART_MONITOR_ROOT".to_owned(), root)],
            task: false,
            respawn: false,
            respawn_limit: (10, Duration::from_secs(5)),
            normal_exit: Vec::new(),
            kill_timeout: Duration::from_secs(5),
            console_log: true,
            surroundings: Surroundings::default(),
        };
        Self { shared: shared.clone(), class }
    }

    pub fn instance(mut self, instance: &str) -> Self {
        self.class.instance = instance.to_owned();
        self
    }

    /// What the main process runs, by a shell.
    pub fn main(self, script: &str) -> Self {
        self.lives([script])
    }

    /// What the main process runs in its first life, its second, ...
    pub fn lives<'a>(mut self, scripts: impl IntoIterator<Item = &'a str>) -> Self {
        self.class.lives = scripts.into_iter().map(Stanza::script).collect();
        self
    }

    /// What the main process is; a job without one is a state.
    pub fn exec(mut self, main: Option<Stanza>) -> Self {
        self.class.lives = main.into_iter().collect();
        self
    }

    pub fn pre_start(mut self, stanza: Option<Stanza>) -> Self {
        self.class.pre_start = stanza;
        self
    }

    pub fn post_start(mut self, stanza: Option<Stanza>) -> Self {
        self.class.post_start = stanza;
        self
    }

    pub fn pre_stop(mut self, stanza: Option<Stanza>) -> Self {
        self.class.pre_stop = stanza;
        self
    }

    pub fn post_stop(mut self, stanza: Option<Stanza>) -> Self {
        self.class.post_stop = stanza;
        self
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.class.env.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn task(mut self) -> Self {
        self.class.task = true;
        self
    }

    pub fn respawn(mut self) -> Self {
        self.class.respawn = true;
        self
    }

    pub fn respawn_limit(mut self, count: usize, seconds: u64) -> Self {
        self.class.respawn_limit = (count, Duration::from_secs(seconds));
        self
    }

    pub fn normal_exit(mut self, ends: &[End]) -> Self {
        self.class.normal_exit = ends.to_vec();
        self
    }

    pub fn kill_timeout(mut self, timeout: Duration) -> Self {
        self.class.kill_timeout = timeout;
        self
    }

    pub fn console_none(mut self) -> Self {
        self.class.console_log = false;
        self
    }

    /// The stanzas `limit`, `nice`, `umask`, `setuid`: they hold for every process of the job.
    pub fn within(mut self, surroundings: Surroundings) -> Self {
        self.class.surroundings = surroundings;
        self
    }

    /// Starts it, and waits as `initctl start` does: until it was up once, or is down again.
    pub fn start(self) -> Job {
        let job = self.begin();
        job.wait("it to be up or down", |status| {
            status.obeyed == 1
                && (matches!(status.state, State::Running | State::Waiting)
                    || !status.pids.is_empty())
        });
        job
    }

    /// Starts it and does not wait.
    pub fn begin(self) -> Job {
        super::records::begin_kernel_log(&self.shared);
        let (events, inbox) = mpsc::channel();
        let status = Status {
            goal: Goal::Stop,
            state: State::Waiting,
            pids: Vec::new(),
            ended: 0,
            respawns: 0,
            failed: None,
            obeyed: 0,
        };
        let watched = Arc::new(Watched(Mutex::new(status), Condvar::new()));
        let (name, instance) = (self.class.name.clone(), self.class.instance.clone());
        let callable =
            Callable { name: name.clone(), instance: instance.clone(), events: events.clone() };
        self.shared.bus.add(callable, &self.shared.path(SOCKET));
        let mut job = Job {
            shared: self.shared.clone(),
            name,
            instance,
            title: self.class.title(),
            log: self.class.log(),
            watched: watched.clone(),
            events: events.clone(),
            asked: 0,
            machine: None,
        };
        let machine = Machine::new(self.class, self.shared, watched, events);
        job.machine = Some(std::thread::spawn(move || machine.run(&inbox)));
        job.asked = 1;
        job.events.send(Event::Asked(Command::Start)).unwrap();
        job
    }
}
