//! What leads a job from state to state: init/job.c. What Upstart 1.13 has as two states, before
//! and after the fork of a process, is one here.

use super::machine::Machine;
use super::state::{Goal, Process, State};

impl Machine {
    /// job_change_goal
    pub(super) fn change_goal(&mut self, goal: Goal) {
        if self.goal == goal {
            return;
        }
        self.set_goal(goal);
        let is_at_rest = match goal {
            Goal::Start => self.state == State::Waiting,
            Goal::Stop => self.state == State::Running,
            Goal::Respawn => false,
        };
        if is_at_rest {
            self.advance();
        }
    }

    /// Wants something else, and moves nothing.
    pub(super) fn set_goal(&mut self, goal: Goal) {
        self.goal = goal;
        self.show();
    }

    /// job_next_state
    fn next_state(&mut self) -> State {
        use Goal::{Respawn, Start, Stop};
        match (self.state, self.goal) {
            (State::PostStart | State::PreStop, Respawn) => {
                self.goal = Start;
                State::Stopping
            }
            (State::Waiting | State::PostStop, Start | Respawn) => State::Starting,
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
                _,
            ) => State::Stopping,
            (State::Stopping, _) => State::Killed,
            (State::Killed, _) => State::PostStop,
        }
    }

    /// job_change_state: moves on until something has to be waited for.
    pub(super) fn advance(&mut self) {
        loop {
            let before = self.state;
            self.state = self.next_state();
            self.show();
            self.note(&format!("{}/{}", self.goal, self.state));
            let waits = match self.state {
                // The instance is no more; what starts next is a new one.
                State::Waiting => {
                    self.stop_environment.clear();
                    self.respawns = (0, None);
                    true
                }
                State::Starting => {
                    self.stop_environment.clear();
                    self.failure = None;
                    self.run_task(Process::OnStarting)
                }
                State::PreStart => self.run_hook(Process::PreStart),
                State::Spawned => self.run_main(),
                State::PostStart => self.run_hook(Process::PostStart),
                State::Running => {
                    if before == State::PreStop {
                        self.stop_environment.clear();
                    }
                    true
                }
                State::PreStop => self.run_hook(Process::PreStop),
                State::Stopping => self.run_task(Process::OnStopping),
                State::Killed => self.kill_main(),
                State::PostStop => self.run_hook(Process::PostStop),
            };
            if waits {
                return;
            }
        }
    }
}
