//! What init is asked, within bounds: one that hangs is not asked ten thousand times.

use std::time::{Duration, Instant};

use crate::init::{Init, InitStatus, LogPriority, Unavailable};
use crate::job::Job;
use crate::paths::Places;

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long all of them may take, together.
const ALL: Duration = Duration::from_secs(20);

/// The questions that were asked so far.
pub(super) struct Asked {
    began: Instant,
    /// Why nothing more is asked.
    silent: Option<Unavailable>,
}

impl Asked {
    pub(super) fn new() -> Self {
        Self { began: Instant::now(), silent: None }
    }

    /// Which messages init writes.
    pub(super) fn log_priority(&mut self, places: Places) -> Result<LogPriority, Unavailable> {
        self.ask(|| Init::itself(places)?.log_priority(PATIENCE))
    }

    /// The names of the instances of the job `name`.
    pub(super) fn instances(
        &mut self,
        places: Places,
        name: &str,
    ) -> Result<Vec<String>, Unavailable> {
        let job = Job::upstart(name.as_bytes(), b"");
        self.ask(|| Init::of(job, places)?.instances(PATIENCE))
    }

    /// Where one instance is.
    pub(super) fn status(
        &mut self,
        places: Places,
        job: Job<'_>,
    ) -> Result<InitStatus, Unavailable> {
        self.ask(|| Init::of(job, places)?.status(PATIENCE))
    }

    fn ask<T>(
        &mut self,
        question: impl FnOnce() -> Result<T, Unavailable>,
    ) -> Result<T, Unavailable> {
        if let Some(why) = self.silent {
            return Err(why);
        }
        let answer = question();
        let is_of_all = |why: &&Unavailable| {
            matches!(why, Unavailable::Unreachable(_) | Unavailable::NotPermitted)
                || **why == Unavailable::TimedOut
        };
        self.silent = match answer.as_ref().err().filter(is_of_all) {
            Some(why) => Some(*why),
            None => (self.began.elapsed() > ALL).then_some(Unavailable::TimedOut),
        };
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_does_not_answer_is_asked_once() {
        for (why, goes_on) in [
            (Unavailable::TimedOut, false),
            (Unavailable::NotPermitted, false),
            (Unavailable::Unreachable(crate::sys::Errno::ECONNREFUSED), false),
            (Unavailable::UnknownJob, true),
            (Unavailable::NotUnderstood, true),
        ] {
            let mut asked = Asked::new();
            assert_eq!(asked.ask(|| Err::<(), _>(why)), Err(why));
            assert_eq!(asked.ask(|| Ok(1)).is_ok(), goes_on, "{why:?}");
        }
    }
}
