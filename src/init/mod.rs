//! What init knows of a job, and what it is asked to do with it.
//!
//! Upstart listens on a socket of its own for D-Bus calls (init/control.c), for root alone. One
//! question is one connection, bounded in time and bytes; no bus and no `initctl` is needed. The
//! calls are written in `call.rs`, the answers read in `reply.rs`, `connection.rs` carries both.

mod call;
mod connection;
mod log_priority;
mod reply;

use std::time::Duration;

use arrayvec::ArrayVec;

use crate::job::Job;
use crate::paths::Places;
use crate::sys::{Deadline, Errno};
use call::{Call, INSTANCE, JOB, MANAGER, Object, PROPERTIES, QUESTION_LEN, START_LEN};
use connection::exchange;
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

/// Why init gave no answer, or not the one that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unavailable {
    /// Nobody listens, or the connection broke.
    Unreachable(Errno),
    /// Only root is talked to, and only root's init.
    NotPermitted,
    /// No answer within the deadline.
    TimedOut,
    /// Init has no such job, or no such instance of it.
    UnknownJob,
    /// A start of what is started, a stop of what is stopped.
    AlreadyDone,
    /// Another refusal of init's.
    Refused,
    /// The answer is not one that Upstart gives.
    NotUnderstood,
    /// The question is longer than this program can ask, or holds bytes that D-Bus cannot carry.
    CannotAsk,
}

/// The longest address of a socket (`sun_path`).
type Address = ArrayVec<u8, 108>;

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
        let mut address = Address::new();
        for part in places.init_socket() {
            address.try_extend_from_slice(part).map_err(|_| Unavailable::CannotAsk)?;
        }
        Ok(Self { address, job })
    }

    /// The names of the instances that there are of the job, whichever one it is; a job without
    /// instances has one with an empty name while it is not down.
    ///
    /// # Errors
    /// [`Unavailable`].
    #[cfg(feature = "deliver")]
    pub fn instances(&self, patience: Duration) -> Result<Vec<String>, Unavailable> {
        let call = Question::new(Object::Class(&self.job), JOB, "GetAllInstances", "")?;
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
        let mut call = Question::new(Object::Manager, PROPERTIES, "Get", "ss")?;
        call.text(MANAGER.as_bytes())?;
        call.text(b"log_priority")?;
        self.ask(call.bytes(), patience, reply::log_priority)
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
        let mut call = Call::new(Object::Class(&self.job), JOB, "Start", "asb")?;
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
        Question::new(Object::Instance(&self.job), interface, member, signature)
    }

    fn ask<T>(
        &self,
        call: &[u8],
        patience: Duration,
        read: impl FnOnce(reply::Body<'_>) -> Option<T>,
    ) -> Result<T, Unavailable> {
        exchange(&self.address, call, Deadline::within(patience), read)
    }
}

impl Unavailable {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Unreachable(errno) => errno.desc(),
            Self::NotPermitted => "it talks to root only",
            Self::TimedOut => "it does not answer",
            Self::UnknownJob => "it does not know the job",
            Self::AlreadyDone => "that is so already",
            Self::Refused => "it refused",
            Self::NotUnderstood => "its answer is not understood",
            Self::CannotAsk => "the job's variables are too long, or not UTF-8",
        }
    }
}
