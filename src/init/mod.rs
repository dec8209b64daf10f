//! What init knows of a job, and what it is asked to do with it.
//!
//! Upstart listens on a socket of its own for D-Bus calls (init/control.c), for root alone. One
//! question is one connection; no `initctl` is needed. `reply.rs` reads the answers.

mod log_priority;
mod reply;

use std::time::Duration;

use crate::bus::{self, Address, Body, Call, PROPERTIES, Piece, QUESTION_LEN, START_LEN, exchange};
use crate::job::Job;
use crate::paths::Places;
use crate::sys::Deadline;

pub use crate::bus::Unavailable;
pub use log_priority::LogPriority;
pub use reply::{Goal, State};

/// What init says of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InitStatus {
    /// What it wants of the job.
    pub goal: Goal,
    /// Where the job is on its way there.
    pub state: State,
    /// The main process, while it lives: its id as init sees it.
    pub main_pid: Option<i32>,
}

/// The object that is init itself.
const ROOT: Piece<'_> = Piece::Plain("/com/ubuntu/Upstart");
/// The interface of init itself (dbus/com.ubuntu.Upstart.xml).
const MANAGER: &str = "com.ubuntu.Upstart0_6";
/// The interface of a job class (dbus/com.ubuntu.Upstart.Job.xml).
const JOB: &str = "com.ubuntu.Upstart0_6.Job";
/// The interface of one instance of a job; a job without instances has one too.
const INSTANCE: &str = "com.ubuntu.Upstart0_6.Instance";

/// Init, as one job's hook asks it.
#[derive(Debug)]
pub struct Init<'a> {
    address: Address,
    job: Job<'a>,
}

/// A start that is ready to be asked for: the variables that the job ran with are in it.
#[derive(Debug)]
pub struct Start(Call<START_LEN>);

/// What fits on one page.
type Question = Call<QUESTION_LEN>;

impl<'a> Init<'a> {
    /// The init that supervises `job`: the host's, or the user's own for a session job.
    ///
    /// # Errors
    /// [`Unavailable::CannotAsk`] where no socket can have that name.
    pub fn of(job: Job<'a>, places: Places) -> Result<Self, Unavailable> {
        Ok(Self { address: bus::address(places.init_socket())?, job })
    }

    /// The same, to be asked for what is of no job.
    ///
    /// # Errors
    /// As [`Init::of`].
    #[cfg(feature = "deliver")]
    pub fn itself(places: Places) -> Result<Self, Unavailable> {
        Self::of(Job::upstart(b"init", b""), places)
    }

    /// The names of the instances that there are of the job, whichever one it is; a job without
    /// instances has one with an empty name while it is not down.
    ///
    /// # Errors
    /// [`Unavailable`].
    #[cfg(feature = "deliver")]
    pub fn instances(&self, patience: Duration) -> Result<Vec<String>, Unavailable> {
        let call = Question::new(1, &self.class(), JOB, "GetAllInstances", "")?;
        self.ask(call.bytes(), patience, reply::instances)
    }

    /// The job that is asked about.
    pub fn job(&self) -> &Job<'a> {
        &self.job
    }

    /// Goal, state and main process of the job.
    ///
    /// # Errors
    /// [`Unavailable`].
    pub fn status(&self, patience: Duration) -> Result<InitStatus, Unavailable> {
        let mut call = self.question(PROPERTIES, "GetAll", "s")?;
        call.text(INSTANCE.as_bytes())?;
        self.ask(call.bytes(), patience, reply::status)
    }

    /// Which of its messages init writes to its log: what it does not write, its silence there does
    /// not deny.
    ///
    /// # Errors
    /// [`Unavailable`].
    pub fn log_priority(&self, patience: Duration) -> Result<LogPriority, Unavailable> {
        let mut call = Question::new(1, &[ROOT], PROPERTIES, "Get", "ss")?;
        call.text(MANAGER.as_bytes())?;
        call.text(b"log_priority")?;
        self.ask(call.bytes(), patience, reply::log_priority)
    }

    /// Which Upstart it is, `1.13.2`.
    ///
    /// # Errors
    /// [`Unavailable`].
    #[cfg(feature = "deliver")]
    pub fn version(&self, patience: Duration) -> Result<String, Unavailable> {
        let mut call = Question::new(1, &[ROOT], PROPERTIES, "Get", "ss")?;
        call.text(MANAGER.as_bytes())?;
        call.text(b"version")?;
        self.ask(call.bytes(), patience, reply::version)
    }

    /// Asks for a stop, and does not wait until it is done: the goal is `stop` when this returns.
    ///
    /// # Errors
    /// [`Unavailable`].
    pub fn stop(&self, patience: Duration) -> Result<(), Unavailable> {
        let mut call = self.question(INSTANCE, "Stop", "b")?;
        call.flag(false)?;
        self.ask(call.bytes(), patience, |_| Some(()))
    }

    /// Asks for a start of an instance that is on its way down; it keeps its variables.
    ///
    /// # Errors
    /// [`Unavailable`]; [`Unavailable::UnknownJob`] where it is down already.
    pub fn turn_round(&self, patience: Duration) -> Result<(), Unavailable> {
        let mut call = self.question(INSTANCE, "Start", "b")?;
        call.flag(false)?;
        self.ask(call.bytes(), patience, |_| Some(()))
    }

    /// A start of the job from nothing with `variables`, each `NAME=value`.
    ///
    /// # Errors
    /// [`Unavailable::CannotAsk`] where one of them is not UTF-8, or all are too long.
    pub fn prepare_start<'v>(
        &self,
        variables: impl Iterator<Item = &'v [u8]>,
    ) -> Result<Start, Unavailable> {
        let mut call = Call::new(1, &self.class(), JOB, "Start", "asb")?;
        call.texts(variables)?;
        call.flag(false)?;
        Ok(Start(call))
    }

    /// Asks for `start`, and does not wait until it is done.
    ///
    /// # Errors
    /// [`Unavailable`].
    pub fn start(&self, start: &Start, patience: Duration) -> Result<(), Unavailable> {
        self.ask(start.0.bytes(), patience, |_| Some(()))
    }

    /// A question on the job, without its arguments.
    fn question(
        &self,
        interface: &str,
        member: &str,
        signature: &str,
    ) -> Result<Question, Unavailable> {
        let [root, jobs, name] = self.class();
        let path = [root, jobs, name, Piece::Plain("/"), Piece::Name(self.job.instance)];
        Question::new(1, &path, interface, member, signature)
    }

    /// The path of the job's class.
    fn class(&self) -> [Piece<'_>; 3] {
        [ROOT, Piece::Plain("/jobs/"), Piece::Name(self.job.name)]
    }

    fn ask<T>(
        &self,
        call: &[u8],
        patience: Duration,
        read: impl Fn(Body<'_>) -> Option<T>,
    ) -> Result<T, Unavailable> {
        exchange(&self.address, call, Deadline::within(patience), read)
    }
}
