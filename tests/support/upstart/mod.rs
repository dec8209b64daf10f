//! An Upstart that runs the life of one job as the recorded one does: order of hooks, what they
//! see, what their exit status leads to, respawning and its limit, log, kernel log, `initctl`.
//!
//! `builder.rs` describes a job, `class.rs` is the job as its stanzas describe it, `conf.rs` its
//! configuration file, `described.rs` a job of such a file. `state.rs` has the words of its life, `machine.rs` what moves it, and that
//! machine's parts are `transitions.rs`, `spawn.rs` and `ended.rs`. `stopping.rs` is the event by
//! which the observer is run. `process.rs` is one process, `records.rs` what is written about a
//! job, `bus.rs` init's socket and `dbus.rs` what goes over it.

mod builder;
mod bus;
mod class;
mod conf;
pub(in crate::support) mod dbus;
#[cfg(feature = "deliver")]
mod described;
mod ended;
mod machine;
mod process;
mod records;
mod spawn;
mod state;
mod stopping;
mod transitions;

pub use builder::JobBuilder;
pub use bus::{Bus, SOCKET};
pub use class::{End, STAYS_UP, Stanza};
pub use records::{LogPriority, append, install_initctl, kernel_log};
pub use stopping::Observer;

use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::host::Shared;
use super::{GENEROUS, wait_until};
use state::{Command, Event, Goal, State};

/// What is known of a job from outside.
#[derive(Debug, Clone)]
struct Status {
    goal: Goal,
    state: State,
    /// The main processes so far, the last one perhaps still alive.
    pids: Vec<i32>,
    /// How many of them have ended.
    ended: usize,
    /// How many of their ends nobody asked for, and the job's stanzas do not call normal.
    failures: usize,
    /// How often it was respawned.
    respawns: usize,
    /// The process that made the job fail; `respawn` where it came back too fast.
    failed: Option<String>,
    /// Commands carried out.
    obeyed: usize,
}

/// A job's status, and the bell that rings when it changes.
#[derive(Debug)]
struct Watched(Mutex<Status>, Condvar);

impl Watched {
    fn change(&self, change: impl FnOnce(&mut Status)) {
        change(&mut self.0.lock().unwrap());
        self.1.notify_all();
    }
}

/// A job under supervision. Dropped, it is taken away with its processes.
#[must_use = "a job that is dropped is taken away"]
pub struct Job {
    shared: Arc<Shared>,
    name: String,
    instance: String,
    title: String,
    log: String,
    watched: Arc<Watched>,
    events: Sender<Event>,
    asked: usize,
    machine: Option<JoinHandle<()>>,
}

impl Job {
    /// Asks for a stop, and waits until the job is down.
    pub fn stop(&mut self) {
        self.stop_by_event(&[]);
    }

    /// As `stop on EVENT` does: pre-stop and post-stop see the event's variables.
    pub fn stop_by_event(&mut self, environment: &[(&str, &str)]) {
        self.ask(Command::stop(environment));
        self.wait_until_down();
    }

    /// Asks for a stop and does not wait.
    pub fn request_stop(&mut self) {
        self.ask(Command::stop(&[]));
    }

    /// Asks for a start, and waits as [`JobBuilder::start`] does.
    pub fn start(&mut self) {
        self.ask(Command::Start);
        self.wait("it to be up or down", Status::is_settled);
    }

    /// Asks for a start and does not wait.
    pub fn request_start(&mut self) {
        self.ask(Command::Start);
    }

    /// `initctl restart`, and does not wait.
    pub fn request_restart(&mut self) {
        self.ask(Command::Restart);
    }

    /// `initctl restart`, and waits until the job is up, as the real command does not: as
    /// recorded, a job with a pre-stop only runs that, and goes on.
    pub fn restart(&mut self) {
        self.ask(Command::Restart);
        self.wait_until_up_after(0);
    }

    fn ask(&mut self, command: Command) {
        self.asked += 1;
        self.events.send(Event::Asked(command)).unwrap();
        let asked = self.asked;
        self.wait("the command to be heard", |status| status.obeyed >= asked);
    }

    /// Kills the main process, and waits until Upstart has dealt with that: the job is down, or up
    /// again.
    pub fn kill(&self, signal: Signal) {
        let pid = *self.pids().last().expect("it has a main process");
        self.wait_for_end(|| {
            self.shared.history.add(format!("{}: somebody sends {signal} to {pid}", self.title));
            kill(Pid::from_raw(pid), signal).unwrap();
        });
    }

    /// Waits until Upstart has dealt with the end of main that `act` brings about.
    pub fn wait_for_end(&self, act: impl FnOnce()) {
        let before = self.status().ended;
        act();
        self.wait("the death to be dealt with", |status| {
            status.ended > before && status.is_settled()
        });
    }

    /// Waits until it is in the state that `initctl status` calls `name`.
    pub fn wait_until_in(&self, name: &str) {
        self.wait(name, |status| status.state.to_string() == name);
    }

    /// Waits until its log holds `text`.
    pub fn wait_for_log(&self, text: &str) {
        let path = self.shared.path(&self.log);
        wait_until(&format!("{text:?} in {}", self.log), || {
            std::fs::read_to_string(&path).unwrap_or_default().contains(text)
        });
    }

    /// Waits until the main process has ended `count` times.
    pub fn wait_for_deaths(&self, count: usize) {
        self.wait("the main process to end", |status| status.ended >= count);
    }

    pub fn wait_until_down(&self) {
        self.wait("it to be down", Status::is_down);
    }

    /// Waits until it is up and stays so, after at least `respawns` respawns.
    pub fn wait_until_up_after(&self, respawns: usize) {
        self.wait("it to be up again", |status| {
            status.respawns >= respawns && status.is_settled() && !status.is_down()
        });
    }

    pub fn is_down(&self) -> bool {
        self.status().is_down()
    }

    /// The process ids of its main processes so far.
    pub fn pids(&self) -> Vec<i32> {
        self.status().pids
    }

    /// How many ends of main nobody asked for, and the job's stanzas do not call normal.
    pub fn failures(&self) -> usize {
        self.status().failures
    }

    pub fn respawns(&self) -> usize {
        self.status().respawns
    }

    /// The process that made it fail, as the `stopped` event names it.
    pub fn failed(&self) -> Option<String> {
        self.status().failed
    }

    /// Where its output goes, as a path of the host.
    pub fn log_path(&self) -> &str {
        &self.log
    }

    /// The hooks that ran so far, in order; `stopping` is the observer.
    pub fn hooks_run(&self) -> Vec<String> {
        let start = format!("{}: ", self.title);
        let lines = self.shared.history.lines();
        lines
            .iter()
            .filter_map(|line| line.strip_prefix(&start)?.strip_suffix(" begins"))
            .map(|hook| hook.split(' ').next().unwrap().to_owned())
            .filter(|process| process != "main")
            .collect()
    }

    /// The hooks that did not exit 0, and how they ended.
    pub fn failed_hooks(&self) -> Vec<String> {
        let start = format!("{}: ", self.title);
        let mut lines = self.shared.history.lines();
        lines.retain(|line| {
            line.strip_prefix(&start).is_some_and(|line| {
                let ended = line.contains(") ended: ") && !line.starts_with("main ");
                ended && !line.ends_with(" ended: Exited(0)")
            })
        });
        lines
    }

    fn status(&self) -> Status {
        self.watched.0.lock().unwrap().clone()
    }

    fn wait(&self, what: &str, condition: impl Fn(&Status) -> bool) {
        let status = self.watched.0.lock().unwrap();
        let (status, timeout) =
            self.watched.1.wait_timeout_while(status, GENEROUS, |now| !condition(now)).unwrap();
        let timed_out = timeout.timed_out().then(|| status.clone());
        drop(status);
        assert!(timed_out.is_none(), "{}: waited for {what}: {timed_out:?}", self.title);
    }
}

impl Status {
    fn is_down(&self) -> bool {
        self.state == State::Waiting
    }

    /// Nothing is under way: it is down, or its newest main process runs.
    fn is_settled(&self) -> bool {
        self.is_down()
            || self.state == State::Running
                && self.goal == Goal::Start
                && self.pids.len() > self.ended
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        self.shared.bus.remove(&self.name, &self.instance);
        let _ = self.events.send(Event::Asked(Command::Abandon));
        if let Some(machine) = self.machine.take() {
            let _ = machine.join();
        }
    }
}
