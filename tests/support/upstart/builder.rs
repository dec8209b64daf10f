//! A job that is being described.

use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::time::Duration;

use super::bus::{Callable, SOCKET};
use super::class::{Class, End, STAYS_UP, Stanza};
use super::machine::Machine;
use super::state::{Command, Event, Goal, State};
use super::{Job, Status, Watched};
use crate::support::host::Shared;
use crate::support::{Hook, Surroundings};

/// A job that is being described. It has the hooks that the host's layout gives it, unless it is
/// told otherwise.
#[must_use]
pub struct JobBuilder {
    shared: Arc<Shared>,
    pub(super) class: Class,
}

impl JobBuilder {
    pub(in crate::support) fn new(shared: &Arc<Shared>, name: &str) -> Self {
        let hook = |hook: Hook| {
            let has_it = shared.layout.stanzas().contains(&hook);
            has_it.then(|| Stanza::Program(shared.program(hook.name())))
        };
        let root = shared.path("").to_str().unwrap().to_owned();
        let class = Class {
            name: name.to_owned(),
            instance: String::new(),
            pre_start: hook(Hook::PreStart),
            post_start: None,
            pre_stop: hook(Hook::PreStop),
            post_stop: hook(Hook::PostStop),
            on_starting: None,
            lives: vec![Stanza::script(STAYS_UP)],
            env: vec![("UPSTART_MONITOR_ROOT".to_owned(), root)],
            task: false,
            respawn: false,
            respawn_limit: (10, Duration::from_secs(5)),
            normal_exit: Vec::new(),
            kill_timeout: Duration::from_secs(5),
            console_log: true,
            expect_stop: false,
            surroundings: Surroundings::default(),
            keeps_file: false,
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

    /// What the job does in its pre-start, after ours.
    pub fn own_pre_start(mut self, script: &str) -> Self {
        self.class.pre_start = ours_then(self.class.pre_start.take(), script);
        self
    }

    /// What the job does in its pre-stop, before ours.
    pub fn own_pre_stop(mut self, script: &str) -> Self {
        self.class.pre_stop = Some(Stanza::Script(match self.class.pre_stop.take() {
            Some(Stanza::Program(ours)) => format!("{script}\n'{}'", ours.display()),
            _ => script.to_owned(),
        }));
        self
    }

    /// What the job does in its post-stop, after ours.
    pub fn own_post_stop(mut self, script: &str) -> Self {
        self.class.post_stop = ours_then(self.class.post_stop.take(), script);
        self
    }

    /// A task `start on starting JOB`: before pre-start, init waits for its end.
    pub fn on_starting(mut self, script: &str) -> Self {
        self.class.on_starting = Some(Stanza::script(script));
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

    /// Main is up when it has stopped itself by SIGSTOP.
    pub fn expect_stop(mut self) -> Self {
        self.class.expect_stop = true;
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
        if !self.class.keeps_file {
            super::conf::write(&self.shared, &self.class);
        }
        let (events, inbox) = mpsc::channel();
        let status = Status {
            goal: Goal::Stop,
            state: State::Waiting,
            pids: Vec::new(),
            ended: 0,
            failures: 0,
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

/// A script that calls `ours`, if the job has it, before its own text.
fn ours_then(ours: Option<Stanza>, script: &str) -> Option<Stanza> {
    Some(Stanza::Script(match ours {
        Some(Stanza::Program(ours)) => format!("'{}'\n{script}", ours.display()),
        _ => script.to_owned(),
    }))
}
