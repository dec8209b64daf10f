//! What becomes of a job when one of its processes ends: init/job_process.c,
//! `job_process_terminated`.

use std::time::{Duration, Instant};

use super::class::End;
use super::machine::Machine;
use super::records;
use super::state::{Goal, Process, State};
use super::stopping::Failure;

impl Machine {
    pub(super) fn ended(&mut self, process: Process, pid: i32, end: End) {
        self.note(&format!("{process} ({pid}) ended: {end:?}"));
        let is_normal = process == Process::Main && self.class.normal_exit.contains(&end);
        let who = self.process_title(process);
        records::kernel_log_of_end(&self.shared, &format!("{who} process ({pid})"), is_normal, end);
        let moves = match process {
            Process::Main => self.main_ended(end),
            Process::OnStarting | Process::OnStopping => {
                self.task = None;
                true
            }
            hook => {
                self.hook = None;
                if end != End::Exited(0) && matches!(hook, Process::PreStart | Process::PostStop) {
                    self.fail(Failure::Ended(hook, end));
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
            // The event is waited for, and how it was emitted holds.
            State::Stopping => return false,
            _ => {}
        }
        let hook_runs = self.hook.is_some();
        if self.is_failure(end) {
            self.watched.change(|status| status.failures += 1);
            let title = self.class.title();
            if !self.class.respawn {
                self.fail(Failure::Ended(Process::Main, end));
            } else if self.is_runaway() {
                records::kernel_log(&self.shared, &format!("{title} respawning too fast, stopped"));
                self.fail(Failure::Respawn);
            } else {
                let line = format!("{title} main process ended, respawning");
                records::kernel_log(&self.shared, &line);
                self.watched.change(|status| status.respawns += 1);
                if hook_runs {
                    self.set_goal(Goal::Respawn);
                }
            }
        } else {
            self.set_goal(Goal::Stop);
        }
        !hook_runs
    }

    /// Whether nobody asked for this end of main, and the job's stanzas do not call it normal.
    fn is_failure(&self, end: End) -> bool {
        let unexpected = end != End::Exited(0) || self.class.respawn && !self.class.task;
        unexpected && self.goal == Goal::Start && !self.class.normal_exit.contains(&end)
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
}
