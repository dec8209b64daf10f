//! What leads a job from state to state, as in init/job.c and init/job_process.c.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use super::bus::{Answer, Method};
use super::class::{Class, End, Stanza};
use super::state::{Command, Event, Goal, Process, State};
use super::{Watched, process, records};
use crate::support::host::Shared;

/// One job, moved by events.
pub(super) struct Machine {
    class: Class,
    shared: Arc<Shared>,
    watched: Arc<Watched>,
    events: Sender<Event>,
    goal: Goal,
    state: State,
    main: Option<i32>,
    /// The hook that runs now.
    hook: Option<(Process, i32)>,
    stop_environment: Vec<(String, String)>,
    lives: usize,
    respawns: (usize, Option<Instant>),
    keepers: Vec<JoinHandle<()>>,
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
                Event::KillTimeout { pid } if self.main == Some(pid) => {
                    self.note("kill timeout: SIGKILL");
                    let _ = killpg(Pid::from_raw(pid), Signal::SIGKILL);
                }
                Event::KillTimeout { .. } => {}
            }
        }
        for pid in self.main.into_iter().chain(self.hook.map(|(_, pid)| pid)) {
            let _ = killpg(Pid::from_raw(pid), Signal::SIGKILL);
        }
        self.keepers.into_iter().for_each(|keeper| {
            let _ = keeper.join();
        });
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Start => self.change_goal(Goal::Start),
            Command::Stop { environment } => {
                self.stop_environment = environment;
                self.change_goal(Goal::Stop);
            }
            // Both at once: what a pre-stop makes of it is the recorded trap.
            Command::Restart => {
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
                Goal::Start => "AlreadyStarted",
                Goal::Stop => "AlreadyStopped",
            });
        }
        self.note(&format!("called by the socket: {goal}"));
        self.change_goal(goal);
        Answer::Done(goal)
    }

    /// job_change_goal
    fn change_goal(&mut self, goal: Goal) {
        if self.goal == goal {
            return;
        }
        self.set_goal(goal);
        let at_rest = match goal {
            Goal::Start => State::Waiting,
            Goal::Stop => State::Running,
        };
        if self.state == at_rest {
            self.advance();
        }
    }

    fn set_goal(&mut self, goal: Goal) {
        self.goal = goal;
        self.show();
    }

    /// job_next_state
    fn next_state(&self) -> State {
        use Goal::{Start, Stop};
        match (self.state, self.goal) {
            (State::Waiting | State::PostStop, Start) => State::Starting,
            (State::Waiting | State::PostStop, Stop) => State::Waiting,
            (State::Starting, Start) => State::PreStart,
            (State::PreStart, Start) => State::Spawned,
            (State::Spawned, Start) => State::PostStart,
            (State::PostStart | State::PreStop, Start) => State::Running,
            (State::Running, Stop) if self.main.is_some() => State::PreStop,
            (State::Running, _)
            | (
                State::Starting
                | State::PreStart
                | State::Spawned
                | State::PostStart
                | State::PreStop,
                Stop,
            ) => State::Stopping,
            (State::Stopping, _) => State::Killed,
            (State::Killed, _) => State::PostStop,
        }
    }

    /// job_change_state: moves on until something has to be waited for.
    fn advance(&mut self) {
        loop {
            let before = self.state;
            self.state = self.next_state();
            self.show();
            self.note(&format!("{}/{}", self.goal, self.state));
            let waits = match self.state {
                State::Waiting => {
                    self.stop_environment.clear();
                    true
                }
                State::Starting => {
                    self.watched.change(|status| status.failed = None);
                    false
                }
                State::PreStart => self.run_hook(Process::PreStart),
                State::Spawned => self.run_main(),
                State::PostStart => self.run_hook(Process::PostStart),
                State::Running => {
                    if before == State::PreStop {
                        self.stop_environment.clear();
                    }
                    let lost_main = self.main.is_none() && !self.class.lives.is_empty();
                    !(lost_main || self.goal == Goal::Stop)
                }
                State::PreStop => self.run_hook(Process::PreStop),
                State::Stopping => false,
                State::Killed => self.kill_main(),
                State::PostStop => self.run_hook(Process::PostStop),
            };
            if waits {
                return;
            }
        }
    }

    /// Runs a hook, if there is one; tells whether its end has to be waited for.
    fn run_hook(&mut self, hook: Process) -> bool {
        let stanza = match hook {
            Process::PreStart => self.class.pre_start.clone(),
            Process::PostStart => self.class.post_start.clone(),
            Process::PreStop => self.class.pre_stop.clone(),
            Process::PostStop => self.class.post_stop.clone(),
            Process::Main => None,
        };
        let Some(stanza) = stanza else { return false };
        match self.spawn(hook, &stanza) {
            Some(pid) => {
                self.hook = Some((hook, pid));
                self.show();
                true
            }
            None => {
                if matches!(hook, Process::PreStart | Process::PostStop) {
                    self.fail(hook);
                }
                false
            }
        }
    }

    fn run_main(&mut self) -> bool {
        let lives = &self.class.lives;
        let Some(stanza) = lives.get(self.lives).or(lives.last()).cloned() else { return false };
        self.lives += 1;
        match self.spawn(Process::Main, &stanza) {
            Some(pid) => {
                self.main = Some(pid);
                self.watched.change(|status| status.pids.push(pid));
                self.show();
            }
            None => self.fail(Process::Main),
        }
        false
    }

    fn spawn(&mut self, process: Process, stanza: &Stanza) -> Option<i32> {
        let start = process::Start {
            process,
            stanza,
            environment: self.environment(process),
            surroundings: &self.class.surroundings,
            log: self.class.console_log.then(|| self.shared.path(&self.class.log())),
        };
        match process::start(start, self.events.clone()) {
            Ok((pid, keeper)) => {
                self.keepers.push(keeper);
                self.note(&format!("{process} ({pid}) begins"));
                Some(pid)
            }
            Err(error) => {
                let title = self.class.title();
                let why = error.to_string();
                let why = why.split(" (os error").next().unwrap_or_default();
                records::kernel_log(
                    &self.shared,
                    &format!("Failed to spawn {title} {process} process: unable to execute: {why}"),
                );
                None
            }
        }
    }

    /// Exactly what was recorded; a later value of a name wins, and Upstart's own come last.
    fn environment(&self, process: Process) -> Vec<(String, String)> {
        let stopping = matches!(process, Process::PreStop | Process::PostStop);
        let path = "/usr/local/sbin:/usr/local/bin:/usr/bin:/usr/sbin:/sbin:/bin";
        let own = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        [own("TERM", "linux"), own("PATH", path)]
            .into_iter()
            .chain(self.class.env.iter().cloned())
            .chain(self.stop_environment.iter().filter(|_| stopping).cloned())
            .chain([own("UPSTART_JOB", &self.class.name)])
            .chain([own("UPSTART_INSTANCE", &self.class.instance)])
            .collect()
    }

    /// Asks the main process to end; tells whether there is one to wait for.
    fn kill_main(&mut self) -> bool {
        let Some(pid) = self.main else { return false };
        self.note(&format!("SIGTERM to the process group of main ({pid})"));
        let _ = killpg(Pid::from_raw(pid), Signal::SIGTERM);
        let (events, timeout) = (self.events.clone(), self.class.kill_timeout);
        std::thread::spawn(move || {
            std::thread::sleep(timeout);
            let _ = events.send(Event::KillTimeout { pid });
        });
        true
    }

    /// job_process_terminated
    fn ended(&mut self, process: Process, pid: i32, end: End) {
        self.note(&format!("{process} ({pid}) ended: {end:?}"));
        records::kernel_log_of_end(&self.shared, &self.class, &process.to_string(), pid, end);
        let moves = match process {
            Process::Main => self.main_ended(end),
            hook => {
                self.hook = None;
                if end != End::Exited(0) && matches!(hook, Process::PreStart | Process::PostStop) {
                    self.fail(hook);
                }
                true
            }
        };
        if moves {
            self.advance();
        }
        self.show();
    }

    /// The main process has ended; tells whether that moves the job on now.
    fn main_ended(&mut self, end: End) -> bool {
        self.main = None;
        self.watched.change(|status| status.ended += 1);
        match self.state {
            State::Killed => return true,
            State::Stopping => return false,
            _ => {}
        }
        let hook_runs = self.hook.is_some();
        let unexpected = end != End::Exited(0) || self.class.respawn && !self.class.task;
        if unexpected && self.goal == Goal::Start && !self.class.normal_exit.contains(&end) {
            let title = self.class.title();
            if !self.class.respawn {
                self.fail(Process::Main);
            } else if self.is_runaway() {
                records::kernel_log(&self.shared, &format!("{title} respawning too fast, stopped"));
                self.watched.change(|status| status.failed = Some("respawn".to_owned()));
                self.set_goal(Goal::Stop);
            } else {
                let line = format!("{title} main process ended, respawning");
                records::kernel_log(&self.shared, &line);
                self.watched.change(|status| status.respawns += 1);
            }
        } else {
            self.set_goal(Goal::Stop);
        }
        !hook_runs
    }

    /// job_process_catch_runaway
    fn is_runaway(&mut self) -> bool {
        let (limit, interval) = self.class.respawn_limit;
        let (count, since) = &mut self.respawns;
        if limit == 0 || interval == Duration::ZERO {
            return false;
        }
        if since.is_some_and(|since| since.elapsed() < interval) {
            *count += 1;
            *count > limit
        } else {
            (*count, *since) = (1, Some(Instant::now()));
            false
        }
    }

    /// job_failed: the job is down after this.
    fn fail(&mut self, process: Process) {
        self.note(&format!("failed: {process}"));
        self.watched.change(|status| {
            status.failed.get_or_insert_with(|| process.to_string());
        });
        self.set_goal(Goal::Stop);
    }

    /// Lets everybody know where the job is: `initctl status`, and those who wait.
    fn show(&self) {
        let mut line = format!("{}/{}", self.goal, self.state);
        if let Some(pid) = self.main {
            line += &format!(", process {pid}");
        }
        if let Some((hook, pid)) = self.hook {
            line += &format!("\n\t{hook} process {pid}");
        }
        records::status(&self.shared, &self.class, &line);
        self.watched.change(|status| (status.goal, status.state) = (self.goal, self.state));
    }

    fn note(&self, line: &str) {
        self.shared.history.add(format!("{}: {line}", self.class.title()));
    }
}
