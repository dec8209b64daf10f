//! When a sink is told of a crash: at once, folded with others, in a digest. Pure.

use std::time::Duration;

use crate::incident::{Account, Incident};
use crate::notice::{Count, Tally};
use crate::time::Timestamp;
use crate::verdict::VerdictKind;

/// How many new kinds of crashes of one job, and how many times that Upstart gave it up, are told
/// at once before they wait like any other: a job that dies of something new each time is a loop,
/// too.
const AT_ONCE: usize = 5;

/// How a storm is held within bounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folding {
    /// How long the second notice on a job waits after the first one, the third after the second,
    /// and so on; the last one holds for all that follow.
    pub intervals: Vec<Duration>,
    /// How long a job must be up to be stable.
    pub stable_for: Duration,
    /// How many messages a sink is sent in a minute before the rest goes into a digest.
    pub host_limit: usize,
}

impl Default for Folding {
    fn default() -> Self {
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        Self {
            intervals: [1, 5, 15, 60].map(minutes).to_vec(),
            stable_for: minutes(5),
            host_limit: 10,
        }
    }
}

/// When a sink is to be told of what it does not know yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// It knows everything.
    Never,
    /// After this time.
    In(Duration),
    /// Now.
    Now,
    /// Now, and louder: the job stays down.
    Loud,
}

impl Folding {
    /// When a sink with `account` is to be told of the crashes of `incident` that it does not know.
    ///
    /// - Where Upstart gave the job up: at once.
    /// - The first one of its kind: at once.
    /// - Others: when the last notice is old enough, each time later. A clock that was set back
    ///   behind that notice says nothing of its age: then it is.
    pub fn due(&self, incident: &Incident, account: &Account, now: Timestamp) -> Due {
        let untold = incident.untold(account);
        if untold.0.is_empty() {
            return Due::Never;
        }
        if is_given_up(account, &untold) {
            return Due::Loud;
        }
        let Some(told_at) = account.told_at else { return Due::Now };
        if is_new(account, &untold) {
            return Due::Now;
        }
        let due = self.interval(account.notices).saturating_sub(now.since(told_at));
        if due.is_zero() || told_at > now { Due::Now } else { Due::In(due) }
    }

    /// Whether what `account` does not know of `incident` is told at once, and not when the time for
    /// the next notice has come.
    pub(super) fn is_at_once(incident: &Incident, account: &Account) -> bool {
        let untold = incident.untold(account);
        is_given_up(account, &untold) || is_new(account, &untold)
    }

    /// How long a notice waits after the one that is number `notices`.
    fn interval(&self, notices: u32) -> Duration {
        let number = usize::try_from(notices.saturating_sub(1)).unwrap_or(usize::MAX);
        let interval = self.intervals.get(number).or(self.intervals.last());
        interval.copied().unwrap_or_default()
    }

    /// The longest time between two notices on one job.
    pub fn longest_interval(&self) -> Duration {
        self.intervals.iter().max().copied().unwrap_or_default()
    }

    /// How long the job of `incident` must be up to be stable: longer than usual where it was up
    /// for longer than that between two crashes, so that there is no all-clear in a loop.
    pub fn stable_for(&self, incident: &Incident) -> Duration {
        let twice = Duration::from_secs(incident.longest_pause_seconds.saturating_mul(2));
        twice.min(self.longest_interval()).max(self.stable_for)
    }
}

/// Whether Upstart gave the job up, and that is news.
fn is_given_up(account: &Account, untold: &Tally) -> bool {
    let gave_up = |tally: &Tally| {
        let counts = tally.0.iter().filter(|count| count.cause.verdict == VerdictKind::GaveUp);
        counts.map(|count| count.count).sum::<u64>()
    };
    gave_up(untold) > 0 && gave_up(&account.told) < AT_ONCE as u64
}

/// Whether there is a cause among those that were not told which never was.
fn is_new(account: &Account, untold: &Tally) -> bool {
    let is_new = |count: &Count| account.told.of(&count.cause) == 0;
    account.told.0.len() < AT_ONCE && untold.0.iter().any(is_new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::{at, crashed, gave_up, incident};

    /// Told of these crashes at 0, with so many notices.
    fn told(crashes: &[(&str, u64)], notices: u32) -> Account {
        let tally = incident(crashes).tally();
        Account { told: tally, told_at: Some(at(0)), notices, ..Account::default() }
    }

    #[test]
    fn what_a_sink_does_not_know_is_told_at_once_or_when_its_time_has_come() {
        let folding = Folding::default();
        let minutes = |minutes: u64| Due::In(Duration::from_secs(60 * minutes));
        let nobody = Account::default;
        let five_kinds: Vec<_> = ["a", "b", "c", "d", "e"].map(|kind| (kind, 1)).to_vec();
        let six_kinds: Vec<_> = [&five_kinds[..], &[("f", 1)]].concat();
        for (crashes, account, now, due) in [
            (&[][..], nobody(), 0, Due::Never),
            (&[("a", 1)], nobody(), 0, Due::Now),
            (&[("a", 99)], nobody(), 0, Due::Now),
            (&[("a", 1)], told(&[("a", 1)], 1), 9999, Due::Never),
            // Later each time.
            (&[("a", 2)], told(&[("a", 1)], 1), 0, minutes(1)),
            (&[("a", 2)], told(&[("a", 1)], 1), 60, Due::Now),
            (&[("a", 2)], told(&[("a", 1)], 2), 60, minutes(4)),
            (&[("a", 2)], told(&[("a", 1)], 3), 0, minutes(15)),
            (&[("a", 2)], told(&[("a", 1)], 4), 0, minutes(60)),
            (&[("a", 2)], told(&[("a", 1)], 999), 1800, minutes(30)),
            // A new kind, and one too many of them.
            (&[("a", 1), ("b", 1)], told(&[("a", 1)], 4), 0, Due::Now),
            (&six_kinds, told(&five_kinds, 1), 0, minutes(1)),
            // Given up, which is worth a word again and again, within reason.
            (&[("a", 9), ("gave up", 1)], told(&[("a", 1)], 4), 0, Due::Loud),
            (&[("gave up", 5)], told(&[("gave up", 4)], 4), 0, Due::Loud),
            (&[("gave up", 6)], told(&[("gave up", 5)], 1), 0, minutes(1)),
            // The clock was set back.
            (&[("a", 2)], told(&[("a", 1)], 4), -1, Due::Now),
        ] {
            let incident = if crashes.is_empty() { incident(&[]) } else { incident(crashes) };
            assert_eq!(folding.due(&incident, &account, at(now)), due, "{crashes:?} {now}");
        }
        assert_ne!(crashed("a"), gave_up());
    }

    #[test]
    fn without_intervals_of_its_own_the_last_one_holds() {
        let seconds = Duration::from_secs;
        let folding = Folding { intervals: vec![seconds(5)], ..Folding::default() };
        assert_eq!([0, 1, 2, 99].map(|notices| folding.interval(notices)), [seconds(5); 4]);
    }

    #[test]
    fn a_job_in_a_slow_loop_must_be_up_for_longer() {
        let folding = Folding::default();
        for (pause, stable_for) in [(0, 300), (149, 300), (200, 400), (1700, 3400), (9999, 3600)] {
            let mut incident = incident(&[("a", 2)]);
            incident.longest_pause_seconds = pause;
            assert_eq!(folding.stable_for(&incident).as_secs(), stable_for, "{pause}");
        }
    }
}
