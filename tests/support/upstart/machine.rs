//! One job, moved by what is asked of it and by what becomes of its processes.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};
use std::thread::JoinHandle;
use std::time::Instant;

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

use super::bus::{Answer, Method};
use super::class::Class;
use super::state::{Command, Event, Goal, Process, State};
use super::stopping::Failure;
use super::{Watched, records};
use crate::support::host::Shared;

/// One job. `transitions.rs` has the states and what leads from one to the next, `spawn.rs` the
/// beginning of its processes, `ended.rs` their ends.
pub(super) struct Machine {
    pub class: Class,
    pub shared: Arc<Shared>,
    pub watched: Arc<Watched>,
    pub events: Sender<Event>,
    pub goal: Goal,
    pub state: State,
    pub main: Option<i32>,
    /// The hook that runs now.
    pub hook: Option<(Process, i32)>,
    /// The task of another job that an event waits for.
    pub task: Option<i32>,
    pub failure: Option<Failure>,
    pub stop_environment: Vec<(String, String)>,
    pub lives: usize,
    pub respawns: (usize, Option<Instant>),
    pub keepers: Vec<JoinHandle<()>>,
}

impl Machine {
    pub(super) fn new(
        class: Class,
        shared: Arc<Shared>,
        watched: Arc<Watched>,
        events: Sender<Event>,
    ) -> Self {
        Self {
            class,
            shared,
            watched,
            events,
            goal: Goal::Stop,
            state: State::Waiting,
            main: None,
            hook: None,
            task: None,
            failure: None,
            stop_environment: Vec::new(),
            lives: 0,
            respawns: (0, None),
            keepers: Vec::new(),
        }
    }

    /// Handles events until the job is abandoned.
    pub(super) fn run(mut self, inbox: &Receiver<Event>) {
        for event in inbox {
            match event {
                Event::Asked(Command::Abandon) => break,
                Event::Asked(command) => self.obey(command),
                Event::Called { method, reply } => {
                    let _ = reply.send(self.called(method));
                }
                Event::Ended { process, pid, end } => self.ended(process, pid, end),
                Event::StoppedItself { pid } => {
                    let _ = kill(Pid::from_raw(pid), Signal::SIGCONT);
                    if self.state == State::Spawned {
                        self.advance();
                    }
                }
                Event::KillTimeout { pid } if self.main == Some(pid) => {
                    self.note("kill timeout: SIGKILL");
                    let _ = killpg(Pid::from_raw(pid), Signal::SIGKILL);
                }
                Event::KillTimeout { .. } => {}
            }
        }
        let hook = self.hook.map(|(_, pid)| pid);
        for pid in self.main.into_iter().chain(hook).chain(self.task) {
            let _ = killpg(Pid::from_raw(pid), Signal::SIGKILL);
        }
        self.keepers.into_iter().for_each(|keeper| {
            let _ = keeper.join();
        });
    }

    /// What is asked for already is refused: job_class_start, job_class_stop, job_class_restart.
    fn obey(&mut self, command: Command) {
        match command {
            Command::Start => self.change_goal(Goal::Start),
            Command::Stop { .. } | Command::Restart if self.goal == Goal::Stop => {
                self.note("refused: already stopped");
            }
            Command::Stop { environment } => {
                self.stop_environment = environment;
                self.change_goal(Goal::Stop);
            }
            // Both at once: what a pre-stop makes of it is the recorded trap.
            Command::Restart => {
                self.stop_environment.clear();
                self.change_goal(Goal::Stop);
                self.change_goal(Goal::Start);
            }
            Command::Abandon => {}
        }
        self.watched.change(|status| status.obeyed += 1);
    }

    /// job_stop, job_start, job_class_start: none of them waits for the job to arrive.
    fn called(&mut self, method: Method) -> Answer {
        let goal = match (method, self.state) {
            // An instance that is down is no more.
            (Method::Status | Method::Stop | Method::TurnRound, State::Waiting) => {
                return Answer::Nobody;
            }
            (Method::Status, _) => {
                let hook = self.hook.map(|(process, pid)| (process.to_string(), pid));
                let main = self.main.map(|pid| ("main".to_owned(), pid));
                let processes = main.into_iter().chain(hook).collect();
                return Answer::Status { goal: self.goal, state: self.state, processes };
            }
            (Method::Stop, _) => Goal::Stop,
            (Method::TurnRound | Method::Start, _) => Goal::Start,
        };
        if self.goal == goal {
            return Answer::Refused(match goal {
                Goal::Stop => "AlreadyStopped",
                Goal::Start | Goal::Respawn => "AlreadyStarted",
            });
        }
        self.note(&format!("called by the socket: {goal}"));
        self.stop_environment.clear();
        self.change_goal(goal);
        Answer::Done(goal)
    }

    /// Lets everybody know where the job is: `initctl status`, and those who wait.
    pub(super) fn show(&self) {
        let mut line = format!("{}/{}", self.goal, self.state);
        if let Some(pid) = self.main {
            line += &format!(", process {pid}");
        }
        if let Some((hook, pid)) = self.hook {
            line += &format!("\n\t{hook} process {pid}");
        }
        records::status(&self.shared, &self.class, &line);
        self.watched.change(|status| {
            (status.goal, status.state) = (self.goal, self.state);
            status.failed = self.failure.map(Failure::process);
        });
    }

    pub(super) fn note(&self, line: &str) {
        self.shared.history.add(format!("{}: {line}", self.class.title()));
    }
}
