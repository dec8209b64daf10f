//! How a job's processes begin, and what they see: init/job_process.c.

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use super::class::Stanza;
use super::machine::Machine;
use super::state::{Event, Goal, Process};
use super::stopping::{Failure, Observer};
use super::{process, records};
use crate::support::Surroundings;

impl Machine {
    /// Runs a hook, if there is one; tells whether its end has to be waited for.
    pub(super) fn run_hook(&mut self, hook: Process) -> bool {
        let stanza = match hook {
            Process::PreStart => self.class.pre_start.clone(),
            Process::PostStart => self.class.post_start.clone(),
            Process::PreStop => self.class.pre_stop.clone(),
            Process::PostStop => self.class.post_stop.clone(),
            Process::Main | Process::OnStarting | Process::OnStopping => None,
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
                    self.fail(Failure::NotExecuted(hook));
                }
                false
            }
        }
    }

    /// Runs main, if there is one; tells whether the job waits for it to be up.
    pub(super) fn run_main(&mut self) -> bool {
        let lives = &self.class.lives;
        let Some(stanza) = lives.get(self.lives).or(lives.last()).cloned() else { return false };
        self.lives += 1;
        match self.spawn(Process::Main, &stanza) {
            Some(pid) => {
                self.main = Some(pid);
                self.watched.change(|status| status.pids.push(pid));
                self.show();
                self.class.expect_stop
            }
            None => {
                self.fail(Failure::NotExecuted(Process::Main));
                false
            }
        }
    }

    /// Runs the task that waits for an event of this job, if there is one; tells whether the event
    /// waits for it. One that cannot be executed holds up nobody.
    pub(super) fn run_task(&mut self, task: Process) -> bool {
        let observer = self.shared.observer.as_ref().map(|observer| observer.stanza.clone());
        let stanza = match task {
            Process::OnStarting => self.class.on_starting.clone(),
            _ => observer,
        };
        self.task = stanza.and_then(|stanza| self.spawn(task, &stanza));
        self.task.is_some()
    }

    fn spawn(&mut self, process: Process, stanza: &Stanza) -> Option<i32> {
        let of_another_job = matches!(process, Process::OnStarting | Process::OnStopping);
        let (plain, log) = (Surroundings::default(), self.shared.path(&self.class.log()));
        let start = process::Start {
            process,
            stanza,
            environment: self.environment(process),
            surroundings: if of_another_job { &plain } else { &self.class.surroundings },
            log: (self.class.console_log && !of_another_job).then_some(log),
            may_stop_itself: process == Process::Main && self.class.expect_stop,
        };
        match process::start(start, self.events.clone()) {
            Ok((pid, keepers)) => {
                self.keepers.extend(keepers);
                self.note(&format!("{process} ({pid}) begins"));
                Some(pid)
            }
            Err(error) => {
                let who = self.process_title(process);
                let why = error.to_string();
                let why = why.split(" (os error").next().unwrap_or_default();
                let line = format!("Failed to spawn {who} process: unable to execute: {why}");
                records::kernel_log(&self.shared, &line);
                None
            }
        }
    }

    /// How Upstart names a process: its job, and which of it.
    pub(super) fn process_title(&self, process: Process) -> String {
        match process {
            Process::OnStarting => "a-task main".to_owned(),
            Process::OnStopping => format!("{} main", Observer::title(&self.class)),
            of_this_job => format!("{} {of_this_job}", self.class.title()),
        }
    }

    /// Exactly what was recorded; a later value of a name wins, and Upstart's own come last.
    fn environment(&self, process: Process) -> Vec<(String, String)> {
        let path = "/usr/local/sbin:/usr/local/bin:/usr/bin:/usr/sbin:/sbin:/bin";
        let own = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut all = vec![own("TERM", "linux"), own("PATH", path)];
        if let (Process::OnStopping, Some(observer)) = (process, &self.shared.observer) {
            all.extend(observer.environment(&self.class, self.failure));
            return all;
        }
        all.extend(self.class.env.iter().cloned());
        if matches!(process, Process::PreStop | Process::PostStop) {
            all.extend(self.stop_environment.iter().cloned());
        }
        all.push(own("UPSTART_JOB", &self.class.name));
        all.push(own("UPSTART_INSTANCE", &self.class.instance));
        all
    }

    /// Asks the main process to end; tells whether there is one to wait for.
    pub(super) fn kill_main(&mut self) -> bool {
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

    /// job_failed, by which the first failure stays; the job is down after this.
    pub(super) fn fail(&mut self, failure: Failure) {
        self.note(&format!("failed: {}", failure.process()));
        self.failure.get_or_insert(failure);
        self.set_goal(Goal::Stop);
    }
}
